"""The local authorization list of a pile: what it has, what it should have, and the messages between (OCPP 1.6 §5.15).

Pure. A list that is longer than one message is written in several: the first one Full where the pile has
nothing or nothing is known of it, all others Differential, each with a higher version than the one before. The next
message always follows from what the pile is known to have, so a chain that breaks goes on by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from drivers.tags import fold_tag
from ocpp_gateway.wire import CommandState

USUAL_AT_ONCE: Final = 50
"""Entries in a message to a pile that does not tell its SendLocalListMaxLength."""

MOST_AT_ONCE: Final = 400
"""Whatever the pile says: more would pass the 64 KiB that the gateway sends at once."""

HIGHEST_VERSION: Final = 2**31 - 1
UNSUPPORTED_VERSION: Final = -1
"""What a pile without a local list says its version is (OCPP 1.6 §5.10)."""

_LACKING: Final = frozenset({"NotImplemented", "NotSupported"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One idTag as the list has it. ``expires_at`` is the text that is sent, "" where it does not expire."""

    tag: str
    status: str = "Accepted"
    expires_at: str = ""
    parent: str = ""

    @property
    def info(self) -> tuple[str, str, str]:
        """All that can differ between two entries of one idTag."""
        return self.status, self.expires_at, self.parent


Content = Mapping[str, Entry]
"""A whole list by folded idTag, in the order of its importance."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the pile told of itself: SendLocalListMaxLength and LocalAuthListMaxLength; None = it did not."""

    at_once: int | None = None
    in_all: int | None = None

    @property
    def chunk(self) -> int:
        """How many entries a message may have."""
        return min(self.at_once or USUAL_AT_ONCE, MOST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a pile should have, and how many entries it has no room for."""

    content: Content
    left_out: int


@dataclass(frozen=True, slots=True)
class Message:
    """A SendLocalList. ``gone`` are idTags to delete; only a Differential has them."""

    full: bool
    version: int
    gone: tuple[str, ...]
    entries: tuple[Entry, ...]

    def payload(self) -> dict[str, Any]:
        """The OCPP request (§6.41): deletions first, so that the list never grows past its limit."""
        deletions = [{"idTag": tag} for tag in self.gone]
        return {
            "listVersion": self.version,
            "localAuthorizationList": [*deletions, *(_written(entry) for entry in self.entries)],
            "updateType": "Full" if self.full else "Differential",
        }


class Taken(StrEnum):
    """What became of a SendLocalList or a GetLocalListVersion."""

    YES = "yes"
    FAILED = "failed"
    LACKING = "lacking"
    """The pile has no local list, or cannot be told one."""

    NOBODY_KNOWS = "nobody_knows"
    NOT_SENT = "not_sent"


def listing(entries: Iterable[Entry], limits: Limits) -> Listing:
    """The list that the pile has room for. ``entries`` come in the order of their importance; the first of a tag counts."""
    content: dict[str, Entry] = {}
    for entry in entries:
        content.setdefault(fold_tag(entry.tag), entry)
    if limits.in_all is None or len(content) <= limits.in_all:
        return Listing(content, 0)
    kept = dict(list(content.items())[: limits.in_all])
    return Listing(kept, len(content) - len(kept))


def behind_by(has: Content | None, wanted: Content) -> int:
    """In how many entries the two differ; all that is wanted where nothing is known of the pile."""
    if has is None:
        return len(wanted)
    gone, changed = _difference(has, wanted)
    return len(gone) + len(changed)


def next_message(has: Content | None, wanted: Content, *, version: int, chunk: int) -> Message | None:
    """What must be sent next to a pile that ``has`` this; None when it is in step.

    ``has`` None: nothing is known of it. The message is Full then, and where it has nothing. ``version``:
    the highest that the pile was ever sent or said. Past the end of the numbers they begin anew, with a Full one, which needs no
    higher version than the pile has.
    """
    gone, changed = _difference(has or {}, wanted)
    if has is not None and not gone and not changed:
        return None
    if not has or version >= HIGHEST_VERSION:
        return Message(True, _after(version), (), tuple(wanted.values())[:chunk])
    gone = gone[:chunk]
    return Message(False, _after(version), gone, changed[: chunk - len(gone)])


def applied(has: Content | None, payload: Mapping[str, Any]) -> Content:
    """What a pile has that took this request."""
    entries = payload["localAuthorizationList"]
    after = {} if payload["updateType"] == "Full" else dict(has or {})
    for entry in entries:
        key = fold_tag(entry["idTag"])
        if "idTagInfo" in entry:
            after[key] = _read(entry)
        else:
            after.pop(key, None)
    return after


def read_outcome(state: CommandState, answer: Mapping[str, Any], error: str) -> Taken:
    """What the end of a command says about the list (OCPP 1.6 §7.47, OCPP-J §4.2.3)."""
    match state:
        case CommandState.ACCEPTED:
            return Taken.YES
        case CommandState.REJECTED:
            return Taken.LACKING if answer.get("status") == "NotSupported" else Taken.FAILED
        case CommandState.ERROR:
            return Taken.LACKING if error in _LACKING else Taken.FAILED
        case CommandState.REFUSED | CommandState.EXPIRED:
            return Taken.NOT_SENT
        case _:
            return Taken.NOBODY_KNOWS


def read_version(answer: Mapping[str, Any]) -> int | None:
    """The version in a GetLocalListVersion.conf, however it is written; None for what is none."""
    value = answer.get("listVersion")
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        try:
            value = int(value.strip()[:12])
        except ValueError:
            return None
    if isinstance(value, int) and UNSUPPORTED_VERSION <= value <= HIGHEST_VERSION:
        return value
    return None


def dump(content: Content | None) -> dict[str, list[str]] | None:
    """A list as it is stored."""
    if content is None:
        return None
    return {key: [entry.tag, *entry.info] for key, entry in content.items()}


def load(stored: Mapping[str, Sequence[str]] | None) -> Content | None:
    """The same back; its order is the storage's own."""
    return None if stored is None else {key: Entry(*fields) for key, fields in stored.items()}


def _difference(has: Content, wanted: Content) -> tuple[tuple[str, ...], tuple[Entry, ...]]:
    gone = tuple(entry.tag for key, entry in has.items() if key not in wanted)
    changed = tuple(entry for key, entry in wanted.items() if key not in has or has[key].info != entry.info)
    return gone, changed


def _after(version: int) -> int:
    """Never 0 or -1, which mean something else (OCPP 1.6 errata 3.52)."""
    return version + 1 if 0 <= version < HIGHEST_VERSION else 1


def _written(entry: Entry) -> dict[str, Any]:
    info = {"status": entry.status, "expiryDate": entry.expires_at, "parentIdTag": entry.parent}
    return {"idTag": entry.tag, "idTagInfo": {name: text for name, text in info.items() if text}}


def _read(entry: Mapping[str, Any]) -> Entry:
    info = entry["idTagInfo"]
    return Entry(entry["idTag"], info["status"], info.get("expiryDate", ""), info.get("parentIdTag", ""))
