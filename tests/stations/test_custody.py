"""Through whose hands a pile went: what is done with it adds a link, and no link is ever changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from stations import selectors
from stations.models import Custody, CustodyKind, Life, Pile
from stations.services import devices, sites
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.stations import ACTOR, make_agency, make_pile, make_station
from tests.factories.tenants import make_tenant
from tests.stations.browsing import browser

pytestmark = pytest.mark.usefixtures("everything")


def kinds(pile: Pile) -> list[str]:
    return list(Custody.objects.filter(pile=pile).order_by("pk").values_list("kind", flat=True))


def test_a_pile_has_a_chain_from_its_registration_to_its_end() -> None:
    pile = make_pile(life=Life.IN_STOCK)
    beside, elsewhere = make_station(pile.station.tenant), make_station()
    devices.edit_pile(pile, actor=ACTOR, life=Life.INSTALLED)
    devices.edit_pile(pile, actor=ACTOR, life=Life.INSTALLED, name="the same life")
    devices.edit_pile(pile, actor=ACTOR, life=Life.MAINTENANCE)
    devices.move_pile(pile, to=beside, actor=ACTOR, reason="swap")
    devices.move_pile(pile, to=elsewhere, actor=ACTOR, reason="sold")
    devices.retire_pile(pile, actor=ACTOR, reason="scrapped")
    devices.retire_pile(pile, actor=ACTOR, reason="scrapped twice")

    assert kinds(pile) == ["registered", "installed", "moved", "handed", "retired"]
    moved, handed = Custody.objects.filter(pile=pile, kind__in=["moved", "handed"]).order_by("pk")
    assert (moved.place, moved.note, moved.agency_id) == (beside.name, "swap", beside.tenant_id)
    assert (handed.from_tenant_id, handed.to_tenant_id) == (beside.tenant_id, elsewhere.tenant_id)
    assert handed.agency_id == elsewhere.tenant_id and handed.actor_label == ACTOR.label


def test_a_station_that_changes_hands_adds_a_link_for_each_pile_that_is_not_retired() -> None:
    station = make_station()
    first, second, gone = (make_pile(station) for _ in range(3))
    devices.retire_pile(gone, actor=ACTOR, reason="x")
    owner = make_tenant(Tenant.objects.get(pk=station.tenant.parent_id))
    sites.transfer_station(station, to=owner, actor=ACTOR, reason="sold")

    assert kinds(first)[-1] == kinds(second)[-1] == "handed" and kinds(gone)[-1] == "retired"
    assert set(Custody.objects.filter(kind="handed").values_list("to_tenant", flat=True)) == {owner.pk}


def test_what_is_refused_adds_no_link() -> None:
    pile = make_pile()
    devices.retire_pile(pile, actor=ACTOR, reason="x")
    with pytest.raises(Refused):
        devices.move_pile(pile, to=make_station(), actor=ACTOR, reason="x")
    assert kinds(pile) == ["registered", "retired"]


def test_a_link_is_never_changed_nor_taken_out() -> None:
    pile = make_pile()
    for change in (
        lambda: Custody.objects.filter(pile=pile).update(note="another story"),
        lambda: Custody.objects.filter(pile=pile).delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    assert Custody.objects.get(pile=pile).note == ""


def test_a_new_owner_is_not_told_which_sibling_had_the_pile_before() -> None:
    pile = make_pile(make_station(make_agency()))
    old = pile.station.tenant
    new = make_tenant(Tenant.objects.get(pk=old.parent_id))
    devices.move_pile(pile, to=make_station(new), actor=ACTOR, reason="sold")

    with scope_of(new.pk):
        links = selectors.custody_of(pile)
        assert [(link.row.kind, link.source, link.hidden) for link in links] == [
            (CustodyKind.HANDED, "", True)
        ]
    with scope_of(old.parent_id):
        links = selectors.custody_of(pile)
        assert [(link.row.kind, link.source) for link in links] == [
            (CustodyKind.HANDED, old.name),
            (CustodyKind.REGISTERED, ""),
        ]
    with scope_of(old.pk):
        assert [link.row.kind for link in selectors.custody_of(pile)] == [CustodyKind.REGISTERED]


def test_the_page_of_a_pile_shows_its_custody_and_what_runs_out() -> None:
    pile = make_pile(make_station(make_agency()))
    old, today = pile.station.tenant, clock.now().date()
    new = make_tenant(Tenant.objects.get(pk=old.parent_id))
    devices.move_pile(pile, to=make_station(new, name="New yard"), actor=ACTOR, reason="sold on")
    devices.edit_pile(
        pile,
        actor=ACTOR,
        warranty_until=today - timedelta(days=3),
        sim_expires_on=today + timedelta(days=9),
    )
    url = reverse("stations:pile_history", args=[pile.pk])
    shown = browser(new).get(url).content.decode()

    for words in (
        "sold on",
        "New yard",
        "another owner",
        "over since 3 days",
        "in 9 days",
        "Terminal edited",
    ):
        assert words in shown
    assert old.name not in shown
    assert browser(old).get(url).status_code == 404
