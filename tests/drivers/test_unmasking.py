"""A masked phone is shown for one look, with a reason, to whoever may ask for it; each look is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from drivers.models import Driver
from finance.models import Wallet
from orders.models import ChargingOrder
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest
from tests.support.staff import client_for

pytestmark = pytest.mark.django_db
PHONE = "+8613812345678"


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def driver(forest: Forest) -> Any:
    return make_row(Driver, forest.operator, phone=PHONE)


def looks() -> list[AuditEntry]:
    with unscoped(reason="a test compares"):
        return list(AuditEntry.objects.filter(action="driver.phone_shown"))


def test_a_manager_sees_a_phone_once_for_a_reason(forest: Forest, driver: Any) -> None:
    client = client_for(forest.operator, Role.MANAGER)
    page, show = reverse("drivers:driver", args=[driver.pk]), reverse("drivers:show_phone", args=[driver.pk])
    before = client.get(page).content.decode()
    assert PHONE not in before
    assert show in before
    assert PHONE not in client.get(show).content.decode()
    assert looks() == []

    answer = client.post(f"{show}?next={page}", {"reason": "calls back about order 7"})
    assert PHONE in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert PHONE not in client.get(page).content.decode()
    assert PHONE not in client.get(reverse("drivers")).content.decode()
    [look] = looks()
    assert (look.reason, look.object_ref) == ("calls back about order 7", f"driver:{driver.pk}")
    assert PHONE not in str([look.before, look.after, look.object_label])


@pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 501])
def test_without_a_reason_nothing_is_shown(forest: Forest, driver: Any, reason: str) -> None:
    client = client_for(forest.operator, Role.MANAGER)
    answer = client.post(reverse("drivers:show_phone", args=[driver.pk]), {"reason": reason})
    assert set(answer.context["form"].errors) == {"reason"}
    assert PHONE not in answer.content.decode()
    assert looks() == []


@pytest.mark.parametrize(
    ("of", "role", "status"),
    [
        ("operator", Role.FINANCE, 403),
        ("operator", Role.AUDITOR, 403),
        ("operator", Role.ENGINEER, 403),
        ("agency", Role.OWNER, 403),
        ("dealer", Role.OWNER, 403),
        ("manufacturer", Role.OWNER, 403),
        ("sibling_operator", Role.OWNER, 404),
        ("cousin_operator", Role.MANAGER, 404),
    ],
)
def test_nobody_else_sees_it(forest: Forest, driver: Any, of: str, role: Role, status: int) -> None:
    client = client_for(getattr(forest, of), role)
    answer = client.post(reverse("drivers:show_phone", args=[driver.pk]), {"reason": "curious"})
    assert answer.status_code == status
    assert PHONE not in answer.content.decode()
    assert looks() == []


def test_the_pages_of_an_order_and_of_a_wallet_ask_for_it_too(forest: Forest, driver: Any) -> None:
    order = make_row(ChargingOrder, forest.operator, driver=driver)
    wallet = make_row(Wallet, forest.operator, driver=driver)
    show = reverse("drivers:show_phone", args=[driver.pk])
    pages = [
        reverse("orders.order", args=[order.order_no]),
        reverse("finance:wallet", args=[wallet.pk]),
    ]
    asking = {role: client_for(forest.operator, role) for role in (Role.MANAGER, Role.OWNER, Role.FINANCE)}
    offered = {
        role: [show in client.get(page).content.decode() for page in pages] for role, client in asking.items()
    }
    assert offered == {
        Role.MANAGER: [True, True],
        Role.OWNER: [False, False],  # sees it anyway
        Role.FINANCE: [False, False],
    }
