"""Messages as piles could spell them: a proper message of each action, and strategies that spoil it by one kind.

Every kind is one of those that were seen on the market; which field, which value and how often is up to
hypothesis. The limits and enumerations come from the schemas, so that a field that is added is spoilt too.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import count
from typing import Any, Final

from hypothesis import Phase, given, settings, strategies as st

AT: Final = "2026-10-05T06:20:23Z"
READING: Final = {
    "timestamp": AT,
    "sampledValue": [
        {
            "value": "604.2",
            "context": "Sample.Periodic",
            "format": "Raw",
            "measurand": "Energy.Active.Import.Register",
            "location": "Outlet",
            "unit": "Wh",
        }
    ],
}
PROPER: Final[dict[str, dict[str, Any]]] = {
    "Authorize": {"idTag": "CARD1"},
    "BootNotification": {
        "chargePointVendor": "Quay",
        "chargePointModel": "Q1",
        "chargePointSerialNumber": "S1",
        "firmwareVersion": "1.0",
        "iccid": "8986",
        "meterType": "M",
    },
    "DataTransfer": {"vendorId": "org.example", "messageId": "M", "data": "x"},
    "DiagnosticsStatusNotification": {"status": "Uploaded"},
    "FirmwareStatusNotification": {"status": "Installed"},
    "Heartbeat": {},
    "LogStatusNotification": {"status": "Uploaded", "requestId": 7},
    "MeterValues": {"connectorId": 1, "transactionId": 5, "meterValue": [READING]},
    "SecurityEventNotification": {"type": "ResetOrReboot", "timestamp": AT, "techInfo": "t"},
    "SignCertificate": {"csr": "-----BEGIN CERTIFICATE REQUEST-----"},
    "SignedFirmwareStatusNotification": {"status": "Installed", "requestId": 7},
    "StartTransaction": {
        "connectorId": 1,
        "idTag": "CARD1",
        "meterStart": 100,
        "reservationId": 3,
        "timestamp": AT,
    },
    "StatusNotification": {
        "connectorId": 1,
        "errorCode": "NoError",
        "info": "i",
        "status": "Preparing",
        "timestamp": AT,
        "vendorId": "v",
        "vendorErrorCode": "e",
    },
    "StopTransaction": {
        "idTag": "CARD1",
        "meterStop": 200,
        "timestamp": AT,
        "transactionId": 5,
        "reason": "Remote",
        "transactionData": [READING],
    },
}
TRANSACTION: Final = frozenset({"MeterValues", "StartTransaction", "StopTransaction"})

OTHER_TYPES: Final[tuple[Any, ...]] = (5, 1.5, "5", "text", True, None, [], [5], {}, {"a": 1})
CLOCKS: Final[dict[str, list[Any]]] = {
    "offset-without-minutes": ["2026-10-05T14:20:23+08", "2026-10-05T06:20:23-0"],
    "offset-without-colon": ["2026-10-05T14:20:23+0800"],
    "no-zone": ["2026-10-05T06:20:23", "2026-10-05 06:20:23.123"],
    "epoch-number": [1_791_181_223, 1_791_181_223_000, 1_791_181_223.5],
    "epoch-text": ["1791181223", "1791181223000"],
    "far-future": ["2099-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"],
    "far-past": ["1970-01-01T00:00:07Z", "0001-01-01T00:00:00+14:00", "2000-01-01T00:00:00Z"],
    "leap-second": ["2026-06-30T23:59:60Z"],
    "midnight-as-24": ["2026-10-04T24:00:00Z"],
    "month-names": ["05 Oct 2026 06:20:23", "Mon, 05 Oct 2026 06:20:23 GMT"],
    "no-time-of-day": ["2026-10-05", "06:20:23"],
    "many-digits": ["2026-10-05T06:20:23.123456789Z", "2026-10-05T06:20:23,5Z"],
    "lower-case": ["2026-10-05t06:20:23z"],
    "no-such-day": ["2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "0000-00-00T00:00:00Z"],
    "blank": ["", "   "],
}
NUMBERS: Final[dict[str, list[Any]]] = {
    "decimal-comma": ["12,5", "1.234,5"],
    "blanks": [" 9.6", "9.6\t", "1 234"],
    "unit-behind": ["9.6 kWh", "12Wh"],
    "exponent": ["1e3", 1e3, "6.02E+2"],
    "beyond-everything": ["1e999", 10**40, -(10**40), 2**63, "9" * 400],
    "minus-zero": [-0.0, "-0"],
    "not-a-number": ["NaN", "Infinity", "abc", "--"],
    "negative": [-1, "-1", -(2**31) - 1],
    "fraction": [26008.333, "0.15002000000000001"],
    "hexadecimal": ["0x10", "10h"],
}
SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "upper-case": str.upper,
    "lower-case": str.lower,
    "blanks-around": lambda word: f" {word} ",
    "underscores": "_".join,
    "unknown": lambda word: f"{word}Ex",
    "translated": lambda word: "充电中",
    "empty": lambda word: "",
}
ENCODINGS: Final[dict[str, Callable[[str], str | bytes]]] = {
    "byte-order-mark": lambda text: "\ufeff" + text,
    "latin-1": lambda text: text.replace('"1"', '"é"').replace("CARD1", "CÄRD").encode("latin-1"),
    "nul": lambda text: text[:-2] + ',"x":"a\\u0000b"' + text[-2:],
    "nul-behind": lambda text: text + "\x00",
    "lone-surrogate": lambda text: text[:-2] + ',"x":"\\ud800"' + text[-2:],
    "line-ends": lambda text: text.replace(",", ",\r\n") + "\r\n",
    "raw-control-character": lambda text: text[:-2] + ',"x":"a\tb\x01"' + text[-2:],
    "comment": lambda text: text[:-2] + "/* debug */" + text[-2:],
    "comma-behind-a-member": lambda text: text[:-2] + "," + text[-2:],
    "comma-behind-the-frame": lambda text: text[:-1] + ",]",
    "bare-nan": lambda text: text[:-2] + ',"x":NaN' + text[-2:],
    "bare-infinity": lambda text: text[:-2] + ',"x":-Infinity' + text[-2:],
    "same-member-twice": lambda text: text[:-2] + ',"connectorId":1,"connectorId":1' + text[-2:],
}
IDS: Final[dict[str, Callable[[int], Any]]] = {
    "number": lambda number: number,
    "text-of-a-number": str,
    "36-characters": lambda number: f"{number:036}",
    "37-characters": lambda number: f"{number:037}",
    "255-characters": lambda number: f"{number:0255}",
    "unicode": lambda number: f"桩-{number}-🔌",
    "quotes-and-slashes": lambda number: f'"\\/{number}\n',
    "braces": lambda number: f"{{{number}}}",
}

_numbers = count(1)


@dataclass(frozen=True)
class Spoilt:
    """A message as text, the id under which it is answered, and its payload where that is still JSON."""

    action: str
    id: Any
    text: str | bytes
    payload: Any


@dataclass(frozen=True)
class Leaf:
    """A field of a proper message, by its path, with its part of the schema."""

    path: tuple[str | int, ...]
    schema: dict[str, Any]
    required: bool

    @property
    def is_time(self) -> bool:
        return self.schema.get("format") == "date-time"

    @property
    def is_number(self) -> bool:
        return self.schema.get("type") in {"integer", "number"} or self.path[-1] == "value"

    @property
    def is_word(self) -> bool:
        return "enum" in self.schema

    @property
    def limit(self) -> int | None:
        return self.schema.get("maxLength")


@cache
def schema_of(action: str) -> dict[str, Any]:
    text = (resources.files("ocpp.v16") / "schemas" / f"{action}.json").read_text("utf-8-sig")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def leaves(action: str) -> tuple[Leaf, ...]:
    """Every field of the proper message that holds no other fields."""
    return tuple(_leaves(PROPER[action], schema_of(action), (), required=True))


def _leaves(
    value: Any, schema: dict[str, Any], path: tuple[str | int, ...], *, required: bool
) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for name, item in value.items():
            part = schema["properties"][name]
            yield from _leaves(item, part, (*path, name), required=name in schema.get("required", ()))
    elif isinstance(value, list):
        yield from _leaves(value[0], schema["items"], (*path, 0), required=True)
    else:
        yield Leaf(path, schema, required)


def with_value(payload: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy in which one field is something else."""
    copied = copy.deepcopy(payload)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return copied


