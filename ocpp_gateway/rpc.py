"""OCPP-J framing without I/O: frames in, events out; calls and answers in, frames out.

Invariants of one connection: at most one of our CALLs is unanswered; an answer is paired with the
call of exactly its id, and one that comes too late with nothing else; a call that is sent again is
answered with what the first was answered; no input raises.

Remarks of a frame: ``repaired:json`` (stray commas, control characters, ``NaN``, ...),
``not_utf8:frame``, ``long:message_id``, ``type:message_id`` (a number; echoed as one),
``type:payload`` (an object in a list or in a text), ``short:frame`` and ``long:frame`` (fewer or more members than OCPP-J 1.6 §4.2 has).
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

import orjson

CALL: Final = 2
RESULT: Final = 3
ERROR: Final = 4

MAX_ID_CHARS: Final = 36
_LONGEST_ID: Final = 255
_DESCRIPTION_CHARS: Final = 255
_DEPTH: Final = 32
_NUL: Final = "\\u0000"
_REPAIRED_CHARS: Final = 256 * 1024
_REMEMBERED_ANSWERS: Final = 8
_REMEMBERED_CALLS: Final = 16

S = TypeVar("S")
MessageId = str | int


class ErrorCode(StrEnum):
    """OCPP-J 1.6 §4.2.3, in its own spelling (2.x: FormatViolation, OccurrenceConstraintViolation)."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMATION_VIOLATION = "FormationViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"


@dataclass(slots=True)
class Called:
    """The pile asks. ``raw`` is the payload's JSON text as it came (or as it was repaired)."""

    id: MessageId
    action: str
    payload: dict[str, Any]
    raw: str
    text: str
    remarks: list[str]

    @property
    def content(self) -> int:
        return hash((self.action, self.raw))


@dataclass(slots=True)
class Call(Generic[S]):
    """One of our own. ``subject`` is whatever the caller wants to find again."""

    id: str
    action: str
    payload: dict[str, Any]
    subject: S
    sent_at: float


@dataclass(slots=True)
class Answered(Generic[S]):
    """``payload`` is None where the pile sent something that is no object."""

    call: Call[S]
    payload: dict[str, Any] | None
    text: str
    late: bool = False


@dataclass(slots=True)
class Failed(Generic[S]):
    call: Call[S]
    code: str
    description: str
    details: Any
    text: str
    late: bool = False


@dataclass(slots=True)
class Unmatched:
    """An answer to nothing we asked, or a message type that 1.6 does not have (§4.1.3): ignored."""

    kind: str
    id: str
    text: str


@dataclass(slots=True)
class Garbage:
    """No OCPP at all, or an id that cannot be answered. ``json`` tells whether it was JSON."""

    text: str
    json: bool


@dataclass(slots=True)
class Malformed:
    """A CALL whose id can be read and whose rest is no proper message; ``reply`` says so."""

    id: MessageId
    action: str
    text: str
    reply: bytes


@dataclass(slots=True)
class Reply:
    """An answer that has not met its call yet."""

    id: str
    frame: list[Any]
    text: str


Message = Called | Reply | Unmatched | Garbage | Malformed
Event = Called | Answered[S] | Failed[S] | Unmatched | Garbage | Malformed


class Busy(RuntimeError):
    """A CALL is still unanswered (OCPP-J 1.6 §4.1.1)."""


