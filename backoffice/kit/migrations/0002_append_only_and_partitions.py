"""Database functions that several rooms use, and the audit log's guard."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION kit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION kit_ensure_partitions(parent text, key text, unit text, first date, last date)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    start_at date := date_trunc(unit, first)::date;
    end_at date;
    part text;
    made integer := 0;
BEGIN
    WHILE start_at <= last LOOP
        end_at := (start_at + ('1 ' || unit)::interval)::date;
        part := parent || '_' || to_char(start_at, CASE unit WHEN 'day' THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
            EXECUTE format(
                'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                parent || '_default', key, start_at::timestamp AT TIME ZONE 'UTC',
                key, end_at::timestamp AT TIME ZONE 'UTC', part);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
                start_at::timestamp AT TIME ZONE 'UTC', end_at::timestamp AT TIME ZONE 'UTC');
            made := made + 1;
        END IF;
        start_at := end_at;
    END LOOP;
    RETURN made;
END $$;

CREATE TRIGGER kit_auditentry_append_only BEFORE UPDATE OR DELETE ON kit_auditentry
    FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
"""

REVERSE = """
DROP TRIGGER kit_auditentry_append_only ON kit_auditentry;
DROP FUNCTION kit_ensure_partitions(text, text, text, date, date);
DROP FUNCTION kit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS, REVERSE)]
