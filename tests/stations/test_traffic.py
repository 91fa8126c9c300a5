"""Frames and events: kept whole, found by pile and time, dropped by day."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection

from backoffice.kit import clock
from ocpp_gateway.wire import DataTransferred, Noted
from stations import intake, selectors
from stations.models import Frame, Pile, PileEvent, StatusEvent
from stations.selectors import place_of_pile, places, places_read_once
from stations.services import sweeps
from tenants.selectors import scope_of
from tests.factories.stations import Talk, make_pile, make_station

pytestmark = pytest.mark.usefixtures("everything")


@pytest.mark.statement(27)
@pytest.mark.parametrize(
    "text", ['[2,"a","Heartbeat",{}]', "tab\there\nand\\there\r", "", "枪 \\N \u2028", "x" * 70_000]
)
def test_a_frame_is_kept_as_it_was(text: str) -> None:
    pile = make_pile()
    intake.keep_frames([Talk(pile).frame("Heartbeat", text=text, size=len(text), latency_ms=None)])

    [frame] = Frame.objects.filter(pile=pile)
    assert (frame.text, frame.size, frame.latency_ms, frame.inbound) == (text, len(text), None, True)
    assert frame.agency_id == pile.tenant_id


def test_frames_longer_than_their_columns_do_not_stop_the_batch() -> None:
    pile = make_pile()
    talk = Talk(pile)
    intake.keep_frames(
        [
            talk.frame("A" * 500, message_id="m" * 500, kind="k" * 50, remarks=("r" * 500,), size=2**40),
            talk.frame("Heartbeat", latency_ms=12),
            Talk(Pile(pk=10**9)).frame("Heartbeat"),
        ]
    )

    assert Frame.objects.filter(pile=pile).count() == 2


def test_the_conversation_is_read_by_time_and_message() -> None:
    pile, now = make_pile(), clock.now()
    talk = Talk(pile)
    intake.keep_frames(
        [
            talk.frame("Heartbeat", at=now - timedelta(hours=2)),
            talk.frame("StatusNotification", at=now - timedelta(minutes=2)),
            talk.frame("Heartbeat", at=now - timedelta(minutes=1)),
        ]
    )
    frames = selectors.frames_of(pile.pk, now - timedelta(hours=1), now)

    assert [frame.action for frame in frames] == ["Heartbeat", "StatusNotification"]
    assert selectors.frames_of(pile.pk, now - timedelta(days=1), now, action="Heartbeat").count() == 2
    with scope_of(make_station().tenant_id):
        assert not selectors.frames_of(pile.pk, now - timedelta(hours=1), now)


def test_a_span_of_time_reads_only_its_own_partitions() -> None:
    now = clock.now()
    plan = selectors.frames_of(1, now - timedelta(minutes=5), now).explain()

    assert len(set(re.findall(r"stations_frame_(?:\d{8}|default)", plan))) <= 3


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'stations_frame'::regclass"
        )
        return {name.removeprefix("stations_frame_") for (name,) in cursor.fetchall()}


def test_partitions_are_made_ahead_and_old_ones_are_dropped() -> None:
    pile, now = make_pile(), clock.now()
    old = now - timedelta(days=40)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kit_ensure_partitions('stations_frame', 'at', 'day', %s, %s)", [old.date()] * 2
        )
    intake.keep_frames([Talk(pile).frame("Heartbeat", at=old), Talk(pile).frame("Heartbeat", at=now)])
    with clock.frozen(now + timedelta(days=3)):
        sweeps.keep_partitions()
        made = partitions()
        sweeps.keep_partitions()

    assert Frame.objects.filter(pile=pile).count() == 1
    assert made == partitions()
    assert {f"{now + timedelta(days=n):%Y%m%d}" for n in range(3, 11)} | {"default"} <= made
    assert f"{old:%Y%m%d}" not in made


def test_old_history_is_forgotten_and_the_rest_is_not() -> None:
    pile = make_pile()
    talk, long_ago = Talk(pile), clock.ago(days=500)
    intake.connect([talk.connected(received_at=long_ago)])
    intake.report_status([talk.status(1, "Available", received_at=long_ago), talk.status(1, "Preparing")])

    assert sweeps.forget_history() == 2
    assert [event.status for event in StatusEvent.objects.all()] == ["Preparing"]
    assert not PileEvent.objects.exists()


@pytest.mark.statement(84, 85)
def test_notices_are_kept_as_they_came() -> None:
    pile = make_pile()
    fields = {"pile_id": pile.pk, "generation": 1, "message_id": "m1", "received_at": clock.now()}
    intake.note(
        [
            Noted(**fields, action="FirmwareStatusNotification", raw='{"status":"Installed"}'),
            DataTransferred(**fields, vendor_id="acme", raw="x" * 100_000, remarks=("odd",)),
            Noted(**fields | {"pile_id": 10**9}, action="LogStatusNotification"),
        ]
    )

    firmware, data = PileEvent.objects.order_by("pk")
    assert (firmware.kind, firmware.data["raw"]) == ("FirmwareStatusNotification", '{"status":"Installed"}')
    assert (data.kind, data.data["remarks"], len(data.data["raw"])) == ("DataTransfer", ["odd"], 4000)


def test_a_place_tells_whose_a_pile_is_and_what_time_it_has() -> None:
    pile = make_pile(make_station(timezone="Asia/Shanghai"))
    place = place_of_pile(pile.pk)

    assert (place.identity, place.zone, place.station_id) == (pile.identity, "Asia/Shanghai", pile.station_id)
    assert place.path.agency_id == pile.tenant_id and place.path.owner_id == pile.tenant_id
    assert list(place.connectors) == [1, 2]


def test_places_of_a_batch_are_read_in_two_queries_and_once(django_assert_num_queries: object) -> None:
    piles = [make_pile().pk for _ in range(4)]
    with django_assert_num_queries(2):  # type: ignore[operator]
        places(piles)
    with places_read_once(), django_assert_num_queries(2):  # type: ignore[operator]
        assert places(piles) == places(piles)


def test_a_place_outside_the_scope_does_not_exist() -> None:
    pile, other = make_pile(), make_station()
    with scope_of(other.tenant_id), pytest.raises(Pile.DoesNotExist):
        place_of_pile(pile.pk)


def test_outages_are_faults_of_the_connector_or_the_pile_and_time_that_it_was_away() -> None:
    pile, start = make_pile(), clock.ago(hours=10)
    talk = Talk(pile)

    def at(minutes: int) -> dict[str, object]:
        return {"received_at": start + timedelta(minutes=minutes)}

    intake.connect([talk.connected(**at(-30))])
    intake.report_status(
        [
            talk.status(1, "Faulted", **at(-5)),
            talk.status(1, "Finishing", **at(10)),
            talk.status(2, "Faulted", **at(15)),
            talk.status(0, "Faulted", **at(20)),
            talk.status(0, "Available", **at(30)),
            talk.status(1, "Unavailable", **at(40)),
        ]
    )
    intake.disconnect([talk.disconnected(**at(25))])
    intake.connect([Talk(pile, generation=2).connected(**at(35))])
    intake.disconnect([Talk(pile, generation=2).disconnected(**at(50))])

    found = selectors.outages(pile.pk, 1, start, start + timedelta(hours=1))
    minutes = [((a - start).seconds // 60, (b - start).seconds // 60) for a, b in found]
    assert minutes == [(0, 10), (20, 35), (50, 60)]
    assert selectors.outages(pile.pk, 1, start, start) == []
