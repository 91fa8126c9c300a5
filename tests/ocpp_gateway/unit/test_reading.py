"""The lenient reader, value by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ocpp_gateway.reading import KEPT_CHARS, KEPT_REMARKS, read_decimal, read_instant, vocabulary
from tests.support.inbound import NOW, inbound

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(ANYTHING)
def test_no_value_makes_the_reader_raise(value: Any) -> None:
    message = inbound({"field": value, "timestamp": value, "connectorId": value, "idTag": value})
    message.text("field", 20, required=True)
    message.word("field", vocabulary(["Local"]), default="Local")
    message.integer("field")
    message.connector()
    message.id_tag()
    message.instant()
    read_decimal(value, "field", message)


@pytest.mark.statement(40)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-04-26T12:35:02Z", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC)),
        ("2024-04-26T20:35:02+08:00", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC)),
        ("2024-04-26T14:35:02+02", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC)),
        ("2024-04-26T14:35:02+0200", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC)),
        ("2024-04-26T12:35:02.1Z", datetime(2024, 4, 26, 12, 35, 2, 100_000, tzinfo=UTC)),
        ("2024-04-26T12:35:02.123Z", datetime(2024, 4, 26, 12, 35, 2, 123_000, tzinfo=UTC)),
        ("2024-04-26T12:35:02.123456789Z", datetime(2024, 4, 26, 12, 35, 2, 123_456, tzinfo=UTC)),
        ("2024-04-26T12:35Z", datetime(2024, 4, 26, 12, 35, tzinfo=UTC)),
        ("2024-04-26 12:35:02Z", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC)),
    ],
)
def test_usual_timestamps_are_read_without_a_remark(text: str, expected: datetime) -> None:
    assert read_instant(text, "UTC") == (expected, "")


@pytest.mark.statement(40)
@pytest.mark.parametrize(
    ("value", "expected", "remark"),
    [
        ("2024-04-26T12:35:02z", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC), "odd"),
        ("2024-4-6T1:2:3Z", datetime(2024, 4, 6, 1, 2, 3, tzinfo=UTC), "odd"),
        ("2024-04-26T23:59:60Z", datetime(2024, 4, 26, 23, 59, 59, tzinfo=UTC), "odd"),
        ("2024-04-26T24:00:00Z", datetime(2024, 4, 27, tzinfo=UTC), "odd"),
        ("2024-04-26T14:35:02+02:00Z", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC), "odd"),
        ("2024-04-26T12:35:02 UTC", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC), "odd"),
        ("2024-4-26T12:35:02 -05:30", datetime(2024, 4, 26, 18, 5, 2, tzinfo=UTC), "odd"),
        (1_714_134_902, datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC), "epoch"),
        (1_714_134_902_000, datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC), "epoch"),
        ("1714134902", datetime(2024, 4, 26, 12, 35, 2, tzinfo=UTC), "epoch"),
        ("2024-13-01T00:00:00Z", None, "unreadable"),
        ("2024-04-26T25:00:00Z", None, "unreadable"),
        ("0001-01-01T00:00:00+14:00", None, "unreadable"),
        ("9999-12-31T23:59:59-14:00", None, "unreadable"),
        ("yesterday", None, "unreadable"),
        (True, None, "unreadable"),
        ({}, None, "unreadable"),
        (10**30, None, "unreadable"),
    ],
)
def test_unusual_timestamps_are_read_with_a_remark(
    value: Any, expected: datetime | None, remark: str
) -> None:
    assert read_instant(value, "UTC") == (expected, remark)


@pytest.mark.parametrize("text", ["2023-10-19T15:28:07", "2023/10/19 15:28:07"])
def test_a_time_without_a_zone_is_in_the_zone_of_the_piles_clock(text: str) -> None:
    assert read_instant(text, "Asia/Shanghai") == (datetime(2023, 10, 19, 7, 28, 7, tzinfo=UTC), "no_zone")


@pytest.mark.parametrize("zone", ["", "Nowhere/City", "../etc", "\x00"])
def test_an_unknown_clock_zone_counts_as_utc(zone: str) -> None:
    assert read_instant("2023-10-19T15:28:07", zone)[0] == datetime(2023, 10, 19, 15, 28, 7, tzinfo=UTC)


@pytest.mark.statement(78)
@pytest.mark.parametrize("missing", [{}, {"timestamp": None}, {"timestamp": ""}])
def test_a_missing_time_is_the_time_of_receipt(missing: dict[str, Any]) -> None:
    message = inbound(missing)
    assert message.instant() == (NOW, None)
    assert message.remarks == ("missing:timestamp",)


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00.740Z", "2014-12-31T23:59:59Z", "2026-11-22T12:10:01Z"])
def test_an_unsynchronised_clock_is_kept_and_not_believed(text: str) -> None:
    message = inbound({"timestamp": text})
    at, pile_time = message.instant()
    assert at == NOW
    assert pile_time == datetime.fromisoformat(text)
    assert "unsynced:timestamp" in message.remarks


def test_a_time_of_years_ago_may_come_from_the_piles_queue() -> None:
    message = inbound({"timestamp": "2019-05-10T16:05:33Z"})
    assert message.instant()[0] == datetime(2019, 5, 10, 16, 5, 33, tzinfo=UTC)
    assert message.remarks == ()


@pytest.mark.statement(41)
@pytest.mark.parametrize(
    ("offset", "skewed"),
    [
        (timedelta(seconds=-119), False),
        (timedelta(seconds=119), False),
        (timedelta(seconds=121), True),
        (timedelta(minutes=-10), True),
        (timedelta(hours=-2), False),
    ],
)
def test_skew_is_flagged_on_what_must_be_live(offset: timedelta, skewed: bool) -> None:
    message = inbound({"timestamp": (NOW + offset).isoformat()})
    assert message.instant()[0] == NOW + offset
    assert ("skew:timestamp" in message.remarks) is skewed


@pytest.mark.statement(61)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        (" 9.6", "9.6"),
        ("9.6 kWh", "9.6"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1'000", "1000"),
        ("1 000,5", "1000.5"),
        ("+5", "5"),
        ("-5.", "-5"),
        (".5", "0.5"),
        ("1e3", "1E+3"),
        (604.213, "604.213"),
        (0, "0"),
        (0.0, "0"),
        ("0e999", "0"),
        ("0.1500200000001", "0.150020"),
        ("1e-999", "0"),
        ("9999e-7", "0.001"),
        ("1.5e-7", "0"),
    ],
)
def test_numbers_are_read_in_every_spelling(value: Any, expected: str) -> None:
    assert read_decimal(value, "value", inbound()) == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "remark"),
    [
        ("NaN", "number"),
        ("Infinity", "number"),
        ("--1", "number"),
        ("1.2.3.4x.5", "number"),
        ("9" * 600, "number"),
        ("1e999", "range"),
        ("1e15", "range"),
        (1e300, "range"),
        (float("nan"), "number"),
        (float("inf"), "number"),
        (10**40, "number"),
        (True, "type"),
        ([1], "type"),
        ("٣", "number"),
    ],
)
def test_what_is_no_number_is_none_and_remarked(value: Any, remark: str) -> None:
    message = inbound()
    assert read_decimal(value, "value", message) is None
    assert message.remarks == (f"{remark}:value",)


@pytest.mark.parametrize(
    ("value", "expected", "remarks"),
    [
        (5, 5, ()),
        (-1, -1, ()),
        (0, 0, ()),
        (1234.0, 1234, ()),
        (26008.333, 26008, ("fraction:n",)),
        (0.5, 1, ("fraction:n",)),
        ("17", 17, ("type:n",)),
        (" 17 ", 17, ("type:n",)),
        ("17,5", 18, ("odd:n", "type:n", "fraction:n")),
        (None, None, ("missing:n",)),
        ("", None, ("missing:n",)),
        (True, None, ("type:n",)),
        ("x", None, ("number:n",)),
        (10**18, None, ("range:n",)),
    ],
)
def test_whole_numbers(value: Any, expected: int | None, remarks: tuple[str, ...]) -> None:
    message = inbound({"n": value})
    assert message.integer("n") == expected
    assert message.remarks == remarks


@pytest.mark.parametrize(
    ("value", "connectors", "expected"),
    [
        (2, (), 2),
        ("2", (1, 2), 2),
        (None, (1,), 1),
        (None, (0, 1), 1),
        (None, (1, 2), 0),
        (-1, (1, 2), 0),
        (2**40, (3,), 3),
    ],
)
def test_an_unreadable_connector_is_the_only_one_or_the_whole_pile(
    value: Any, connectors: tuple[int, ...], expected: int
) -> None:
    assert inbound({"connectorId": value}, connectors=connectors).connector() == expected


@pytest.mark.statement(35)
def test_over_long_texts_are_kept_and_remarked() -> None:
    message = inbound({"a": "x" * 30, "b": "y" * 1000})
    assert message.text("a", 20) == "x" * 30
    assert message.text("b", 20) == "y" * KEPT_CHARS
    assert message.remarks == ("long:a", "long:b", "cut:b")


def test_texts_of_another_type_are_kept_as_text() -> None:
    message = inbound({"a": 17, "b": True, "c": {"d": [1]}, "e": None})
    assert [message.text(name, 50) for name in "abce"] == ["17", "true", '{"d":[1]}', ""]
    assert message.remarks == ("type:a", "type:b", "type:c")


def test_words_of_the_specification_are_recognised_in_any_case() -> None:
    words = vocabulary(["SuspendedEV", "Local"])
    message = inbound({"a": "SuspendedEV", "b": "suspended_ev", "c": "Hibernating", "d": " Local "})
    assert message.word("a", words, default="") == "SuspendedEV"
    assert message.remarks == ()
    assert message.word("b", words, default="") == "SuspendedEV"
    assert message.word("c", words, default="") == "Hibernating"
    assert message.word("d", words, default="") == "Local"
    assert message.word("e", words, default="Local") == "Local"
    assert message.remarks == ("enum:b", "enum:c", "enum:d")


@pytest.mark.parametrize(
    ("tag", "settings", "expected"),
    [
        ("12345678_dummy1", {"id_tag_suffix": "_dummy1"}, "12345678"),
        ("12345678_dummy1", {"id_tag_suffix": "_*"}, "12345678"),
        ("12345678", {"id_tag_suffix": "_*"}, "12345678"),
        ("17619300:04A1", {"id_tag_prefix": "17619300:"}, "04A1"),
        ("17619300:04A1", {"id_tag_prefix": "*:"}, "04A1"),
        ("04A1", {"id_tag_prefix": "*:"}, "04A1"),
        ("17619300:", {"id_tag_prefix": "*:"}, "17619300:"),
        (" 04A1 ", {}, "04A1"),
        ("*", {"id_tag_prefix": "*", "id_tag_suffix": "*"}, "*"),
        ("04A1B2", {"id_tag_reversed": True}, "B2A104"),
        ("04A1B", {"id_tag_reversed": True}, "04A1B"),
        ("QX7K2M", {"id_tag_reversed": True}, "QX7K2M"),
        ("0004A1", {"id_tag_cut_zeros": True}, "4A1"),
        ("0000", {"id_tag_cut_zeros": True}, "0000"),
        ("KEBA:00A104", {"id_tag_prefix": "*:", "id_tag_reversed": True, "id_tag_cut_zeros": True}, "4A100"),
    ],
)
@pytest.mark.quirk("tag-spelling")
def test_what_a_model_makes_of_an_id_tag_is_undone(tag: str, settings: dict[str, Any], expected: str) -> None:
    assert inbound({"idTag": tag}, **settings).id_tag() == expected


def test_extra_fields_are_remarked_and_remarks_are_bounded() -> None:
    message = inbound({f"field{number}": 1 for number in range(1000)})
    message.note_extras(frozenset())
    assert len(message.remarks) == KEPT_REMARKS


@pytest.mark.parametrize(
    ("value", "unit", "wh"),
    [
        (12, "as_labelled", 12),
        (12, "kWh", 12_000),
        ("12.3456", "kWh", 12_346),
        ("12,5", "10Wh", 125),
        (12, "Wh", 12),
        (None, "kWh", 0),
        ("", "kWh", 0),
        ({}, "kWh", 0),
        ("much", "10Wh", 0),
    ],
)
def test_a_register_is_read_in_the_unit_that_it_really_has(value: Any, unit: str, wh: int) -> None:
    assert inbound({"meterStart": value}, energy_unit=unit).register("meterStart") == wh
