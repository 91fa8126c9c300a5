"""Meter readings are let go when they are older than whoever keeps them longest wants; what was billed of them stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from backoffice.kit import clock
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from finance.models import Posting
from orders.models import ChargingOrder, Sample, Transaction
from orders.services import sweeps
from tenants.models import Tenant
from tenants.rules import Retention
from tenants.services.settings import change_settings
from tests.factories.orders import ACTOR, Site, make_settled_order
from tests.factories.rows import make_row
from tests.factories.tenants import make_tenant
from tests.support.staff import client_for


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'orders_sample'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def partition_at(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kit_ensure_partitions('orders_sample', 'taken_at', 'month', %s, %s)", [at.date()] * 2
        )


def sample(tenant: Tenant, days: int) -> Sample:
    with unscoped(reason="test data"):
        row: Sample = make_row(Sample, tenant, taken_at=clock.ago(days=days))
        return row


def kept() -> set[int]:
    with unscoped(reason="a test compares"):
        return set(Sample.objects.values_list("pk", flat=True))


def books() -> list[Any]:
    with unscoped(reason="a test compares"):
        models = (ChargingOrder, Transaction, Posting, AuditEntry)
        return [list(model.objects.order_by("pk").values()) for model in models]


def test_old_months_go_whole_and_what_lies_nowhere_goes_row_by_row(site: Site) -> None:
    partition_at(clock.ago(days=1_200))
    old = [sample(site.agency, 1_200), sample(site.agency, 1_400)]
    young = [sample(site.agency, days) for days in (0, 300, 1_050)]
    name = f"orders_sample_{clock.ago(days=1_200):%Y%m}"
    assert name in partitions() and kept() >= {row.pk for row in [*old, *young]}

    for _ in range(2):
        sweeps.keep_samples()
        assert name not in partitions()
        assert kept() & {row.pk for row in [*old, *young]} == {row.pk for row in young}


def test_the_manufacturer_who_wants_them_longest_is_heard(site: Site) -> None:
    row = sample(site.agency, 500)
    with unscoped(reason="test data"):
        first = Tenant.objects.get(parent=None)
        change_settings(first, Retention, {"samples_days": 400}, actor=ACTOR)
        other = make_tenant()
        sweeps.keep_samples()
        assert row.pk in kept(), "another manufacturer keeps them as usual"
        change_settings(other, Retention, {"samples_days": 400}, actor=ACTOR)
        sweeps.keep_samples()
    assert row.pk not in kept()


def test_an_order_without_its_readings_keeps_its_bill_and_its_page(site: Site) -> None:
    order = make_settled_order(site)
    before = books()
    with clock.frozen(clock.now() + timedelta(days=1_200)):
        sweeps.keep_samples()
        with unscoped(reason="a test compares"):
            assert not Sample.objects.filter(transaction=order.transaction_id).exists()
        assert books() == before
        page = client_for(site.operator).get(f"/orders/{order.order_no}/")
        assert page.status_code == 200 and order.order_no in page.content.decode()
