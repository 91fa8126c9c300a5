"""Links to the big screen: who makes them, what they show, and what they keep to themselves."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import ScopeError, unscoped
from orders.models import ChargingOrder
from reports import sharing
from reports.models import ShareLink
from stations.models import Station
from tenants.models import Membership
from tenants.selectors import scope_of
from tests.factories.rows import make_row
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member
from tests.reports.links import ask, look, make_link, token_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    cache.clear()
    return make_forest()


@pytest.fixture
def owner(forest: Forest) -> Membership:
    return make_member(forest.operator)


def test_whoever_has_the_link_sees_the_screen_without_signing_in(owner: Membership) -> None:
    token = token_in(ask(owner))

    answer = look(token)

    assert answer.status_code == 200
    assert owner.tenant.name in answer.content.decode()
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "csrftoken" not in answer.cookies
    assert "sessionid" not in answer.cookies


def test_the_token_is_kept_by_nobody(owner: Membership) -> None:
    made = make_link(owner)

    with unscoped(reason="test"):
        kept = [str(row) for row in (*ShareLink.objects.values(), *AuditEntry.objects.values())]

    assert not [text for text in kept if made.token in text or made.token.split(".")[0] in text]
    with unscoped(reason="test"):
        entry = AuditEntry.objects.get(action="share_link.created")
    assert "token_hash" not in entry.after


def test_a_link_names_neither_a_driver_nor_an_order_nor_what_staff_may_open(
    forest: Forest, owner: Membership
) -> None:
    order = make_row(
        ChargingOrder,
        forest.agency,
        charge_state="charging",
        started_at=clock.now(),
        power_w=60_000,
        plate="沪A12345",
    )
    with unscoped(reason="test"):
        told = [order.station.name, order.pile.name]

    text = look(make_link(owner).token).content.decode()

    assert [name in text for name in told] == [True, True]
    for secret in (
        order.order_no,
        order.public_id,
        order.plate,
        "/orders/",
        "/stations/",
        "/piles/",
        "<form",
    ):
        assert secret not in text


def test_a_link_shows_the_narrower_tenant_it_was_made_for(forest: Forest, owner: Membership) -> None:
    for tenant in (forest.agency, forest.sibling_agency):
        make_row(Station, tenant, name=f"At {tenant.code}.", latitude=1, longitude=tenant.pk % 90)
    made = make_link(owner, forest.agency)

    text = look(made.token, "_map", z="3", bbox="-180,-80,180,80").content.decode()

    assert f"At {forest.agency.code}." in text
    assert f"At {forest.sibling_agency.code}." not in text


def test_no_link_is_made_for_a_tenant_outside_the_own_subtree(forest: Forest, owner: Membership) -> None:
    for tenant in (forest.sibling_operator, forest.dealer, forest.cousin_agency):
        answer = ask(owner, tenant=tenant.code)
        assert "Nothing here is called so." in answer.content.decode()
        assert 'value="Lobby"' in answer.content.decode()
        with pytest.raises(ScopeError):
            make_link(owner, tenant)

    with unscoped(reason="test"):
        assert not ShareLink.objects.exists()


@pytest.mark.parametrize("days", ["0", "91", "-1", "x", "", "1.5", "9" * 30])
def test_a_number_of_days_that_no_link_may_have_is_told_at_its_field(owner: Membership, days: str) -> None:
    answer = ask(owner, days=days)

    assert answer.context["form"].errors.keys() == {"days"}
    with unscoped(reason="test"):
        assert not ShareLink.objects.exists()


def test_the_service_refuses_such_days_too(owner: Membership) -> None:
    for days in (0, 91):
        with pytest.raises(Refused):
            make_link(owner, days=days)


def test_a_form_that_is_sent_twice_makes_one_link(owner: Membership) -> None:
    first, second = (ask(owner, once="a1b2") for _ in range(2))

    assert token_in(first) == token_in(second)
    with unscoped(reason="test"):
        assert ShareLink.objects.count() == 1
        assert AuditEntry.objects.filter(action="share_link.created").count() == 1


def test_there_is_an_end_to_how_many_links_are_in_force(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "LINKS_MOST", 2)
    made = [make_link(owner) for _ in range(2)]

    with pytest.raises(Refused):
        make_link(owner)
    with scope_of(owner.tenant_id):
        sharing.revoke_link(made[0].link, actor=ACTOR, reason="gone")

    assert look(make_link(owner).token).status_code == 200


def test_a_link_is_not_made_while_only_a_part_is_shown(forest: Forest, owner: Membership) -> None:
    with scope_of(forest.agency.pk), pytest.raises(Refused):
        sharing.create_link(owner, tenant=forest.agency, name="Lobby", days=1, actor=ACTOR)

    with unscoped(reason="test"):
        assert not ShareLink.objects.exists()
