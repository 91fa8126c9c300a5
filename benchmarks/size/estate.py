"""2,000 tenants, 10,000 stations, 50,000 connectors and millions of orders, made by a few statements.

``python -m benchmarks.size.estate ORDERS``: migrate, make all of it, analyse. Triggers and foreign keys rest
meanwhile, so what is made must be right by itself: paths are those of the tree, totals those of the orders.
The first agency has about a tenth of all orders, the last ones next to none.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - the rooms need their settings first
from django.db import connection  # noqa: E402

from alarms.models import Alarm  # noqa: E402
from backoffice.kit import clock  # noqa: E402
from backoffice.kit.levels import Level  # noqa: E402
from backoffice.kit.scope import unscoped  # noqa: E402
from benchmarks.size import facts  # noqa: E402
from benchmarks.size.rows import advance, insert  # noqa: E402
from drivers.models import Card, Driver  # noqa: E402
from finance.models import Account, Journal, Posting, Wallet  # noqa: E402
from orders.models import Case, ChargingOrder, Transaction  # noqa: E402
from reports.models import DayTotal  # noqa: E402
from stations.models import Connector, Pile, PileModel, Station, Tariff, TariffVersion  # noqa: E402
from tenants.models import Tenant  # noqa: E402

DEALERS, OPERATORS, AGENCIES = 18, 180, 1_800
STATIONS, DRIVERS = 10_000, 200_000
PILES_PER_STATION, CONNECTORS_PER_PILE = 5, 1
FIRST_AGENCY_STATIONS = 300
CODES = "V" * 16 + "F" * 4 + "P" * 8 + "F" * 6 + "S" * 8 + "F" * 6


def make(orders: int) -> None:
    """Everything, and the statistics that the planner goes by."""
    began = time.monotonic()
    with unscoped(reason="an estate to measure"), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute("SET synchronous_commit = off")
        Tenant.objects.bulk_create(_tree())
        _masters(cursor)
        _people(cursor)
        _spots(cursor)
        for name, count in facts.make(cursor, orders):
            print(f"  {count:>10,} {name} ({time.monotonic() - began:.0f} s)", flush=True)
        advance(cursor, Tenant, Station, Pile, PileModel, Connector, Tariff, TariffVersion, Driver, Card)
        advance(cursor, Wallet, Account, Journal, Posting, Case, ChargingOrder, Transaction, DayTotal, Alarm)
        cursor.execute("VACUUM ANALYZE")


def _tree() -> Iterator[Tenant]:
    """One manufacturer with everything, and one with nothing; bounds as MPTT counts them."""
    dealers = range(2, 2 + DEALERS)
    operators = range(dealers.stop, dealers.stop + OPERATORS)
    agencies = range(operators.stop, operators.stop + AGENCIES)
    left, rows = 1, []

    def below(number: int, parent: int | None, depth: int) -> None:
        nonlocal left
        row = Tenant(
            pk=number,
            parent_id=parent,
            level=list(Level)[depth],
            code=f"T{number}",
            name=f"{list(Level)[depth].label} {number}",
            timezone="Asia/Shanghai",
            currency="CNY",
            locale="en",
            created_at=clock.now(),
            tree_id=1,
            depth=depth,
            lft=left,
        )
        left += 1
        rows.append(row)
        for child in _children(number, dealers, operators, agencies):
            below(child, number, depth + 1)
        row.rght = left
        left += 1

    below(1, None, 0)
    last = agencies.stop
    rows.append(
        Tenant(
            pk=last,
            level=Level.MANUFACTURER,
            code="EMPTY",
            name="Empty",
            timezone="Asia/Shanghai",
            currency="CNY",
            created_at=clock.now(),
            tree_id=2,
            depth=0,
            lft=1,
            rght=2,
        )
    )
    return iter(rows)


def _children(number: int, dealers: range, operators: range, agencies: range) -> range:
    """Of each level's tenants the next level's are dealt out evenly, in order."""
    if number == 1:
        return dealers
    for above, below in ((dealers, operators), (operators, agencies)):
        if number in above:
            each = len(below) // len(above)
            at = below.start + above.index(number) * each
            return range(at, at + each)
    return range(0)


FIRST_OPERATOR = 2 + DEALERS
FIRST_AGENCY = FIRST_OPERATOR + OPERATORS


def _masters(cursor: Any) -> None:
    operator = f"generate_series({FIRST_OPERATOR}, {FIRST_AGENCY - 1}) o"
    insert(
        cursor,
        PileModel,
        {
            "id": "m",
            "tenant_id": "1",
            "name": "'DC-' || 60 * m",
            "vendor": "'Hanglu'",
            "rated_kw": "60 * m",
            "created_at": "now()",
        },
        "generate_series(1, 4) m",
    )
    insert(
        cursor,
        Tariff,
        {
            "id": "o",
            "tenant_id": "o",
            "name": "'Standard'",
            "currency": "'CNY'",
            "is_default": "true",
            "created_at": "now()",
        },
        operator,
    )
    prices = {
        f"{band}_{fee}": str(price) for band, pair in facts.PRICES.items() for fee, price in pair.items()
    }
    insert(
        cursor,
        TariffVersion,
        {
            "id": "o",
            "tenant_id": "o",
            "tariff_id": "o",
            "number": "1",
            "state": "'approved'",
            "valid_from": "now() - interval '3 years'",
            "codes": f"'{CODES}'",
            "created_at": "now()",
            **prices,
        },
        operator,
    )
    insert(
        cursor,
        Station,
        {
            "id": "s",
            "tenant_id": f"CASE WHEN s <= {FIRST_AGENCY_STATIONS} THEN {FIRST_AGENCY} ELSE {FIRST_AGENCY} + s % {AGENCIES} END",
            "code": "'S' || s",
            "name": "'Station ' || s",
            "city": "(ARRAY['Shanghai','Beijing','Shenzhen','Chengdu','Wuhan','Xi''an'])[1 + s % 6]",
            "latitude": "22 + 20 * random()",
            "longitude": "98 + 24 * random()",
            "created_at": "now() - interval '3 years' * random()",
        },
        f"generate_series(1, {STATIONS}) s",
    )
    insert(
        cursor,
        Pile,
        {
            "id": "p",
            "tenant_id": "s.tenant_id",
            "identity": "'SIZE-' || p",
            "name": "'P-' || p",
            "serial": "'SN' || p",
            "station_id": "s.id",
            "model_id": "1 + p % 4",
            "online": "p % 10 > 0",
            "last_seen_at": "now() - interval '10 minutes' * random()",
            "connected_at": "now() - interval '1 day'",
            "status": "'Available'",
            "firmware": "'1.4.' || p % 7",
            "created_at": "s.created_at",
        },
        f"generate_series(0, {STATIONS * PILES_PER_STATION - 1}) p JOIN {Station._meta.db_table} s ON s.id = 1 + p / {PILES_PER_STATION}",
    )
    insert(
        cursor,
        Connector,
        {
            "id": "p.id",
            "tenant_id": "p.tenant_id",
            "pile_id": "p.id",
            "number": "1",
            "type": "'GB/T DC'",
            "status": "(ARRAY['Available','Available','Charging','Charging','Preparing','Finishing','Faulted','Available'])[1 + p.id % 8]",
            "status_at": "now() - interval '1 hour'",
            "created_at": "p.created_at",
        },
        f"{Pile._meta.db_table} p",
    )


def _people(cursor: Any) -> None:
    insert(
        cursor,
        Driver,
        {
            "id": "d",
            "tenant_id": f"{FIRST_OPERATOR} + d % {OPERATORS}",
            "phone": "'+8613' || lpad(d::text, 9, '0')",
            "name": "'Driver ' || d",
            "created_at": "now() - interval '2 years' * random()",
        },
        f"generate_series(0, {DRIVERS - 1}) d",
    )
    insert(
        cursor,
        Card,
        {
            "id": "d.id",
            "tenant_id": "d.tenant_id",
            "uid": "upper(lpad(to_hex(d.id), 8, '0'))",
            "uid_folded": "upper(lpad(to_hex(d.id), 8, '0'))",
            "driver_id": "d.id",
            "created_at": "d.created_at",
        },
        f"{Driver._meta.db_table} d",
    )
    insert(
        cursor,
        Wallet,
        {
            "id": "d.id",
            "tenant_id": "d.tenant_id",
            "driver_id": "d.id",
            "currency": "'CNY'",
            "cash": "(10000 * random())::int",
            "updated_at": "now()",
        },
        f"{Driver._meta.db_table} d",
    )
    insert(
        cursor,
        Account,
        {
            "id": "d.id",
            "tenant_id": "d.tenant_id",
            "kind": "'wallet_cash'",
            "subject": "'driver:' || d.id",
            "currency": "'CNY'",
        },
        f"{Driver._meta.db_table} d",
    )
    insert(
        cursor,
        Account,
        {"id": f"{DRIVERS} + o", "tenant_id": "o", "kind": "'revenue_electricity'", "currency": "'CNY'"},
        f"generate_series({FIRST_OPERATOR}, {FIRST_AGENCY - 1}) o",
    )


def _spots(cursor: Any) -> None:
    """Every connector with all that an order says of it, numbered from the first agency on."""
    cursor.execute(
        f"""
        CREATE UNLOGGED TABLE size_spot AS
        SELECT row_number() OVER (ORDER BY a.id, s.id, c.id) AS n, c.id AS connector_id, p.id AS pile_id,
               s.id AS station_id, a.id AS agency_id, o.id AS operator_id, d.id AS dealer_id,
               d.parent_id AS manufacturer_id
        FROM {Connector._meta.db_table} c
        JOIN {Pile._meta.db_table} p ON p.id = c.pile_id JOIN {Station._meta.db_table} s ON s.id = p.station_id
        JOIN {Tenant._meta.db_table} a ON a.id = s.tenant_id JOIN {Tenant._meta.db_table} o ON o.id = a.parent_id
        JOIN {Tenant._meta.db_table} d ON d.id = o.parent_id
        """
    )
    cursor.execute("ALTER TABLE size_spot ADD PRIMARY KEY (n)")
    cursor.execute("ANALYZE")


if __name__ == "__main__":
    call_command("migrate", interactive=False, verbosity=0)
    make(int(sys.argv[1]))
