"""Meter values of all kinds end in one form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ocpp_gateway import wire
from ocpp_gateway.metering import _known, read_readings
from tests.support.inbound import NOW, inbound


def read(
    *samples: Any, timestamp: Any = "2026-11-22T11:59:59Z"
) -> tuple[list[wire.SampledValue], tuple[str, ...]]:
    message = inbound()
    readings = read_readings([{"timestamp": timestamp, "sampledValue": list(samples)}], "meterValue", message)
    return [value for reading in readings for value in reading.values], message.remarks


def only(sample: dict[str, Any]) -> wire.SampledValue:
    [value], _ = read(sample)
    return value


@given(
    st.recursive(
        st.none() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["timestamp", "sampledValue", "value", "unit", "measurand", "phase", "format"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_content_raises(fields: Any) -> None:
    read_readings(fields, "meterValue", inbound())
    read_readings([fields], "meterValue", inbound())
    read_readings([{"sampledValue": [fields]}], "meterValue", inbound())


@pytest.mark.statement(60)
def test_the_defaults_of_the_specification_apply() -> None:
    assert only({"value": "100"}) == wire.SampledValue(
        measurand="Energy.Active.Import.Register",
        raw="100",
        value=Decimal(100),
        unit="Wh",
        phase="",
        location="Outlet",
        context="Sample.Periodic",
        format="Raw",
    )


@pytest.mark.statement(61)
@pytest.mark.parametrize(
    ("value", "unit", "expected", "base"),
    [
        ("1.5", "kWh", "1500", "Wh"),
        ("0.15002000000000001", "kWh", "150.02", "Wh"),
        ("164.5", "Wh", "164.5", "Wh"),
        ("3.5", "kW", "3500", "W"),
        ("3.5", "KW", "3500", "W"),
        ("2", "kvarh", "2000", "varh"),
        ("35", "Celsius", "35", "Celsius"),
        ("35", "Celcius", "35", "Celsius"),
        ("50", "Hertz", "50", "Hertz"),
        ("7", "furlong", "7", "furlong"),
    ],
)
def test_units_come_to_their_base(value: str, unit: str, expected: str, base: str) -> None:
    sample = only({"value": value, "unit": unit, "measurand": "Temperature"})
    assert (sample.value, sample.unit, sample.raw) == (Decimal(expected), base, value)


def test_a_unit_behind_the_number_counts_where_there_is_no_other() -> None:
    assert only({"value": "9.6 kWh"}).value == Decimal(9600)
    assert only({"value": "9.6 kWh", "unit": "Wh"}).value == Decimal("9.6")


@pytest.mark.parametrize(
    ("measurand", "unit"),
    [
        ("Power.Active.Import", "W"),
        ("Power.Reactive.Export", "var"),
        ("Power.Factor", ""),
        ("Energy.Reactive.Import.Register", "varh"),
        ("Current.Import", "A"),
        ("Voltage", "V"),
        ("SoC", "Percent"),
        ("Temperature", "Celsius"),
        ("Frequency", "Hertz"),
        ("Vendor.Secret", ""),
    ],
)
def test_a_missing_unit_is_the_natural_one(measurand: str, unit: str) -> None:
    assert only({"value": "1", "measurand": measurand}).unit == unit


@pytest.mark.statement(64)
def test_signed_data_stays_byte_exact() -> None:
    raw = ' OCMF|{"FV":"1.0"}|{"SD":"3046"}\n'
    sample = only({"value": raw, "format": "SignedData", "unit": "kWh"})
    assert (sample.raw, sample.value) == (raw, None)


@pytest.mark.statement(65)
def test_words_outside_the_enumerations_are_opaque() -> None:
    [sample], remarks = read(
        {"value": "3", "measurand": "Vendor.X", "context": "Other2", "location": "Roof", "phase": "L9"}
    )
    assert (sample.measurand, sample.context, sample.location, sample.phase) == (
        "Vendor.X",
        "Other2",
        "Roof",
        "L9",
    )
    assert set(remarks) == {"enum:measurand", "enum:context", "enum:location", "enum:phase"}


@pytest.mark.parametrize("value", ["", "  ", None])
def test_blank_values_are_left_out(value: Any) -> None:
    assert read({"value": value}) == ([], ("blank:value",))


def test_a_value_that_is_no_number_is_kept_without_one() -> None:
    [sample], remarks = read({"value": "NaN"})
    assert (sample.raw, sample.value) == ("NaN", None)
    assert remarks == ("number:value",)


def test_json_numbers_are_read() -> None:
    [first, second], remarks = read({"value": 604.213}, {"value": 0})
    assert (first.value, second.value) == (Decimal("604.213"), Decimal(0))
    assert remarks == ("type:value",)


def test_members_that_are_no_objects_are_left_out() -> None:
    samples, remarks = read("text", 5, {"value": "1"}, None)
    assert len(samples) == 1
    assert remarks == ("item:sampledValue",)


def test_a_single_object_counts_as_a_list() -> None:
    message = inbound()
    [reading] = read_readings(
        {"timestamp": "2026-11-22T10:00:00Z", "sampledValue": {"value": "1"}}, "meterValue", message
    )
    assert len(reading.values) == 1
    assert set(message.remarks) == {"type:meterValue", "type:sampledValue"}


def test_an_instant_without_values_is_left_out() -> None:
    assert read() == ([], ())


def test_words_that_are_no_text_are_kept_as_text() -> None:
    sample = only({"value": "1", "measurand": ["a"], "unit": {"b": 1}, "phase": 3})
    assert (sample.measurand, sample.unit, sample.phase) == ('["a"]', '{"b":1}', "3")


def test_every_instant_has_its_own_time() -> None:
    message = inbound()
    first, second = read_readings(
        [
            {"timestamp": "2026-11-22T10:00:00Z", "sampledValue": [{"value": "1"}]},
            {"timestamp": "1970-01-01T00:00:01Z", "sampledValue": [{"value": "2"}]},
        ],
        "meterValue",
        message,
    )
    assert first.at == first.pile_time
    assert second.at == NOW
    assert message.remarks == ("unsynced:timestamp",)


def test_words_of_any_length_are_not_remembered() -> None:
    before = len(_known)
    for number in range(50):
        only({"value": "1", "measurand": f"{number}" * 1000})
        only({"value": "1", "phase": [number]})
    assert len(_known) == before


@pytest.mark.parametrize(
    ("sample", "unit", "wh"),
    [
        ({"value": "12.5", "unit": "Wh"}, "kWh", "12500"),
        ({"value": "12.5"}, "kWh", "12500"),
        ({"value": "12.5", "unit": "kWh"}, "kWh", "12500"),
        ({"value": "12.5"}, "10Wh", "125"),
        ({"value": "12500", "unit": "kWh"}, "Wh", "12500"),
        ({"value": "12500", "unit": "Wh"}, "Wh", "12500"),
        ({"value": "7", "measurand": "Power.Active.Import", "unit": "kW"}, "kWh", "7000"),
        ({"value": "7", "measurand": "SoC"}, "kWh", "7"),
    ],
)
def test_energy_of_a_pile_that_labels_it_wrongly_is_set_right(
    sample: dict[str, Any], unit: str, wh: str
) -> None:
    readings = read_readings([{"sampledValue": [sample]}], "meterValue", inbound(energy_unit=unit))
    assert readings[0].values[0].value == Decimal(wh)
    assert readings[0].values[0].raw == sample["value"]