def without(payload: Any, path: tuple[str | int, ...]) -> Any:
    """A copy in which one field is missing."""
    copied = copy.deepcopy(payload)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return copied


def _message(action: str, payload: Any) -> Spoilt:
    id_ = f"m{next(_numbers)}"
    return Spoilt(action, id_, json.dumps([2, id_, action, payload], ensure_ascii=False), payload)


def _holders(action: str) -> list[tuple[str | int, ...]]:
    """Paths of the objects in a proper message, the whole first."""
    return list(dict.fromkeys([(), *(leaf.path[:-1] for leaf in leaves(action))]))


def _replaced(action: str, fields: list[Leaf], values: list[Any]) -> st.SearchStrategy[Spoilt]:
    return st.builds(
        lambda leaf, value: _message(action, with_value(PROPER[action], leaf.path, value)),
        st.sampled_from(fields),
        st.sampled_from(values),
    )


def wrong_types(action: str) -> st.SearchStrategy[Spoilt]:
    return _replaced(action, list(leaves(action)), list(OTHER_TYPES))


def missing_fields(action: str) -> st.SearchStrategy[Spoilt]:
    return st.builds(
        lambda leaf: _message(action, without(PROPER[action], leaf.path)), st.sampled_from(leaves(action))
    )


def extra_fields(action: str) -> st.SearchStrategy[Spoilt]:
    names = st.sampled_from(["", "customData", "connector_id", "Timestamp", "x" * 300, "名"])
    values = st.sampled_from([1, "v", None, [], {"a": {"b": [1, {}]}}])

    def add(path: tuple[str | int, ...], name: str, value: Any) -> Spoilt:
        return _message(action, with_value(PROPER[action], (*path, name), value))

    return st.builds(add, st.sampled_from(_holders(action)), names, values)


