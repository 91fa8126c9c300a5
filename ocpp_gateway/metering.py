"""Meter values, read leniently and brought to one form.

Every value that is a number ends in the base unit of its kind (Wh, W, varh, ...), so that nobody
behind the gateway ever meets a kWh. Signed data is passed on byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ocpp.v16 import enums

from ocpp_gateway import wire
from ocpp_gateway.reading import REGISTER_FACTORS, Inbound, as_text, fold, read_decimal, vocabulary

_CACHED_CHARS: Final = 100

_DEFAULT_MEASURAND: Final = enums.Measurand.energy_active_import_register.value

_MEASURANDS = vocabulary(member.value for member in enums.Measurand)
_CONTEXTS = vocabulary(member.value for member in enums.ReadingContext)
_LOCATIONS = vocabulary(member.value for member in enums.Location)
_PHASES = vocabulary(member.value for member in enums.Phase)
_FORMATS = vocabulary(member.value for member in enums.ValueFormat)

# Folded unit as sent -> base unit and factor. The schemas allow "Celcius" (OCPP-J errata 2.1).
_UNITS: Final[dict[str, tuple[str, Decimal | None]]] = {
    "wh": ("Wh", None),
    "kwh": ("Wh", Decimal(1000)),
    "varh": ("varh", None),
    "kvarh": ("varh", Decimal(1000)),
    "w": ("W", None),
    "kw": ("W", Decimal(1000)),
    "va": ("VA", None),
    "kva": ("VA", Decimal(1000)),
    "var": ("var", None),
    "kvar": ("var", Decimal(1000)),
    "a": ("A", None),
    "ma": ("A", Decimal("0.001")),
    "v": ("V", None),
    "kv": ("V", Decimal(1000)),
    "k": ("K", None),
    "celsius": ("Celsius", None),
    "celcius": ("Celsius", None),
    "°c": ("Celsius", None),
    "c": ("Celsius", None),
    "fahrenheit": ("Fahrenheit", None),
    "percent": ("Percent", None),
    "%": ("Percent", None),
    "hertz": ("Hertz", None),
    "hz": ("Hertz", None),
    "rpm": ("RPM", None),
}
_SCHEMA_UNITS = frozenset(member.value for member in enums.UnitOfMeasure) | {"Celcius", "Celsius", "Hertz"}

# What a value without a unit is in. OCPP 1.6 §7.43 says so for energy; the others are the only
# unit of their kind.
_NATURAL_UNITS: Final[tuple[tuple[str, str], ...]] = (
    ("Energy.Reactive.", "varh"),
    ("Energy.", "Wh"),
    ("Power.Factor", ""),
    ("Power.Reactive.", "var"),
    ("Power.", "W"),
    ("Current.", "A"),
    ("Voltage", "V"),
    ("SoC", "Percent"),
    ("Temperature", "Celsius"),
    ("Frequency", "Hertz"),
    ("RPM", "RPM"),
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """All of a sampled value but its number; the same for every sample of a pile, so it is cached."""

    measurand: str
    unit: str
    factor: Decimal | None
    phase: str
    location: str
    context: str
    format: str
    remarks: tuple[tuple[str, str], ...]


def read_readings(fields: Any, name: str, notes: Inbound) -> tuple[wire.Reading, ...]:
    """The readings of ``meterValue`` or ``transactionData``; instants without any value are left out."""
    readings = []
    for entry in _members(fields, name, notes):
        values = tuple(_read_samples(entry, notes))
        if values:
            at, pile_time = notes.plausible(entry.get("timestamp"), "timestamp")
            readings.append(wire.Reading(at=at, pile_time=pile_time, values=values))
    return tuple(readings)


def _members(value: Any, name: str, notes: Inbound) -> Iterator[dict[str, Any]]:
    """The objects of a list; a single object counts as a list of one."""
    if value is None:
        return
    if type(value) is dict:
        notes.note("type", name)
        value = (value,)
    elif type(value) is not list:
        notes.note("type", name)
        return
    for item in value:
        if type(item) is dict:
            yield item
        else:
            notes.note("item", name)


def _read_samples(entry: dict[str, Any], notes: Inbound) -> Iterator[wire.SampledValue]:
    mislabelled = notes.pile.energy_unit != "as_labelled"
    for sample in _members(entry.get("sampledValue"), "sampledValue", notes):
        raw = sample.get("value")
        if raw is None or (type(raw) is str and not raw.strip()):
            notes.note("blank", "value")
            continue
        kind = _kind(sample)
        for remark, field in kind.remarks:
            notes.note(remark, field)
        if type(raw) is not str:
            notes.note("type", "value")
        value = None if kind.format == "SignedData" else read_decimal(raw, "value", notes)
        if value is not None and kind.factor is not None:
            value = value * kind.factor
        if mislabelled and value is not None and kind.unit == "Wh":
            value = _relabelled(value, kind, notes.pile.energy_unit)
        yield wire.SampledValue(
            measurand=kind.measurand,
            raw=as_text(raw),
            value=value,
            unit=kind.unit,
            phase=kind.phase,
            location=kind.location,
            context=kind.context,
            format=kind.format,
        )


def _relabelled(value: Decimal, kind: _Kind, unit: str) -> Decimal:
    """Energy in Wh of a pile that labels it wrongly; what is labelled otherwise is believed."""
    if unit == "Wh":
        return value if kind.factor is None else value / kind.factor
    factor = REGISTER_FACTORS.get(unit)
    return value if factor is None or kind.factor is not None else value * factor


def _kind(sample: dict[str, Any]) -> _Kind:
    get = sample.get
    unit = get("unit")
    if not unit:
        unit = _trailing_unit(get("value"))
    words = (get("measurand"), unit, get("phase"), get("location"), get("context"), get("format"))
    try:
        known = _known.get(words)
    except TypeError:
        known = None
    if known is not None:
        return known
    for word in words:
        if word is not None and (type(word) is not str or len(word) > _CACHED_CHARS):
            # Not to be remembered: piles could fill the memory with it.
            return _describe(*(None if odd is None else as_text(odd) for odd in words))
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[words] = kind = _describe(*words)
    return kind


_known: dict[tuple[Any, ...], _Kind] = {}
_MOST_KNOWN: Final = 4096


def _trailing_unit(value: Any) -> str | None:
    """The unit of a value like "9.6 kWh", which means a thousand times what "9.6" alone would."""
    if type(value) is not str or value[-1:].isdigit():
        return None
    unit = value.strip().lstrip("+-0123456789.,eE ")
    return unit if fold(unit) in _UNITS else None


def _describe(
    measurand: str | None,
    unit: str | None,
    phase: str | None,
    location: str | None,
    context: str | None,
    format_: str | None,
) -> _Kind:
    remarks: list[tuple[str, str]] = []

    def word(value: str | None, name: str, words: dict[str, str], default: str) -> str:
        text = (value or "")[:_CACHED_CHARS].strip()
        if not text:
            return default
        known = words.get(fold(text), text)
        if known != value or text not in words:
            remarks.append(("enum", name))
        return known

    name = word(measurand, "measurand", _MEASURANDS, _DEFAULT_MEASURAND)
    base, factor = _unit(unit, name, remarks)
    return _Kind(
        measurand=name,
        unit=base,
        factor=factor,
        phase=word(phase, "phase", _PHASES, ""),
        location=word(location, "location", _LOCATIONS, "Outlet"),
        context=word(context, "context", _CONTEXTS, "Sample.Periodic"),
        format=word(format_, "format", _FORMATS, "Raw"),
        remarks=tuple(remarks),
    )


def _unit(unit: str | None, measurand: str, remarks: list[tuple[str, str]]) -> tuple[str, Decimal | None]:
    text = (unit or "")[:_CACHED_CHARS].strip()
    if not text:
        natural = (unit for prefix, unit in _NATURAL_UNITS if measurand.startswith(prefix))
        return next(natural, ""), None
    if unit not in _SCHEMA_UNITS:
        remarks.append(("enum", "unit"))
    return _UNITS.get(fold(text), (text, None))
