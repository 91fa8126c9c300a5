"""How cells become values, and how heads are known."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from backoffice.kit.actor import command_line
from backoffice.kit.errors import Refused
from backoffice.kit.export import plain_text, safe_text
from backoffice.kit.imports import (
    BadCell,
    Column,
    Import,
    Plan,
    Row,
    Sender,
    choice,
    decimal,
    text,
    whole,
)
from backoffice.kit.imports.checking import check, places_of
from backoffice.kit.imports.columns import typed
from backoffice.kit.imports.reading import Book, Broken, Formula, Line
from stations.models import Life
from stations.permissions import StationPerm

SENDER = Sender(command_line("tests"), 1)
NOON = datetime.fromisoformat("2026-11-26 12:00:00")


def one(*columns: Column, **over: Any) -> Import:
    fields = {
        "name": "test",
        "title": "Test",
        "perm": StationPerm.IMPORT,
        "key": "identity",
        "check": lambda rows, _sender: Plan(new=len(rows), work=rows),
        "write": lambda _plan, _sender: None,
        "back": "jobs",
    }
    identity = Column(name="identity", head=_("Identity"), parse=text(48), needed=True)
    return Import(columns=(identity, *columns), **fields | over)


def book(*heads: str, rows: tuple[tuple[Any, ...], ...] = ()) -> Book:
    return Book(heads, tuple(Line(number, row) for number, row in enumerate(rows, start=2)))


@pytest.mark.parametrize(
    ("parse", "value", "wanted"),
    [
        (text(9), "CP-1", "CP-1"),
        (text(9), 10045, "10045"),
        (text(9), 10045.0, "10045"),
        (text(9), "'=danger", "=danger"),
        (text(9, fold=str.upper), "hz-01", "HZ-01"),
        (whole(1, 16), 2, 2),
        (whole(1, 16), "2", 2),
        (whole(1, 16), 2.0, 2),
        (decimal(Decimal(-90), Decimal(90), 6), 30.2706114, Decimal("30.270611")),
        (decimal(Decimal(-90), Decimal(90), 6), "30,25", Decimal("30.250000")),
        (choice(Life), "In service", "in_service"),
        (choice(Life), "IN_SERVICE", "in_service"),
    ],
)
def test_what_is_typed_in_any_usual_way_is_understood(parse: Any, value: Any, wanted: Any) -> None:
    assert parse(value) == wanted


def test_a_choice_is_known_in_every_language() -> None:
    with translation.override("zh-hans"):
        words = str(Life.IN_SERVICE.label)

    assert words != "In service"
    assert choice(Life)(words) == "in_service"


@pytest.mark.parametrize(
    ("parse", "value"),
    [
        (text(3), "long"),
        (text(9), "a\nb"),
        (text(9), NOON),
        (text(9), True),
        (text(40), 1.2345678901234567e19),
        (text(9), float("nan")),
        (whole(1, 16), 0),
        (whole(1, 16), 1.5),
        (whole(1, 16), "two"),
        (whole(1, 16), True),
        (whole(1, 16), "1e3"),
        (decimal(Decimal(-90), Decimal(90), 6), 91),
        (decimal(Decimal(-90), Decimal(90), 6), float("inf")),
        (decimal(Decimal(-90), Decimal(90), 6), NOON),
        (choice(Life), "Somewhere"),
        (choice(Life, without=["retired"]), "retired"),
    ],
)
def test_what_is_of_another_kind_is_refused(parse: Any, value: Any) -> None:
    with pytest.raises(BadCell):
        parse(value)


@pytest.mark.parametrize("value", [Formula("=A1"), Broken("#N/A"), None, "x" * 2_001])
def test_a_needed_cell_holds_a_value(value: Any) -> None:
    with pytest.raises(BadCell):
        typed(value, Column(name="identity", head="Identity", parse=text(9_000), needed=True))


def test_heads_are_known_in_every_language_and_however_they_are_written() -> None:
    limit = Column(name="limit", head=_("Power limit, kW"), also=("limit",), parse=whole(0, 9))
    for heads in (("Identity", "Power limit (kW)"), ("identity ", "POWER LIMIT, KW"), ("桩编号", "limit")):
        found = places_of(one(limit), book(*heads))
        assert [(index, column.name) for index, column in found] == [(0, "identity"), (1, "limit")]


@pytest.mark.parametrize(
    ("heads", "code", "words"),
    [
        (("Identity", "Serail"), "unknown_head", "Did you mean “Serial”"),
        (("Identity", "Colour of the lid"), "unknown_head", "take it out"),
        (("Serial",), "missing_head", "“Identity”"),
        (("Identity", "identity"), "twice", "Identity"),
    ],
)
def test_heads_that_are_wrong_are_named(heads: tuple[str, ...], code: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        places_of(one(Column(name="serial", head=_("Serial"), parse=text(9))), book(*heads))
    assert refusal.value.code == code


def test_other_columns_of_the_list_say_nothing() -> None:
    found = places_of(one(passed_over=lambda: [_("Last heard")]), book("Identity", "Last heard", ""))

    assert [column.name for _index, column in found] == ["identity"]


def test_every_fault_is_found_at_once_and_rows_that_cannot_be_read_are_not_checked() -> None:
    seen: list[Row] = []

    def look(rows: Any, _sender: Sender) -> Plan:
        seen.extend(rows)
        return Plan(new=len(rows))

    wanted = one(Column(name="count", head="Count", parse=whole(1, 9)), check=look)
    rows = (("CP-1", 1), ("CP-2", "x"), (None, 2), ("CP-1", 3), (Formula("=A1"), "y"))
    plan, _places = check(wanted, book("Identity", "Count", rows=rows), SENDER)

    assert [(fault.number, fault.column) for fault in plan.faults] == [
        (3, "count"),
        (4, "identity"),
        (5, "identity"),
        (6, "identity"),
        (6, "count"),
    ]
    assert "row 2" in plan.faults[2].reason
    assert [row.values for row in seen] == [
        {"identity": "CP-1", "count": 1},
        {"identity": "CP-1", "count": 3},
    ]


@pytest.mark.parametrize("words", ["=1+1", "+49", "-x", "@home", "plain", "'quoted", "-5"])
def test_what_an_export_made_harmless_is_read_back_as_it_was(words: str) -> None:
    assert plain_text(safe_text(words)) == words
