"""Piles and stations that cannot be heard."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from alarms import intake, services
from alarms.models import Alarm
from alarms.services import presence
from backoffice.kit import clock
from backoffice.kit.actor import command_line
from stations import intake as stations
from stations.models import Connector, Life, Pile, Station, StationStatus
from tests.factories.stations import Talk, make_online_pile, make_pile, make_station

pytestmark = pytest.mark.usefixtures("everything")

LI = command_line("Li")


def lose(*piles: Pile, seconds: float = 121) -> None:
    """They have been gone for so long."""
    gone = clock.ago(seconds=seconds)
    Pile.objects.filter(pk__in=[pile.pk for pile in piles]).update(online=False, disconnected_at=gone)


def find(*piles: Pile) -> None:
    Pile.objects.filter(pk__in=[pile.pk for pile in piles]).update(online=True)


def offline() -> list[Alarm]:
    return list(Alarm.objects.filter(code="F01").order_by("pk"))


def live_codes() -> list[str]:
    return sorted(Alarm.objects.filter(state="open").values_list("code", flat=True))


def make_piles(number: int) -> tuple[Station, list[Pile]]:
    station = make_station()
    return station, [make_online_pile(station) for _ in range(number)]


def test_a_pile_is_an_alarm_when_it_is_gone_for_two_minutes_and_none_when_it_is_back() -> None:
    pile = make_online_pile()
    lose(pile, seconds=119)
    services.watch_presence()
    assert offline() == []

    lose(pile)
    services.watch_presence()
    services.watch_presence()
    [alarm] = offline()
    assert (alarm.severity, alarm.count, alarm.pile_id, alarm.connector_number) == (3, 1, pile.pk, None)

    find(pile)
    services.watch_presence()
    [alarm] = offline()
    assert alarm.state == "cleared"


def test_a_pile_that_was_never_connected_is_no_alarm() -> None:
    make_pile()
    services.watch_presence()
    assert not Alarm.objects.exists()


@pytest.mark.parametrize("reason", ["retired", "station closed"])
def test_nobody_waits_for_a_pile_that_is_out_of_service(reason: str) -> None:
    pile = make_online_pile()
    lose(pile)
    services.watch_presence()

    if reason == "retired":
        Pile.objects.update(life=Life.RETIRED)
    else:
        Station.objects.update(status=StationStatus.CLOSED)
    services.watch_presence()
    assert [alarm.state for alarm in offline()] == ["cleared"]
    services.watch_presence()
    assert len(offline()) == 1


def test_after_an_outage_of_ours_piles_have_their_time_to_come_back() -> None:
    """Nobody was there to be heard by: that a pile was silent meanwhile says nothing about it."""
    pile = make_online_pile()
    lose(pile, seconds=3_600)
    with clock.frozen(clock.ago(hours=2)):
        stations.start_gateway("gw-1")
    services.watch_presence()
    assert offline() == []

    start = clock.now()
    with clock.frozen(start):
        stations.start_gateway("gw-1")
        services.watch_presence()
    assert offline() == []

    with clock.frozen(start + timedelta(seconds=119)):
        stations.see_gateway("gw-1")
        services.watch_presence()
    assert offline() == []

    with clock.frozen(start + timedelta(seconds=121)):
        stations.see_gateway("gw-1")
        services.watch_presence()
    assert [alarm.pile_id for alarm in offline()] == [pile.pk]


def test_an_outage_that_lasts_or_hit_a_charge_is_worse() -> None:
    short, long, charging = (make_online_pile() for _ in range(3))
    lose(short, charging)
    lose(long, seconds=1801)
    Connector.objects.filter(pile=charging, number=1).update(status="Charging")

    services.watch_presence()
    services.watch_presence()
    assert {alarm.pile_id: alarm.severity for alarm in offline()} == {short.pk: 3, long.pk: 2, charging.pk: 2}
    assert {alarm.count for alarm in offline()} == {1}


def test_an_outage_is_one_alarm_even_when_somebody_closes_it() -> None:
    pile = make_online_pile()
    lose(pile)
    services.watch_presence()
    services.close_alarm(offline()[0], actor=LI, reason="power cut announced")
    services.watch_presence()
    assert len(offline()) == 1

    find(pile)
    services.watch_presence()
    with clock.frozen(clock.now() + timedelta(hours=1)):
        lose(pile)
        services.watch_presence()
    assert [alarm.state for alarm in offline()] == ["closed", "open"]


def test_a_pile_that_comes_and_goes_within_half_an_hour_is_one_alarm() -> None:
    pile = make_online_pile()
    start = clock.now()
    for minutes in (0, 10, 20):
        with clock.frozen(start + timedelta(minutes=minutes)):
            lose(pile)
            services.watch_presence()
        with clock.frozen(start + timedelta(minutes=minutes + 5)):
            find(pile)
            services.watch_presence()
    [alarm] = offline()
    assert (alarm.count, alarm.reopened, alarm.state) == (3, 2, "cleared")


def test_the_connection_itself_clears_at_once() -> None:
    pile = make_online_pile()
    lose(pile)
    services.watch_presence()
    intake.report_presence(stations.connect([Talk(pile, generation=9).connected()]))
    assert [alarm.state for alarm in offline()] == ["cleared"]


def test_connections_that_push_each_other_out_are_a_security_alarm_until_they_stop() -> None:
    pile = make_online_pile()
    for generation in range(2, 7):
        intake.report_presence(stations.connect([Talk(pile, generation=generation).connected()]))
    alarm = Alarm.objects.get(code="T08")
    assert (alarm.alarm_class, alarm.pile_id, alarm.state) == ("station", pile.pk, "open")

    services.clear_quiet()
    assert live_codes() == ["T08"]
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        services.clear_quiet()
    assert live_codes() == []


@pytest.mark.parametrize(
    ("piles", "lost", "dark"),
    [(4, 3, True), (6, 3, False), (6, 4, True), (3, 3, True), (2, 2, False), (4, 2, False)],
)
def test_a_station_is_an_alarm_when_more_than_half_and_at_least_three_are_gone(
    piles: int, lost: int, dark: bool
) -> None:
    station, all_piles = make_piles(piles)
    make_pile(station)
    lose(*all_piles[:lost])
    services.watch_presence()

    whole = Alarm.objects.filter(code="T01")
    assert whole.exists() is dark
    assert len(offline()) == lost
    assert {alarm.suppressed for alarm in offline()} == {dark}
    if dark:
        assert whole.get().info == f"{lost} / {piles}"
        assert (whole.get().station_id, whole.get().pile_id) == (station.pk, None)


def test_a_station_that_is_back_gives_its_last_piles_their_own_alarm_again() -> None:
    _station, piles = make_piles(4)
    lose(*piles)
    services.watch_presence()
    services.watch_presence()
    assert Alarm.objects.get(code="T01").count == 1

    find(*piles[:2])
    services.watch_presence()
    assert Alarm.objects.get(code="T01").state == "cleared"
    assert [alarm.suppressed for alarm in offline() if alarm.state == "open"] == [False, False]


def test_a_station_alarm_that_was_closed_by_hand_returns_when_another_pile_goes() -> None:
    _station, piles = make_piles(4)
    lose(*piles[:3])
    services.watch_presence()
    services.close_alarm(Alarm.objects.get(code="T01"), actor=LI, reason="grid works")
    services.watch_presence()
    assert Alarm.objects.filter(code="T01").count() == 1

    with clock.frozen(clock.now() + timedelta(minutes=5)):
        lose(piles[3])
        services.watch_presence()
    assert Alarm.objects.filter(code="T01").count() == 2


def test_stations_do_not_mix() -> None:
    _dark, lost = make_piles(3)
    _fine, others = make_piles(4)
    lose(*lost, others[0])
    services.watch_presence()
    assert suppressed(lost) == {True} and suppressed(others) == {False}


def suppressed(piles: Iterable[Pile]) -> set[bool]:
    return {alarm.suppressed for alarm in offline() if alarm.pile_id in {pile.pk for pile in piles}}


def test_a_dark_city_is_found_in_a_handful_of_statements(django_assert_max_num_queries: object) -> None:
    world = [make_piles(3) for _ in range(5)]
    lose(*(pile for _station, piles in world for pile in piles))
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        presence.raise_lost()
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        presence.sum_up_stations()
    assert Alarm.objects.filter(code="T01").count() == 5 and len(offline()) == 15