def lengths(action: str) -> st.SearchStrategy[Spoilt]:
    """Nothing, as much as is allowed, one more, and ten thousand."""
    fields = [leaf for leaf in leaves(action) if leaf.limit]

    def stretch(leaf: Leaf, over: int, letter: str) -> Spoilt:
        length = 10_000 if over > 1 else 0 if over < 0 else (leaf.limit or 0) + over
        return _message(action, with_value(PROPER[action], leaf.path, letter * length))

    return st.builds(
        stretch, st.sampled_from(fields), st.sampled_from([-1, 0, 1, 2]), st.sampled_from(["x", "桩"])
    )


def shapes(action: str) -> st.SearchStrategy[Spoilt]:
    """An object where a list belongs, a list where an object belongs, and either as a text."""
    paths = [path for path in _holders(action) if path]

    def wrap(payload: Any, path: tuple[str | int, ...], how: str) -> Spoilt:
        holder = payload
        for step in path:
            holder = holder[step]
        bent = {"list": [holder], "text": json.dumps(holder), "empty": [], "first": holder}[how]
        place = path[:-1] if how == "first" and path and path[-1] == 0 else path
        return _message(action, with_value(payload, place, bent) if place else bent)

    how = st.sampled_from(["list", "text", "empty", "first"])
    return st.builds(wrap, st.just(PROPER[action]), st.sampled_from([(), *paths]), how)


def clocks(name: str) -> Callable[[str], st.SearchStrategy[Spoilt]]:
    return lambda action: _replaced(action, [leaf for leaf in leaves(action) if leaf.is_time], CLOCKS[name])


