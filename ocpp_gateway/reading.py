"""The lenient reader: whatever a pile sends becomes a value. Nothing in here raises on content.

What had to be guessed, repaired or left out is named in a remark, ``kind:field``. The kinds:
``missing`` and ``blank`` (a required field), ``type`` (another JSON type than the schema's),
``long`` (more than the schema allows, kept), ``cut`` (more than we keep), ``enum`` (no word of the
specification, kept), ``extra`` (a field the message does not have), ``fraction``, ``range``,
``number`` (of a number), ``no_zone``, ``epoch``, ``unreadable``, ``unsynced``, ``skew`` (of a
timestamp), ``odd`` (an unusual spelling of either), ``item`` (a list member left out); those of a
whole frame are in ``rpc``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from ocpp_gateway import wire

KEPT_CHARS: Final = 500
KEPT_REMARKS: Final = 40

REGISTER_FACTORS: Final = {"kWh": Decimal(1000), "10Wh": Decimal(10)}
"""Wh in one step of a register that is not in Wh, by ``PileRecord.energy_unit``."""

UNSYNCED_BEFORE: Final = datetime(2015, 1, 1, tzinfo=UTC)
UNSYNCED_AHEAD: Final = timedelta(minutes=10)
SKEW: Final = timedelta(seconds=120)

_DIGITS = 15
_INT_LIMIT = 10**_DIGITS
_PLACES = 6
_SHORT_CHARS = 7
_PLAIN_MAGNITUDE = -3
_DECIMAL_PLACES = Decimal(1).scaleb(-_PLACES)
_EPOCH_MS_ABOVE = 10**11


class Inbound:
    """One payload from a pile, read field by field; collects the remarks on the way."""

    __slots__ = (
        "_remarks",
        "connected_at",
        "fields",
        "generation",
        "message_id",
        "pile",
        "raw",
        "received_at",
    )

    def __init__(
        self,
        fields: Mapping[str, Any],
        *,
        pile: wire.PileRecord,
        generation: int = 0,
        message_id: str = "",
        received_at: datetime,
        connected_at: datetime,
        raw: str = "{}",
        remarks: Iterable[str] = (),
    ) -> None:
        self.fields = fields
        self.pile = pile
        self.generation = generation
        self.message_id = message_id
        self.received_at = received_at
        self.connected_at = connected_at
        self.raw = raw
        self._remarks: dict[str, None] = dict.fromkeys(remarks)

    @property
    def remarks(self) -> tuple[str, ...]:
        return tuple(self._remarks)

    def envelope(self) -> dict[str, Any]:
        """The keyword arguments that every fact has; to be taken last, when all remarks are made."""
        return {
            "pile_id": self.pile.pile_id,
            "generation": self.generation,
            "message_id": self.message_id,
            "received_at": self.received_at,
            "raw": self.raw,
            "remarks": tuple(self._remarks),
        }

    def note(self, kind: str, field: str) -> None:
        if len(self._remarks) < KEPT_REMARKS:
            self._remarks[f"{kind}:{field}"] = None

    def note_extras(self, known: frozenset[str]) -> None:
        for name in self.fields.keys() - known:
            self.note("extra", name[:50])

    def text(self, name: str, limit: int, *, required: bool = False) -> str:
        """A text without surrounding blanks; "" where there is none."""
        value = self.fields.get(name)
        if value is None:
            if required:
                self.note("missing", name)
            return ""
        if type(value) is not str:
            self.note("type", name)
            value = as_text(value)
        value = value.strip()
        if len(value) > limit:
            self.note("long", name)
            if len(value) > KEPT_CHARS:
                self.note("cut", name)
                value = value[:KEPT_CHARS]
        elif required and not value:
            self.note("blank", name)
        return value

    def word(self, name: str, words: Mapping[str, str], *, default: str, required: bool = False) -> str:
        """A word of an enumeration, in the specification's spelling; an unknown one as it is."""
        value = self.fields.get(name)
        if type(value) is str and words.get(value) == value:
            return value
        text = self.text(name, KEPT_CHARS, required=required)
        if not text:
            return default
        known = words.get(fold(text))
        if known is None or known != value:
            self.note("enum", name)
        return text if known is None else known

    def integer(self, name: str, *, required: bool = True) -> int | None:
        """A whole number, rounded half up where the pile sent a fraction; None where there is none."""
        value = self.fields.get(name)
        if type(value) is int and -_INT_LIMIT < value < _INT_LIMIT:
            return value
        if value is None or value == "":
            if required:
                self.note("missing", name)
            return None
        number = read_decimal(value, name, self)
        if number is None:
            return None
        if type(value) is str:
            self.note("type", name)
        whole = number.to_integral_value(ROUND_HALF_UP)
        if whole != number:
            self.note("fraction", name)
        return int(whole)

    def register(self, name: str) -> int:
        """An energy register in Wh, whatever the pile counts in; 0 where there is none."""
        factor = REGISTER_FACTORS.get(self.pile.energy_unit)
        if factor is None:
            return self.integer(name) or 0
        value = self.fields.get(name)
        number = None if value is None or value == "" else read_decimal(value, name, self)
        if number is None:
            self.note("missing", name)
            return 0
        return int((number * factor).to_integral_value(ROUND_HALF_UP))

    def connector(self) -> int:
        """The connector; where it cannot be read, the only one of the pile, else 0 (the whole pile)."""
        number = self.integer("connectorId")
        if number is not None and 0 <= number < 2**31:
            return number
        if number is not None:
            self.note("range", "connectorId")
        only = [connector for connector in self.pile.connectors if connector > 0]
        return only[0] if len(only) == 1 else 0

    def id_tag(self, *, required: bool = False) -> str:
        """The idTag as it is matched: without blanks and without what the pile's model adds to it."""
        tag = self.text("idTag", 20, required=required)
        pile = self.pile
        if pile.id_tag_prefix or pile.id_tag_suffix:
            tag = _strip_suffix(_strip_prefix(tag, pile.id_tag_prefix), pile.id_tag_suffix) or tag
        if pile.id_tag_reversed:
            tag = _reversed_bytes(tag)
        return (tag.lstrip("0") or tag) if pile.id_tag_cut_zeros else tag

    def instant(self, name: str = "timestamp", *, required: bool = True) -> tuple[datetime, datetime | None]:
        """The time to go by, and the pile's own (None where there is none)."""
        return self.plausible(self.fields.get(name), name, required=required)

    def plausible(self, value: Any, name: str, *, required: bool = True) -> tuple[datetime, datetime | None]:
        """Take the pile's time where its clock can be believed, else the time of receipt."""
        if value is None or value == "":
            if required:
                self.note("missing", name)
            return self.received_at, None
        pile_time, remark = read_instant(value, self.pile.clock_zone)
        if remark:
            self.note(remark, name)
        if pile_time is None:
            return self.received_at, None
        ahead = pile_time - self.received_at
        if pile_time < UNSYNCED_BEFORE or ahead > UNSYNCED_AHEAD:
            self.note("unsynced", name)
            return self.received_at, pile_time
        # Nothing is reported before it happens, and what happened while we were connected was
        # reported when it happened; only an older one may come from the pile's queue.
        if ahead > SKEW or (-ahead > SKEW and pile_time >= self.connected_at):
            self.note("skew", name)
        return pile_time, pile_time