@dataclass(slots=True)
class Rpc(Generic[S]):
    """Both directions of one connection. Times are the caller's monotonic seconds."""

    outstanding: Call[S] | None = None
    _given_up: dict[str, Call[S]] = field(default_factory=dict)
    _answers: dict[MessageId, tuple[int, str]] = field(default_factory=dict)

    def receive(self, data: bytes) -> Event[S]:
        """Read one message. Never raises."""
        return self.match(parse(data))

    def match(self, message: Message) -> Event[S]:
        """Pair an answer with its call; everything else is what it is."""
        if not isinstance(message, Reply):
            return message
        if message.frame[0] == RESULT:
            return self._read_result(message)
        return self._read_error(message)

    def call(
        self, action: str, payload: dict[str, Any], subject: S, now: float, *, id_: str = ""
    ) -> tuple[Call[S], bytes]:
        """A new CALL and its frame. Raises Busy while another one is unanswered."""
        if self.outstanding is not None:
            raise Busy(self.outstanding.action)
        call = Call(id_ or new_id(), action, payload, subject, now)
        self.outstanding = call
        return call, orjson.dumps([CALL, call.id, action, payload])

    def give_up(self, call: Call[S]) -> None:
        """The answer did not come in time. Should it come after all, it will be marked late."""
        if self.outstanding is call:
            self.outstanding = None
            self._given_up[call.id] = call
            if len(self._given_up) > _REMEMBERED_CALLS:
                del self._given_up[next(iter(self._given_up))]

    def remember(self, called: Called, answer: bytes) -> None:
        """Keep an answer for the case that the call is sent again."""
        # As text: the bytes of orjson hold on to the 4 kB they were written in.
        self._answers[called.id] = (called.content, answer.decode())
        if len(self._answers) > _REMEMBERED_ANSWERS:
            del self._answers[next(iter(self._answers))]

    def recall(self, called: Called) -> bytes | None:
        """The answer already given to a call of the same id and content (OCPP-J errata 3.7)."""
        content, answer = self._answers.get(called.id, (None, ""))
        return answer.encode() if content == called.content else None

    def _read_result(self, reply: Reply) -> Event[S]:
        call, late = self._settle(reply.id)
        if call is None:
            return Unmatched("result", reply.id[:_LONGEST_ID], reply.text)
        payload = reply.frame[2] if len(reply.frame) > 2 else None
        return Answered(call, _as_object(payload), reply.text, late)

    def _read_error(self, reply: Reply) -> Event[S]:
        call, late = self._settle(reply.id)
        if call is None:
            return Unmatched("error", reply.id[:_LONGEST_ID], reply.text)
        code, description, details = (*reply.frame[2:5], None, None, None)[:3]
        return Failed(
            call,
            code[:50] if type(code) is str and code else ErrorCode.GENERIC_ERROR.value,
            description[:_DESCRIPTION_CHARS] if type(description) is str else "",
            details if details is not None else {},
            reply.text,
            late,
        )

    def _settle(self, id_: str) -> tuple[Call[S] | None, bool]:
        call = self.outstanding
        if call is not None and call.id == id_:
            self.outstanding = None
            return call, False
        return self._given_up.pop(id_, None), True


def new_id() -> str:
    """A message id that no other call has, over whatever connection (OCPP-J 1.6 §4.1.4)."""
    return str(uuid.uuid4())


def answer(id_: MessageId, payload: dict[str, Any]) -> bytes:
    """The frame of a CALLRESULT."""
    return orjson.dumps([RESULT, id_, payload])


def refuse(id_: MessageId, code: ErrorCode, description: str = "") -> bytes:
    """The frame of a CALLERROR; its details are always an object (OCPP-J 1.6 §4.2.3)."""
    return orjson.dumps([ERROR, id_, code.value, description[:_DESCRIPTION_CHARS], {}])


def parse(data: bytes) -> Message:
    """What a message is, apart from any connection: may run in a thread. Never raises."""
    frame, text, remarks = decode(data)
    if type(frame) is not list:
        return Garbage(text, json=frame is not None)
    kind = frame[0] if frame else None
    if kind == CALL:
        return _read_call(frame, text, remarks)
    if type(kind) is int or type(kind) is float:
        id_ = frame[1] if len(frame) > 1 and type(frame[1]) is str else ""
        if kind in {RESULT, ERROR} and len(frame) > 1:
            return Reply(id_, frame, text)
        return Unmatched("unknown", id_[:_LONGEST_ID], text)
    return Garbage(text, json=True)


