"""Stations and what stands on them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from stations import hooks, intake, selectors
from stations.models import Connector, Life, Pile, QrToken, Station, StationStatus, StatusEvent
from stations.services import devices, sites, tariffs, tokens
from tenants.models import Tenant
from tenants.selectors import scope_of
from tenants.services import tree
from tests.factories.stations import (
    ACTOR,
    Talk,
    make_agency,
    make_model,
    make_new_pile,
    make_online_pile,
    make_pile,
    make_station,
    make_tariff,
)
from tests.factories.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("everything")


def refused(action: Any, *args: Any, **kwargs: Any) -> str:
    """The code of the refusal; nothing was audited."""
    before = AuditEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        action(*args, actor=ACTOR, **kwargs)
    assert AuditEntry.objects.count() == before
    return refusal.value.code


def test_a_station_belongs_to_an_operator_or_an_agency() -> None:
    manufacturer = make_tenant()
    dealer = make_tenant(manufacturer)
    operator = make_tenant(dealer)
    for tenant in (manufacturer, dealer):
        assert refused(sites.create_station, tenant, code="X", name="X") == "wrong_level"
    for tenant in (operator, make_tenant(operator)):
        assert make_station(tenant).tenant_id == tenant.pk


def test_a_station_is_not_opened_below_a_tenant_that_is_suspended() -> None:
    agency = make_agency()
    tree.suspend_tenant(agency.parent, actor=ACTOR, reason="unpaid")

    assert refused(sites.create_station, agency, code="X", name="X") == "tenant_stopped"
    assert not Station.objects.exists()


def test_a_code_that_is_taken_is_refused_without_saying_by_whom() -> None:
    taken, agency = make_station(code="ABC"), make_agency()
    with scope_of(agency.pk), pytest.raises(Refused) as refusal:
        sites.create_station(agency, actor=ACTOR, code=" abc ", name="X")

    assert refusal.value.code == "code_taken"
    assert taken.name not in str(refusal.value) and taken.tenant.name not in str(refusal.value)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"latitude": Decimal(31)}, "coordinates"),
        ({"latitude": Decimal(91), "longitude": Decimal(0)}, "coordinates"),
        ({"latitude": Decimal(0), "longitude": Decimal(-181)}, "coordinates"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
def test_places_that_do_not_exist_are_refused(fields: dict[str, Any], code: str) -> None:
    station = make_station()

    assert refused(sites.edit_station, station, **fields) == code
    assert refused(sites.create_station, make_agency(), code="N", name="N", **fields) == code


def test_a_station_that_changes_hands_takes_its_piles_along_and_leaves_its_past() -> None:
    station = make_station()
    pile = make_online_pile(station)
    intake.report_status([Talk(pile).status(1, "Available")])
    operator = Tenant.objects.get(pk=station.tenant.parent_id)
    new_owner = make_tenant(operator)

    sites.transfer_station(station, to=new_owner, actor=ACTOR, reason="sold")
    intake.report_status([Talk(pile).status(1, "Preparing")])

    assert Station.objects.get(pk=station.pk).tenant_id == new_owner.pk
    assert Pile.objects.get(pk=pile.pk).tenant_id == new_owner.pk
    assert set(Connector.objects.values_list("tenant_id", flat=True)) == {new_owner.pk}
    assert set(QrToken.objects.values_list("tenant_id", flat=True)) == {new_owner.pk}
    assert list(StatusEvent.objects.order_by("pk").values_list("agency_id", flat=True)) == [
        station.tenant_id,
        new_owner.pk,
    ]


def test_tariffs_that_the_new_owner_cannot_see_are_taken_off() -> None:
    station = make_station()
    pile = make_pile(station)
    operator = Tenant.objects.get(pk=station.tenant.parent_id)
    own, shared = make_tariff(station.tenant), make_tariff(operator)
    tariffs.assign_tariff(station, tariff=own, actor=ACTOR)
    tariffs.assign_tariff(pile, tariff=shared, actor=ACTOR)
    sites.transfer_station(station, to=make_tenant(operator), actor=ACTOR, reason="sold")

    assert Station.objects.get(pk=station.pk).tariff_id is None
    assert Pile.objects.get(pk=pile.pk).tariff_id == shared.pk


def test_a_station_is_not_closed_while_piles_stand_on_it() -> None:
    pile = make_pile()
    assert refused(sites.close_station, pile.station, reason="x") == "blocked"

    devices.retire_pile(pile, actor=ACTOR, reason="scrapped")
    assert sites.close_station(pile.station, actor=ACTOR, reason="x").status == StationStatus.CLOSED
    assert refused(devices.create_pile, pile.station, identity="NEW") == "station_closed"


def test_a_tenant_with_stations_is_not_closed() -> None:
    station = make_station()
    with pytest.raises(Refused, match="1 station"):
        tree.close_tenant(station.tenant, actor=ACTOR, reason="x")

    sites.close_station(station, actor=ACTOR, reason="x")
    tree.close_tenant(Tenant.objects.get(pk=station.tenant_id), actor=ACTOR, reason="x")


def test_a_new_pile_has_connectors_codes_and_a_key_that_is_told_once() -> None:
    station = make_station()
    model = make_model(station.tenant.get_root(), connector_count=3, connector_type="GB/T DC")
    new = make_new_pile(station, model=model, connectors=None)

    assert [c.number for c in selectors.connectors_of(new.pile)] == [1, 2, 3]
    assert {c.type for c in selectors.connectors_of(new.pile)} == {"GB/T DC"}
    assert len(new.tokens) == 3 and new.key is not None and len(new.key) == 40
    assert new.key not in str(vars(Pile.objects.get(pk=new.pile.pk)))


@pytest.mark.parametrize(
    "identity", ["", " ", "a:b", "a/b", "a?b", "a#b", "a\tb", "a\x00", " a", "x" * 49, "\u202eab", "\ud800"]
)
def test_identities_that_cannot_be_in_an_address_are_refused(identity: str) -> None:
    assert refused(devices.create_pile, make_station(), identity=identity) == "identity"


@pytest.mark.parametrize(
    "identity", ["RDAM 123", "GaroCS-4133AAAA46980", "TACW1142021G1020.1", "桩-1", "x" * 48]
)
def test_identities_of_real_piles_are_taken(identity: str) -> None:
    assert make_pile(identity=identity).identity == identity


def test_a_taken_identity_is_refused_without_saying_by_whom() -> None:
    taken, station = make_pile(identity="CP"), make_station()
    with scope_of(station.tenant_id), pytest.raises(Refused) as refusal:
        devices.create_pile(station, actor=ACTOR, identity="CP")

    assert refusal.value.code == "identity_taken"
    assert taken.station.name not in str(refusal.value)
    assert make_pile(station, identity="cp").identity == "cp"


@pytest.mark.parametrize("count", [0, -1, 17])
def test_a_pile_has_at_least_one_connector_and_not_too_many(count: int) -> None:
    assert refused(devices.create_pile, make_station(), identity="CP", connectors=count) == "connectors"


@pytest.mark.parametrize("key", ["secret", "0" * 41, "zz" * 20])
def test_a_key_of_ones_own_must_be_as_good_as_ours(key: str) -> None:
    assert refused(devices.create_pile, make_station(), identity="CP", key=key) == "key"
    assert not Pile.objects.exists()


@pytest.mark.parametrize(
    "quirks",
    [
        {"boot_answer": "Maybe"},
        {"heartbeat_interval_s": 0},
        {"ping": 1},
        {"clock_zone": "Moon"},
        {"unknown": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(quirks: dict[str, Any]) -> None:
    pile = make_pile()

    assert refused(devices.edit_pile, pile, quirks=quirks) == "quirks"
    assert Pile.objects.get(pk=pile.pk).quirks == {}


def test_a_pile_that_moves_follows_its_station() -> None:
    pile, target = make_pile(), make_station()
    devices.move_pile(pile, to=target, actor=ACTOR, reason="swap")

    row = Pile.objects.get(pk=pile.pk)
    assert (row.station_id, row.tenant_id) == (target.pk, target.tenant_id)
    assert set(Connector.objects.filter(pile=pile).values_list("tenant_id", flat=True)) == {target.tenant_id}


def test_a_pile_is_not_moved_out_of_the_scope() -> None:
    pile, foreign = make_pile(), make_station()
    with scope_of(pile.tenant_id), pytest.raises(Station.DoesNotExist):
        devices.move_pile(pile, to=foreign, actor=ACTOR, reason="x")
    assert Pile.objects.get(pk=pile.pk).station_id == pile.station_id


def test_a_pile_that_something_still_needs_is_not_retired() -> None:
    pile = make_pile()
    answerer = lambda pile_id: "1 open order"  # noqa: E731
    hooks.retiring_blockers.answer(answerer)
    try:
        assert refused(devices.retire_pile, pile, reason="x") == "blocked"
    finally:
        hooks.retiring_blockers._answerers.remove(answerer)
    assert Pile.objects.get(pk=pile.pk).life != Life.RETIRED


def test_the_codes_of_a_retired_pile_are_dead() -> None:
    new = make_new_pile()
    devices.retire_pile(new.pile, actor=ACTOR, reason="scrapped")
    target = selectors.connector_by_token(new.tokens[0].token)

    assert target is not None and target.revoked
    assert refused(devices.edit_pile, new.pile, name="x") == "retired"


def test_a_replaced_code_opens_nothing_and_still_says_where_it_was() -> None:
    new = make_new_pile(connectors=1)
    connector = selectors.connector_of(new.pile, 1)
    fresh = tokens.replace_token(connector, actor=ACTOR, reason="torn off")

    old_target = selectors.connector_by_token(new.tokens[0].token)
    new_target = selectors.connector_by_token(fresh.token.lower())
    assert old_target is not None and old_target.revoked and old_target.connector == connector
    assert new_target is not None and not new_target.revoked


@pytest.mark.parametrize("text", ["", "0" * 11, "ABC", "\x00", "x" * 5000, "😀" * 11])
def test_what_was_never_a_code_opens_nothing(text: str) -> None:
    assert selectors.connector_by_token(text) is None


def test_a_connector_that_only_the_pile_knew_gets_a_code_when_it_is_registered() -> None:
    pile = make_pile(connectors=1)
    intake.report_status([Talk(pile).status(2, "Available")])
    connector = selectors.connector_of(pile, 2)
    assert connector.pk not in selectors.live_tokens(pile)

    devices.edit_connector(connector, actor=ACTOR, type="GB/T AC", rated_kw=Decimal(7))
    assert selectors.connector_of(pile, 2).registered
    assert connector.pk in selectors.live_tokens(pile)


def test_a_connector_for_a_transaction_is_there_whatever_its_number() -> None:
    pile = make_pile(connectors=1)
    numbers = [devices.ensure_connector(pile, number).number for number in (1, 5, 5, 0, -3, 10**9)]

    assert numbers == [1, 5, 5, 0, 0, 32_767]
    assert [c.number for c in selectors.connectors_of(pile)] == [1, 5, 32_767]


def test_an_open_pile_becomes_closed_with_its_first_key() -> None:
    pile = make_pile(needs_key=False)
    assert pile.security_profile == 0
    devices.replace_key(pile, actor=ACTOR)
    assert Pile.objects.get(pk=pile.pk).security_profile == 1

    devices.open_pile(pile, actor=ACTOR, reason="old firmware")
    row = Pile.objects.get(pk=pile.pk)
    assert (row.security_profile, row.key_hash) == (0, "")


def test_a_model_saved_again_is_changed_and_not_doubled() -> None:
    manufacturer = make_tenant()
    first = make_model(manufacturer, name="DC-120", rated_kw=Decimal(120))
    again = make_model(manufacturer, name="DC-120", rated_kw=Decimal(160))

    assert again.pk == first.pk and again.rated_kw == 160
