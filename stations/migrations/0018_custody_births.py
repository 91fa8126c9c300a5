"""Each chain of custody begins with the registration of its pile, also of piles that were there before there were chains."""

from django.db import migrations

BIRTHS = """
INSERT INTO stations_custody (
    pile_id, at, kind, to_tenant_id, place, actor_ref, actor_label, note,
    manufacturer_id, dealer_id, operator_id, agency_id
)
SELECT pile.id, pile.created_at, 'registered', owner.id,
    left(CASE
        WHEN born.station_id IS NOT NULL THEN coalesce(born.station, '')
        WHEN first.kind IS NULL THEN station.name
        WHEN first.kind IN ('moved', 'handed') THEN ''
        ELSE first.place
    END, 120),
    coalesce(born.actor_ref, ''), coalesce(born.actor_label, ''), '',
    coalesce(born.manufacturer_id, c3.id, c2.id, c1.id, owner.id),
    CASE WHEN born.manufacturer_id IS NOT NULL THEN born.dealer_id
        WHEN c3.id IS NOT NULL THEN c2.id WHEN c2.id IS NOT NULL THEN c1.id WHEN c1.id IS NOT NULL THEN owner.id END,
    CASE WHEN born.manufacturer_id IS NOT NULL THEN born.operator_id
        WHEN c3.id IS NOT NULL THEN c1.id WHEN c2.id IS NOT NULL THEN owner.id END,
    CASE WHEN born.manufacturer_id IS NOT NULL THEN born.agency_id
        WHEN c3.id IS NOT NULL THEN owner.id END
FROM stations_pile pile
JOIN stations_station station ON station.id = pile.station_id
LEFT JOIN LATERAL (
    SELECT e.actor_ref, e.actor_label, e.manufacturer_id, e.dealer_id, e.operator_id, e.agency_id,
        s.id AS station_id, s.name AS station
    FROM kit_auditentry e LEFT JOIN stations_station s
        ON s.id = (e.after ->> 'station_id')::bigint
    WHERE e.object_ref = 'pile:' || pile.id AND e.action = 'pile.created'
    ORDER BY e.at LIMIT 1
) born ON true
LEFT JOIN LATERAL (
    SELECT l.kind, l.place, coalesce(l.from_tenant_id, l.to_tenant_id) AS had
    FROM stations_custody l WHERE l.pile_id = pile.id ORDER BY l.at, l.id LIMIT 1
) first ON true
JOIN tenants_tenant owner ON owner.id = coalesce(
    born.agency_id, born.operator_id, born.dealer_id, born.manufacturer_id, first.had, pile.tenant_id
)
LEFT JOIN tenants_tenant c1 ON c1.id = owner.parent_id
LEFT JOIN tenants_tenant c2 ON c2.id = c1.parent_id
LEFT JOIN tenants_tenant c3 ON c3.id = c2.parent_id
WHERE NOT EXISTS (
    SELECT FROM stations_custody l
    WHERE l.pile_id = pile.id AND l.kind IN ('made', 'registered', 'stocked')
        AND l.at < pile.created_at + interval '10 minutes'
)
"""
"""Whose it was at first is told by the audit trail, else by its first link, else by who has it now. Twice adds nothing."""


class Migration(migrations.Migration):
    dependencies = [
        ("kit", "0002_append_only_and_partitions"),
        ("stations", "0017_tariff_days"),
        ("tenants", "0005_personal"),
    ]

    operations = [migrations.RunSQL(BIRTHS, migrations.RunSQL.noop)]