def numbers(name: str) -> Callable[[str], st.SearchStrategy[Spoilt]]:
    return lambda action: _replaced(
        action, [leaf for leaf in leaves(action) if leaf.is_number], NUMBERS[name]
    )


def spellings(name: str) -> Callable[[str], st.SearchStrategy[Spoilt]]:
    def spell(action: str) -> st.SearchStrategy[Spoilt]:
        fields = [leaf for leaf in leaves(action) if leaf.is_word]
        return st.builds(
            lambda leaf, word: _message(action, with_value(PROPER[action], leaf.path, SPELLINGS[name](word))),
            st.sampled_from(fields),
            st.sampled_from([word for leaf in fields for word in leaf.schema["enum"]]),
        )

    return spell


def encodings(name: str) -> Callable[[str], st.SearchStrategy[Spoilt]]:
    def encode(action: str) -> st.SearchStrategy[Spoilt]:
        def spoil(spare: int) -> Spoilt:
            id_ = f"m{next(_numbers)}"
            proper = json.dumps([2, id_, action, {**PROPER[action], "spare": spare}], ensure_ascii=False)
            return Spoilt(action, id_, ENCODINGS[name](proper), None)

        return st.builds(spoil, st.integers(0, 9))

    return encode


def message_ids(name: str) -> Callable[[str], st.SearchStrategy[Spoilt]]:
    def identify(action: str) -> st.SearchStrategy[Spoilt]:
        def spoil(spare: int) -> Spoilt:
            id_ = IDS[name](next(_numbers))
            text = json.dumps([2, id_, action, PROPER[action]], ensure_ascii=bool(spare))
            return Spoilt(action, id_, text, PROPER[action])

        return st.builds(spoil, st.integers(0, 1))

    return identify


Kind = Callable[[str], st.SearchStrategy[Spoilt]]


def _kinds() -> Iterator[tuple[str, Kind, Callable[[str], bool]]]:
    """Name, strategy, and the actions for which it makes sense."""

    def any_leaf(test: Callable[[Leaf], bool]) -> Callable[[str], bool]:
        return lambda action: any(map(test, leaves(action)))

    has_fields = any_leaf(lambda leaf: True)
    yield "wrong-type", wrong_types, has_fields
    yield "missing-field", missing_fields, has_fields
    yield "extra-field", extra_fields, lambda action: True
    yield "length", lengths, any_leaf(lambda leaf: bool(leaf.limit))
    yield "shape", shapes, lambda action: True
    for name in CLOCKS:
        yield f"clock-{name}", clocks(name), any_leaf(lambda leaf: leaf.is_time)
    for name in NUMBERS:
        yield f"number-{name}", numbers(name), any_leaf(lambda leaf: leaf.is_number)
    for name in SPELLINGS:
        yield f"word-{name}", spellings(name), any_leaf(lambda leaf: leaf.is_word)
    for name in ENCODINGS:
        yield (
            f"encoding-{name}",
            encodings(name),
            lambda action: action in TRANSACTION or action == "StatusNotification",
        )
    for name in IDS:
        yield f"id-{name}", message_ids(name), lambda action: action in TRANSACTION or action == "Heartbeat"


GENERATED: Final[dict[str, st.SearchStrategy[Spoilt]]] = {
    f"{name}-{action}": kind(action) for name, kind, fits in _kinds() for action in PROPER if fits(action)
}
"""Each named quirk, kind and action."""


def examples(quirk: st.SearchStrategy[Spoilt], most: int) -> list[Spoilt]:
    """A few messages, the same in every run; sending them is nothing that hypothesis could wait for."""
    found: list[Spoilt] = []

    @settings(max_examples=most, derandomize=True, database=None, phases=[Phase.generate])
    @given(quirk)
    def collect(spoilt: Spoilt) -> None:
        found.append(spoilt)

    collect()
    return found
