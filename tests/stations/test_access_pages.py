"""Pages of local lists and reservations: who may do what, and what they show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.kit.perms import Role
from ocpp_gateway.wire import CommandState
from stations.models import Command, LocalList, LocalListPile, Reservation
from stations.services import list_sync, reservations
from tenants.models import Tenant
from tests.factories.access import Keeper, make_list, make_reservation, said
from tests.factories.drivers import make_card, make_driver
from tests.factories.stations import ACTOR, later, make_online_pile, make_pile
from tests.factories.tenants import make_tenant
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")


def page(client: Any, name: str, *args: Any) -> str:
    answer = client.get(reverse(f"stations:{name}", args=args))
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def typed_until(hours: float) -> str:
    return f"{timezone.localtime(later(hours * 3600)):%Y-%m-%dT%H:%M}"


def test_the_page_shows_the_list_and_the_reservations_of_a_terminal() -> None:
    keeper = Keeper.with_cards(3, in_all=2)
    keeper.live()
    row = make_reservation(keeper.pile)
    said(Command.objects.latest("pk"), CommandState.REJECTED, {"status": "Occupied"})
    text = page(browser(keeper.operator), "pile_access", keeper.pile.pk)

    assert "In step" in text and keeper.list.name in text
    assert "1 card is left out" in text
    assert f"R{row.pk}" in text and "in use, or reserved already" in text


def test_a_version_told_before_our_last_sending_does_not_speak_against_it() -> None:
    keeper = Keeper.with_cards(1)
    keeper.live()
    assert keeper.row.held_version == 8 and keeper.row.reported_version == 7
    client = browser(keeper.operator)
    assert "before our last sending" in page(client, "pile_access", keeper.pile.pk)

    LocalListPile.objects.update(reported_version=8)
    assert "before our last sending" not in page(client, "pile_access", keeper.pile.pk)


def test_the_list_has_a_card_of_its_own_only_where_that_says_more_than_the_figures() -> None:
    keeper = Keeper.with_cards(1)
    keeper.live()
    link = f'<a href="{reverse("stations:local_list", args=[keeper.list.pk])}">{keeper.list.name}</a>'
    auditor = page(browser(keeper.operator, Role.AUDITOR), "pile_access", keeper.pile.pk)

    assert link in auditor and 'id="list-title"' not in auditor
    assert 'id="list-title"' in page(browser(keeper.operator), "pile_access", keeper.pile.pk)


def test_the_page_of_a_terminal_with_nothing_says_so() -> None:
    pile = make_pile()
    text = page(browser(operator_of(pile)), "pile_access", pile.pk)

    assert "No list counts here" in text and "Nothing is reserved here" in text


@pytest.mark.parametrize(
    ("level", "role", "looks", "reserves", "manages"),
    [
        ("operator", Role.ENGINEER, 200, 200, 200),
        ("operator", Role.SUPPORT, 200, 200, 403),
        ("operator", Role.AUDITOR, 200, 403, 403),
        ("agency", Role.OWNER, 200, 403, 403),
        ("manufacturer", Role.OWNER, 200, 403, 403),
    ],
)
def test_who_may_do_what(level: str, role: Role, looks: int, reserves: int, manages: int) -> None:
    keeper = Keeper.with_cards(1)
    list_sync.refresh_lists()
    ancestors = Tenant.objects.get(pk=keeper.pile.tenant_id).get_ancestors(include_self=True)
    client = browser(next(t for t in ancestors if t.level == level), role)
    statuses = {
        name: client.get(reverse(f"stations:{name}", args=args)).status_code
        for name, args in {
            "pile_access": [keeper.pile.pk],
            "reserve": [keeper.pile.pk],
            "pile_list": [keeper.pile.pk, "full"],
        }.items()
    }
    assert list(statuses.values()) == [looks, reserves, manages]
    client.post(reverse("stations:pile_list", args=[keeper.pile.pk, "full"]))
    assert Command.objects.exists() is (manages == 200)


def test_card_numbers_are_for_those_who_look_after_lists() -> None:
    keeper = Keeper.with_cards(1)
    list_sync.refresh_lists()
    agency = Tenant.objects.get(pk=keeper.pile.tenant_id)
    for client, sees in ((browser(keeper.operator, Role.ENGINEER), True), (browser(agency), False)):
        for name, key in (("local_list", keeper.list.pk), ("station_list", keeper.pile.station_id)):
            assert (keeper.tags[0] in page(client, name, key)) is sees


@pytest.mark.parametrize("how", ["build", "full", "differences", "version", "clear"])
def test_each_button_does_what_it_says(how: str) -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    before = len(keeper.commands)
    url = reverse("stations:pile_list", args=[keeper.pile.pk, how])
    client = browser(keeper.operator)
    assert client.get(url).status_code == 200
    assert client.post(url, {"reason": "to see"}).status_code == 302

    expected = {"full": "SendLocalList", "clear": "SendLocalList", "version": "GetLocalListVersion"}
    assert [c.action for c in keeper.commands[before:]] == ([expected[how]] if how in expected else [])


def test_a_button_that_does_not_exist_is_not_there() -> None:
    pile = make_online_pile()
    assert (
        browser(operator_of(pile)).get(reverse("stations:pile_list", args=[pile.pk, "burn"])).status_code
        == 404
    )


def test_without_a_list_the_button_says_so() -> None:
    pile = make_online_pile()
    answer = browser(operator_of(pile)).post(reverse("stations:pile_list", args=[pile.pk, "full"]))

    assert "Assign one" in str(errors(answer))
    assert not LocalListPile.objects.exists()


def test_a_connector_is_reserved_extended_and_cancelled() -> None:
    pile = make_online_pile()
    operator = operator_of(pile)
    card = make_card(operator, driver=make_driver(operator))
    client = browser(operator)
    typed = {"connector": "2", "holder": card.uid, "expires_at": typed_until(2), "once": "a"}
    for _ in range(2):
        assert client.post(reverse("stations:reserve", args=[pile.pk]), typed).status_code == 302
    row = Reservation.objects.get()
    assert (row.connector_number, row.id_tag) == (2, card.uid)
    said(Command.objects.latest("pk"), CommandState.ACCEPTED, {"status": "Accepted"})

    client.post(reverse("stations:reservation_extend", args=[row.pk]), {"expires_at": typed_until(4)})
    row.refresh_from_db()
    assert row.asked_expires_at is not None and row.asked_expires_at > row.expires_at
    client.post(reverse("stations:reservation_cancel", args=[row.pk]), {"reason": "no show"})
    assert Command.objects.latest("pk").action == "CancelReservation"
    assert "Being cancelled" in page(client, "pile_access", pile.pk)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"holder": "NOBODY"}, "holder"),
        ({"holder": ""}, "holder"),
        ({"connector": "9"}, "connector"),
        ({"connector": "0"}, "connector"),
        ({"expires_at": "yesterday"}, "expires_at"),
        ({"expires_at": "2026-01-01T00:00"}, "expires_at"),
        ({"expires_at": "2190-01-01T00:00"}, "expires_at"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    over: dict[str, str], field: str
) -> None:
    pile = make_online_pile()
    operator = operator_of(pile)
    card = make_card(operator, driver=make_driver(operator))
    typed = {"connector": "1", "holder": card.uid, "expires_at": typed_until(1)} | over
    answer = browser(operator).post(reverse("stations:reserve", args=[pile.pk]), typed)

    assert list(errors(answer)) == [field]
    assert answer.context["form"]["expires_at"].value() == typed["expires_at"]
    assert not Reservation.objects.exists()


def test_an_engineer_may_ask_a_terminal_that_does_not_list_the_profile() -> None:
    keeper = Keeper.with_cards(1, profiles="Core, LocalAuthListManagement")
    keeper.live()
    url = reverse("stations:reserve", args=[keeper.pile.pk])
    typed = {"connector": "1", "holder": keeper.tags[0], "expires_at": typed_until(1)}
    refused = browser(keeper.operator, Role.SUPPORT).post(url, typed | {"anyway": "on"})
    assert "does not list the feature profile" in str(errors(refused))
    assert not Reservation.objects.exists()

    client = browser(keeper.operator, Role.ENGINEER)
    assert "Send anyway" in client.get(url).content.decode()
    assert client.post(url, typed | {"anyway": "on"}).status_code == 302
    assert Command.objects.latest("pk").action == "ReserveNow"


def test_an_offline_terminal_says_that_it_cannot_reserve() -> None:
    pile = make_pile()
    operator = operator_of(pile)
    card = make_card(operator, driver=make_driver(operator))
    typed = {"connector": "1", "holder": card.uid, "expires_at": typed_until(1)}
    answer = browser(operator).post(reverse("stations:reserve", args=[pile.pk]), typed)

    assert "offline" in str(errors(answer))


def test_a_list_is_written_made_the_default_edited_and_deleted() -> None:
    pile = make_online_pile()
    operator = operator_of(pile)
    cards = [make_card(operator, driver=make_driver(operator)) for _ in range(2)]
    client = browser(operator)
    picked = f"{cards[0].uid}\n{cards[1].uid.lower()}, {cards[0].uid}"
    client.post(
        reverse("stations:local_list_new"),
        {"name": "Fleet", "rule": "picked", "picked": picked, "refused_too": "on"},
    )
    row = LocalList.objects.get()
    assert (row.tenant, row.picked) == (operator, [card.uid for card in cards])
    client.post(reverse("stations:local_list_default", args=[row.pk]))
    list_sync.refresh_lists()
    assert LocalListPile.objects.get().wanted_count == 2

    edit = reverse("stations:local_list_edit", args=[row.pk])
    assert cards[0].uid in client.get(edit).content.decode()
    client.post(edit, {"name": "Fleet", "rule": "groups", "groups": "family", "picked": ""})
    row.refresh_from_db()
    assert (row.rule, row.groups, row.refused_too, row.is_default) == ("groups", ["FAMILY"], False, True)
    client.post(reverse("stations:local_list_delete", args=[row.pk]), {"reason": "not needed"})
    assert not LocalList.objects.exists()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Taken"}, "name"),
        ({"rule": "groups"}, "groups"),
        ({"rule": "everybody"}, "rule"),
        ({"rule": "picked", "picked": "NOBODY1 NOBODY2"}, "picked"),
        ({"rule": "picked", "picked": "X" * 21}, "picked"),
    ],
)
def test_a_list_that_makes_no_sense_is_not_written(over: dict[str, str], field: str) -> None:
    operator = operator_of(make_pile())
    make_list(operator, name="Taken")
    answer = browser(operator).post(reverse("stations:local_list_new"), {"name": "New", "rule": "all"} | over)

    assert list(errors(answer)) == [field]
    assert LocalList.objects.count() == 1


def test_a_list_that_stations_name_is_not_deleted() -> None:
    pile = make_pile()
    operator = operator_of(pile)
    row, client = make_list(operator), browser(operator)
    choose = reverse("stations:station_assign_list", args=[pile.station_id])
    assert row.name in client.get(choose).content.decode()
    client.post(choose, {"local_list": row.pk})
    answer = client.post(reverse("stations:local_list_delete", args=[row.pk]), {"reason": "not needed"})

    assert pile.station.name in str(errors(answer))
    assert LocalList.objects.get() == row


def test_the_lists_of_another_operator_are_not_there() -> None:
    row = make_list(operator_of(make_pile()))
    pile = make_pile()
    stranger = browser(operator_of(pile))
    for name in ("local_list", "local_list_edit", "local_list_delete", "local_list_default"):
        assert (
            stranger.post(reverse(f"stations:{name}", args=[row.pk]), {"reason": "mine"}).status_code == 404
        )
    answer = stranger.post(
        reverse("stations:station_assign_list", args=[pile.station_id]), {"local_list": row.pk}
    )

    assert list(errors(answer)) == ["local_list"]
    assert LocalList.objects.get() == row


def test_a_reservation_of_another_operator_is_not_there() -> None:
    row = make_reservation()
    stranger = browser(operator_of(make_pile()))
    for name in ("reservation_extend", "reservation_cancel"):
        url = reverse(f"stations:{name}", args=[row.pk])
        assert stranger.post(url, {"reason": "mine", "expires_at": typed_until(3)}).status_code == 404

    row.refresh_from_db()
    assert row.cancel_asked_at is None


def test_only_operators_have_lists() -> None:
    assert browser(make_tenant()).get(reverse("stations:local_list_new")).status_code == 403


def test_the_list_of_reservations_cancels_several() -> None:
    rows = [make_reservation()]
    rows.append(make_reservation(rows[0].pile, connector=2))
    client = browser(operator_of(rows[0].pile))
    client.post(
        reverse("stations.reservations.do", args=["cancel"]),
        {"pk": [row.pk for row in rows], "confirmed": "1", "reason": "closing early"},
    )

    assert Reservation.objects.filter(cancel_asked_at__isnull=False).count() == 2


def test_the_command_page_knows_what_a_reservation_was_for() -> None:
    row = make_reservation()
    reservations.cancel(row, actor=ACTOR)
    command = Command.objects.latest("pk")

    assert f"Reservation {row.pk}" in page(browser(operator_of(row.pile)), "command", command.pk)
    assert row.expires_at - row.created_at > timedelta(minutes=50)