def _read_call(frame: list[Any], text: str, remarks: list[str]) -> Called | Garbage | Malformed:
    id_ = frame[1] if len(frame) > 1 else None
    if type(id_) is str:
        if len(id_) > MAX_ID_CHARS:
            remarks.append("long:message_id")
    elif type(id_) is int and abs(id_) < 2**63:
        remarks.append("type:message_id")
    else:
        return Garbage(text, json=True)
    if type(id_) is str and len(id_) > _LONGEST_ID:
        return Garbage(text, json=True)
    action = frame[2] if len(frame) > 2 else None
    if type(action) is not str:
        return _malformed(id_, "", text, "the action is no text")
    members = len(frame)
    if members != 4:
        if members < 4:
            return _malformed(id_, action, text, "a CALL has four members")
        remarks.append("long:frame")
    payload = _as_object(frame[3])
    if payload is None:
        return _malformed(id_, action, text, "the payload is no object")
    if frame[3] and payload is not frame[3]:
        remarks.append("type:payload")
    raw = None if remarks else _payload_text(text)
    if raw is None:
        payload = _cleaned(payload)
        raw = orjson.dumps(payload).decode()
    return Called(id_, action, payload, raw, text, remarks)


def _malformed(id_: MessageId, action: str, text: str, why: str) -> Malformed:
    return Malformed(id_, action, text, refuse(id_, ErrorCode.FORMATION_VIOLATION, why))


def _as_object(payload: Any) -> dict[str, Any] | None:
    """``null`` means empty (§4.2.1). Some libraries write ``[]`` for it, or an object in a list or in a text."""
    if type(payload) is dict:
        return payload
    if type(payload) is str and payload.lstrip().startswith("{"):
        payload = [_loads_tolerant(payload)]
    if type(payload) is list and len(payload) == 1:
        return payload[0] if type(payload[0]) is dict else None
    return {} if payload is None or payload == [] else None


_HEAD = re.compile(r'\s*\[\s*2\s*,\s*"(?:[^"\\]|\\.)*+"\s*,\s*"(?:[^"\\]|\\.)*+"\s*,\s*')


def _payload_text(text: str) -> str | None:
    """Cut the payload out of the frame, so that it is kept exactly as the pile wrote it."""
    head = _HEAD.match(text)
    if head is None:
        return None
    raw = text[head.end() : text.rindex("]")].rstrip()
    return raw if raw.startswith("{") else "{}"


def decode(data: bytes) -> tuple[Any, str, list[str]]:
    """JSON as it should be, else as it can be understood; (None, text, remarks) where it cannot."""
    try:
        text = data.decode()
        frame = orjson.loads(text)
        if _NUL not in text:
            return frame, text, []
        return _cleaned(frame), text, ["repaired:json"]
    except UnicodeDecodeError:
        text, remarks = data.decode(errors="replace"), ["not_utf8:frame"]
    except orjson.JSONDecodeError:
        remarks = []
    text = text.strip("\ufeff\x00 \t\r\n")
    if not text.startswith("["):
        return None, _storable(text), remarks
    frame = _loads_tolerant(text)
    if frame is None and len(text) <= _REPAIRED_CHARS:
        frame = _loads_tolerant(_without_stray_commas(_without_comments(text)))
    return _cleaned(frame), _storable(text), [*remarks, "repaired:json"]


def _loads_tolerant(text: str) -> Any:
    """The standard library's reader takes ``NaN`` and raw control characters; None where it gives up."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


# A comment that is never closed ends with the text, so that each character is looked at once.
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*+")|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)|//[^\n]*+')


def _without_comments(text: str) -> str:
    return _COMMENT.sub(lambda match: match[1] or " ", text)


_STRAY = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]\s*,|,\s*(?=[\]},])')


def _without_stray_commas(text: str) -> str:
    def keep(match: re.Match[str]) -> str:
        found = match[0]
        if found[0] == '"':
            return found
        return "" if found[0] == "," else found[0]

    return _STRAY.sub(keep, text)


def _storable(text: str) -> str:
    """What a database takes as text: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def _cleaned(value: Any, depth: int = _DEPTH) -> Any:
    """The same value with storable texts, finite numbers and at most 32 levels."""
    if type(value) is str:
        return _storable(value)
    if type(value) is float:
        return value if value - value == 0 else str(value)
    if type(value) is int:
        return value if abs(value) < 2**63 else str(value)
    if type(value) is dict:
        return {_storable(key): _cleaned(item, depth - 1) for key, item in value.items()} if depth else None
    if type(value) is list:
        return [_cleaned(item, depth - 1) for item in value] if depth else None
    return value
