"""The ledger cannot be rewritten, and every journal sums to zero per currency when its transaction commits."""

from django.db import migrations

CREATE = """
CREATE TRIGGER finance_journal_append_only BEFORE UPDATE OR DELETE ON finance_journal
    FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
CREATE TRIGGER finance_posting_append_only BEFORE UPDATE OR DELETE ON finance_posting
    FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();

CREATE FUNCTION finance_check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM finance_posting WHERE journal_id = NEW.journal_id
               GROUP BY currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'journal % does not balance', NEW.journal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER finance_posting_balances AFTER INSERT ON finance_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_check_balance();
"""

REVERSE = """
DROP TRIGGER finance_posting_balances ON finance_posting;
DROP FUNCTION finance_check_balance();
DROP TRIGGER finance_posting_append_only ON finance_posting;
DROP TRIGGER finance_journal_append_only ON finance_journal;
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial"), ("kit", "0002_append_only_and_partitions")]
    operations = [migrations.RunSQL(CREATE, REVERSE)]
