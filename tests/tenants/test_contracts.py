"""The end of a contract: it stops the tenant by itself, once, where the tenant is; an extension undoes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from tenants.models import Tenant
from tenants.selectors import scope_of, stopped_by
from tenants.services import contracts, tree
from tests.factories.tenants import ACTOR, Forest, make_forest, make_tenant

pytestmark = pytest.mark.django_db

LAST_DAY = date(2026, 11, 26)


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def expire(at: datetime) -> int:
    with clock.frozen(at), unscoped(reason="a sweep"):
        return contracts.expire_contracts()


def stored(row: Tenant) -> Any:
    with unscoped(reason="a test compares"):
        return Tenant.objects.get(pk=row.pk)


def end(row: Tenant, day: date = LAST_DAY, **over: Any) -> None:
    with unscoped(reason="test data"):
        Tenant.objects.filter(pk=row.pk).update(contract_to=day, **over)


def test_a_contract_ends_after_its_last_day_and_once(forest: Forest) -> None:
    end(forest.operator)
    assert expire(datetime(2026, 11, 26, 23, 59, tzinfo=UTC)) == 0
    assert stored(forest.operator).status == "active"
    assert expire(datetime(2026, 11, 27, 0, 1, tzinfo=UTC)) == 1
    assert stored(forest.operator).status == "expired"
    assert expire(datetime(2026, 11, 27, 0, 2, tzinfo=UTC)) == 0
    with unscoped(reason="a test compares"):
        entry = AuditEntry.objects.get(action="tenant.expired")
        assert (entry.before, entry.after) == ({"status": "active"}, {"status": "expired"})
        stopper = stopped_by(forest.agency.pk)
    assert stopper is not None and stopper.id == forest.operator.pk


@pytest.mark.parametrize(
    ("zone", "hour", "ends"),
    [("Asia/Shanghai", 15, 0), ("Asia/Shanghai", 17, 1), ("America/New_York", 23, 0)],
)
def test_the_day_ends_where_the_tenant_is(forest: Forest, zone: str, hour: int, ends: int) -> None:
    end(forest.operator, timezone=zone)
    assert expire(datetime(2026, 11, 26, hour, 0, tzinfo=UTC)) == ends


@pytest.mark.parametrize("status", ["draft", "suspended", "closed"])
def test_only_what_is_active_expires(forest: Forest, status: str) -> None:
    end(forest.operator, status=status)
    assert expire(datetime(2026, 12, 1, tzinfo=UTC)) == 0
    assert stored(forest.operator).status == status


def test_a_manufacturer_has_nobody_who_could_extend_and_goes_on(forest: Forest) -> None:
    end(forest.manufacturer)
    assert expire(datetime(2026, 12, 1, tzinfo=UTC)) == 0
    assert stored(forest.manufacturer).status == "active"


def test_an_extension_makes_it_active_again_and_a_cut_expired_at_once(forest: Forest) -> None:
    end(forest.operator, status="expired")
    with clock.frozen(datetime(2026, 12, 1, tzinfo=UTC)), scope_of(forest.dealer.pk):
        tree.edit_tenant(forest.operator, actor=ACTOR, contract_to=date(2027, 11, 26))
        assert stored(forest.operator).status == "active"
        tree.edit_tenant(forest.operator, actor=ACTOR, contract_to=date(2026, 11, 30))
        assert stored(forest.operator).status == "expired"
        tree.edit_tenant(forest.operator, actor=ACTOR, contract_to=None)
    assert stored(forest.operator).status == "active"


def test_a_suspended_tenant_whose_contract_is_over_is_not_resumed(forest: Forest) -> None:
    end(forest.operator, status="suspended")
    with clock.frozen(datetime(2026, 12, 1, tzinfo=UTC)), scope_of(forest.dealer.pk):
        with pytest.raises(Refused) as refused:
            tree.resume_tenant(forest.operator, actor=ACTOR, reason="paid")
        assert refused.value.code == "contract_over"
        assert stored(forest.operator).status == "suspended"
        tree.edit_tenant(forest.operator, actor=ACTOR, contract_to=date(2027, 1, 1))
        tree.resume_tenant(forest.operator, actor=ACTOR, reason="paid")
    assert stored(forest.operator).status == "active"


def test_a_draft_stops_what_is_below_until_it_is_activated() -> None:
    dealer = make_tenant(make_tenant())
    draft = make_tenant(dealer, draft=True)
    assert stored(draft).status == "draft"
    with unscoped(reason="a test compares"):
        assert stopped_by(draft.pk) is not None
    with scope_of(dealer.pk):
        for act in (tree.suspend_tenant, tree.resume_tenant):
            with pytest.raises(Refused) as refused:
                act(draft, actor=ACTOR, reason="r")
            assert refused.value.code == "wrong_status"
        tree.activate_tenant(draft, actor=ACTOR)
        tree.activate_tenant(draft, actor=ACTOR)
    assert stored(draft).status == "active"
    with unscoped(reason="a test compares"):
        assert stopped_by(draft.pk) is None
        assert AuditEntry.objects.filter(action="tenant.activated").count() == 1
