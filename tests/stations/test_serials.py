"""A serial names one terminal: what would give it to a second one is refused, by form and by file."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from stations.models import Life, Pile, Station
from stations.services import devices
from tests.factories.stations import ACTOR, make_agency, make_pile, make_station
from tests.stations.browsing import browser, errors, operator_of
from tests.stations.importing import HEADS, bring_in, counts, send_rows

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def station() -> Station:
    return make_station(make_agency(), code="HZ-01", name="East gate")


def faults_of(station: Station, *lines: tuple[Any, ...]) -> list[list[Any]]:
    row = send_rows(browser(operator_of(station)), [HEADS, *lines])
    return [fault[:2] + fault[4:] for fault in row.faults]


def test_a_serial_that_stands_twice_in_a_file_is_refused_with_its_first_row(station: Station) -> None:
    assert faults_of(
        station,
        ("CP-1", "", "SN-1", "HZ-01", 1),
        ("CP-2", "", "", "HZ-01", 1),
        ("CP-3", "", "sn-1 ", "HZ-01", 1),
        ("CP-4", "", "", "HZ-01", 1),
    ) == [[4, "C4", "This stands in row 2 already."]]
    assert not Pile.objects.exists()


def test_a_serial_that_another_terminal_has_is_refused_by_its_name(station: Station) -> None:
    make_pile(station, identity="THERE", name="Bay 7", serial="SN-1")
    make_pile(station, identity="OTHER", serial="SN-2")
    assert faults_of(station, ("CP-1", "", "SN-1", "HZ-01", 1), ("OTHER", "", "sn-1", "", None)) == [
        [2, "C2", "Bay 7 has this serial."],
        [3, "C3", "This stands in row 2 already."],
    ]


def test_two_terminals_may_change_their_serials_for_each_others(station: Station) -> None:
    first, second = (make_pile(station, identity=f"CP-{n}", serial=f"SN-{n}") for n in (1, 2))
    lines = [("Identity", "Serial"), ("CP-1", "SN-2"), ("CP-2", "SN-1")]
    assert counts(bring_in(browser(operator_of(station)), lines)) == (0, 2, 0, 0)
    assert [Pile.objects.get(pk=one.pk).serial for one in (first, second)] == ["SN-2", "SN-1"]


def test_what_has_shared_a_serial_for_long_may_go_on_and_what_is_retired_holds_none(station: Station) -> None:
    for identity in ("CP-1", "CP-2"):
        make_pile(station, identity=identity, serial="SN-1")
    retired = make_pile(station, identity="OLD", serial="SN-9")
    devices.retire_pile(retired, actor=ACTOR, reason="scrapped")
    lines = [("Identity", "Terminal name", "Serial"), ("CP-1", "A", "SN-1"), ("CP-2", "B", "SN-1")]
    client = browser(operator_of(station))
    assert counts(bring_in(client, lines)) == (0, 2, 0, 0)
    assert counts(bring_in(client, [HEADS, ("CP-3", "", "SN-9", "HZ-01", 1)])) == (1, 0, 0, 0)


def test_a_serial_of_somebody_else_is_not_told_of(station: Station) -> None:
    make_pile(make_station(), serial="SN-1", name="Theirs")
    assert faults_of(station, ("CP-1", "", "SN-1", "HZ-01", 1)) == []


def test_the_form_refuses_it_at_its_field_and_keeps_what_was_typed(station: Station) -> None:
    make_pile(station, name="Bay 7", serial="SN-1")
    pile = make_pile(station, serial="SN-2")
    client, address = browser(operator_of(station)), reverse("stations:pile_edit", args=[pile.pk])
    typed = {"name": "New name", "serial": "sn-1", "life": Life.IN_SERVICE.value}
    answer = client.post(address, typed)
    assert errors(answer)["serial"] == ["Bay 7 has this serial."]
    assert 'value="sn-1"' in answer.content.decode() and Pile.objects.get(pk=pile.pk).serial == "SN-2"
    client.post(address, typed | {"serial": "SN-2"})
    client.post(address, typed | {"serial": "sn-2"})
    pile.refresh_from_db()
    assert (pile.name, pile.serial) == ("New name", "sn-2")