def fold(word: str) -> str:
    """Spelling differences that mean nothing: case, blanks, underscores."""
    return word.replace("_", "").replace(" ", "").casefold()


def vocabulary(words: Iterable[str]) -> dict[str, str]:
    """A table for ``Inbound.word``, by exact and by folded spelling."""
    words = tuple(words)
    return {fold(word): word for word in words} | {word: word for word in words}


def as_text(value: Any) -> str:
    """A JSON value of the wrong type as text; text itself is returned unchanged."""
    if type(value) is str:
        return value
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return ""


_NUMBER = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*(?:[A-Za-z%]{0,12})")
_THOUSANDS = re.compile(r"[\s'\u2019_]")


def read_decimal(value: Any, name: str, notes: Inbound) -> Decimal | None:
    """A number in any spelling: JSON number, text, decimal comma, grouped, with a unit behind it."""
    if type(value) is str:
        number = _parse_decimal(value)
        if number is None:
            spelled = value.strip()
            grouped = _THOUSANDS.sub("", spelled)
            comma, point = grouped.rfind(","), grouped.rfind(".")
            if comma > point:
                grouped = grouped.replace(".", "")
                grouped = grouped.replace(",", ".") if grouped.count(",") == 1 else grouped.replace(",", "")
            else:
                grouped = grouped.replace(",", "")
            match = _NUMBER.fullmatch(grouped) if len(grouped) <= KEPT_CHARS else None
            number = _parse_decimal(match[1]) if match else None
            notes.note("number" if number is None else "odd", name)
    elif type(value) is int or type(value) is float:
        number = _parse_decimal(repr(value))
        if number is None:
            notes.note("number", name)
    else:
        number = None
        notes.note("type", name)
    if number is None:
        return None
    if not number:
        return Decimal(0)
    magnitude = number.adjusted()
    if magnitude >= _DIGITS:
        notes.note("range", name)
        return None
    if magnitude >= _PLAIN_MAGNITUDE and type(value) is str and len(value) <= _SHORT_CHARS:
        return number  # seven characters cannot hold more than six decimal places, "9999e-7" excluded
    return number.quantize(_DECIMAL_PLACES, ROUND_HALF_EVEN) if _places(number) > _PLACES else number


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


