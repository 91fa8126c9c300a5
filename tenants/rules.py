"""Settings of a level: what there is to set, within which bounds, and what is in force where a chain of tenants sets it.

A group is a frozen dataclass, each of its fields a ``Setting``. The top of the tree replaces the house's own values within
their bounds; whoever stands below can only tighten, as ``join`` says. Settings are stored as JSON under the
group's ``key``; what makes no sense there changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, TypeVar, cast

EVERYBODY = "everybody"
"""Among ``Security.code_for``: whatever role somebody has."""

PREFIX = re.compile(r"[A-Z0-9]{1,9}")
"""What an order number may begin with (``orders.numbers``)."""

LONGEST_TEXT = 500
LONGEST_LINE = 120


class Unfit(ValueError):
    """A value that cannot be set. ``name`` is the field; ``bound`` what it would have to keep, if a bound is broken."""

    def __init__(self, name: str, bound: object = None) -> None:
        super().__init__(name)
        self.name, self.bound = name, bound


@dataclass(frozen=True, slots=True)
class Setting:
    """``read`` makes a value of what was stored or typed, ValueError where it cannot; ``join(above, own)`` is in force."""

    read: Callable[[Any], Any]
    join: Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Whole:
    """Reads a whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    def __call__(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError(value)
        return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise ValueError(value)
    return value.strip()


def _line(value: Any) -> str:
    """Goes into the head of a letter, where a line break would begin another field."""
    text = _text(value)
    if len(text) > LONGEST_LINE or not text.isprintable():
        raise ValueError(value)
    return text


def _names(value: Any) -> frozenset[str]:
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise ValueError(value)
    return frozenset(value)


def _years(value: Any) -> dict[int, str]:
    found = {int(year): prefix for year, prefix in dict(value).items()}
    if any(not isinstance(one, str) or not PREFIX.fullmatch(one) for one in found.values()):
        raise ValueError(value)
    if any(not 2000 <= year <= 2999 for year in found):
        raise ValueError(value)
    return dict(sorted(found.items()))


def _nearest(above: Any, own: Any) -> Any:
    return own or above


def _either(above: frozenset[str], own: frozenset[str]) -> frozenset[str]:
    return above | own


def _setting(default: Any, read: Callable[[Any], Any], join: Callable[[Any, Any], Any]) -> Any:
    return field(default=default, metadata={"setting": Setting(read, join)})


@dataclass(frozen=True, kw_only=True)
class Group:
    """Base of the groups."""

    key: ClassVar[str] = ""


@dataclass(frozen=True, kw_only=True)
class Security(Group):
    """How staff prove who they are. ``session_hours`` after signing in, they sign in anew."""

    key: ClassVar[str] = "security"

    min_length: int = _setting(10, Whole(10, 64), max)
    code_for: frozenset[str] = _setting(frozenset(), _names, _either)
    session_hours: int = _setting(12, Whole(1, 24), min)

    def wants_code(self, role: str) -> bool:
        """Must somebody of this role have a second factor? One of a tenant's own (empty) counts as any that must."""
        return bool({role, EVERYBODY} & self.code_for) if role else bool(self.code_for)


@dataclass(frozen=True, kw_only=True)
class Retention(Group):
    """Days that things are kept. Frames, history and samples lie in tables that are shared: a manufacturer alone says
    of them. Samples are evidence of what a bill says, so they stay for a year at least.
    """

    key: ClassVar[str] = "retention"

    frames_days: int = _setting(30, Whole(7, 400), min)
    history_days: int = _setting(400, Whole(30, 3660), min)
    samples_days: int = _setting(1100, Whole(366, 10_960), min)
    files_days: int = _setting(30, Whole(1, 400), min)
    jobs_days: int = _setting(7, Whole(1, 90), min)


SHARED = ("frames_days", "history_days", "samples_days")
"""Fields of ``Retention`` that only the top of a tree sets."""


@dataclass(frozen=True, kw_only=True)
class Numbers(Group):
    """What an operator's order numbers begin with, by the first year in which it does."""

    key: ClassVar[str] = "numbers"

    years: Mapping[int, str] = field(
        default_factory=dict, metadata={"setting": Setting(_years, lambda _above, own: own)}
    )

    def prefix_in(self, year: int) -> str:
        """Empty where none was ever set."""
        return next((prefix for first, prefix in reversed(sorted(self.years.items())) if first <= year), "")


@dataclass(frozen=True, kw_only=True)
class Mail(Group):
    """How letters of a tenant look. Empty: as the level above, at last as the house."""

    key: ClassVar[str] = "mail"

    sender: str = _setting("", _line, _nearest)
    reply_to: str = _setting("", _line, _nearest)
    footer: str = _setting("", _text, _nearest)


G = TypeVar("G", bound=Group)


@dataclass(frozen=True, slots=True)
class InForce(Generic[G]):
    """What holds, and which layer decided about a field (its index); a field that is not there is the house's."""

    values: G
    sources: Mapping[str, int]


def in_force(group: type[G], layers: Sequence[Mapping[str, Any]], house: G | None = None) -> InForce[G]:
    """What the layers, from the top down, add up to. ``house`` replaces the defaults of the group."""
    base = house or group()
    values = {one.name: getattr(base, one.name) for one in fields(base)}
    sources: dict[str, int] = {}
    for at, layer in enumerate(layers):
        for name, own in stored(group, layer).items():
            joined = settings_of(group)[name].join(values[name], own) if at else own
            if joined != values[name] or not at:
                values[name], sources[name] = joined, at
    return InForce(group(**values), sources)


def stored(group: type[G], layer: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the group that one tenant sets itself, as far as they make sense."""
    raw = layer.get(group.key)
    found: dict[str, Any] = {}
    for name, setting in settings_of(group).items():
        if isinstance(raw, Mapping) and raw.get(name) is not None:
            try:
                found[name] = setting.read(raw[name])
            except (TypeError, ValueError):
                continue
    return found


def to_store(group: type[G], wanted: Mapping[str, Any], above: InForce[G] | None) -> dict[str, Any]:
    """``wanted`` as JSON, without what is None or empty; ``above`` is None for the top of a tree.

    Raises Unfit for what is out of bounds or looser than above.
    """
    kept: dict[str, Any] = {}
    for name, setting in settings_of(group).items():
        if (given := wanted.get(name)) in (None, "", frozenset(), {}):
            continue
        try:
            own = setting.read(given)
        except (TypeError, ValueError):
            raise Unfit(name) from None
        if above is not None and setting.join(demanded := getattr(above.values, name), own) != own:
            raise Unfit(name, demanded)
        kept[name] = _as_json(own)
    return kept


def settings_of(group: type[G]) -> dict[str, Setting]:
    """The fields of a group."""
    return {one.name: one.metadata["setting"] for one in fields(group)}


def bounds_of(group: type[G], name: str) -> Whole:
    """The least and the most of a number."""
    return cast(Whole, settings_of(group)[name].read)


def _as_json(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}
    return value