_PLAIN = re.compile(r"\s*[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?\s*")


def _parse_decimal(text: str) -> Decimal | None:
    return Decimal(text.strip()) if _PLAIN.fullmatch(text) else None


_ODD_INSTANT = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T _]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9})\d*)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?(?:Z)?"
)


def read_instant(value: Any, zone: str) -> tuple[datetime | None, str]:
    """An aware UTC datetime from a pile's timestamp (OCPP 1.6 §3.14) and the kind of a remark, or "".

    ``zone`` names the clock zone of piles that send none.
    """
    try:
        if type(value) is str:
            try:
                parsed, remark = datetime.fromisoformat(value), ""
            except ValueError:
                return _read_odd_instant(value.strip().upper(), zone)
        elif type(value) is int or type(value) is float:
            return _from_epoch(value), "epoch"
        else:
            return None, "unreadable"
        if parsed.tzinfo is UTC:
            return parsed, remark
        if parsed.tzinfo is None:
            return parsed.replace(tzinfo=_zone(zone)).astimezone(UTC), "no_zone"
        return parsed.astimezone(UTC), remark
    except (ValueError, OverflowError, OSError):
        return None, "unreadable"


def _read_odd_instant(text: str, zone: str) -> tuple[datetime | None, str]:
    if text.isascii() and text.isdigit() and len(text) <= len("1700000000000"):
        return _from_epoch(int(text)), "epoch"
    match = _ODD_INSTANT.fullmatch(text)
    if match is None:
        return None, "unreadable"
    year, month, day, hour, minute = (int(part) for part in match.group(1, 2, 3, 4, 5))
    second = int(match[6] or 0)
    micros = int((match[7] or "0").ljust(6, "0")[:6])
    # A leap second and midnight written as 24:00 exist in ISO 8601 and not in datetime.
    parsed = datetime(
        year, month, day, hour % 24, minute, min(second, 59), micros, tzinfo=_offset(match[8], zone)
    )
    if hour == 24:
        parsed += timedelta(days=1)
    elif hour > 24:
        return None, "unreadable"
    return parsed.astimezone(UTC), "odd" if match[8] else "no_zone"


def _offset(text: str | None, zone: str) -> tzinfo:
    if text is None:
        return _zone(zone)
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(shift if text[0] == "+" else -shift)


def _from_epoch(value: float) -> datetime:
    return datetime.fromtimestamp(value / 1000 if abs(value) > _EPOCH_MS_ABOVE else value, UTC)


@lru_cache(maxsize=512)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _strip_prefix(tag: str, prefix: str) -> str:
    if prefix.startswith("*") and len(prefix) > 1:
        _, found, rest = tag.partition(prefix[1:])
        return rest if found else tag
    return tag.removeprefix(prefix)


_HEX_BYTES = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def _reversed_bytes(tag: str) -> str:
    """A UID from its last byte to its first; what is no UID stays as it is."""
    if _HEX_BYTES.fullmatch(tag) is None:
        return tag
    return "".join(tag[at : at + 2] for at in range(len(tag) - 2, -1, -2))


def _strip_suffix(tag: str, suffix: str) -> str:
    if suffix.endswith("*") and len(suffix) > 1:
        head, found, _ = tag.rpartition(suffix[:-1])
        return head if found else tag
    return tag.removesuffix(suffix)
