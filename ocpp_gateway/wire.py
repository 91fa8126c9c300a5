"""What passes between the gateway's core and the rest of the house.

Frozen dataclasses, standard library only: both sides import this module, and it imports neither.
A *fact* is what a pile reported, already read leniently; an *answer* is what the house decided to
tell it. Energy registers are ``Decimal`` or ``int`` watt-hours, instants are aware UTC datetimes.

A fact never carries an error: what could not be understood is kept in ``raw`` and named in
``remarks``, so that a transaction message is always storable (OCPP 1.6 errata 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from ocpp_gateway.certificate import ClientCertificate as ClientCertificate  # noqa: PLC0414 — for the rooms too


class RefusalReason(StrEnum):
    UNKNOWN_IDENTITY = "unknown_identity"  # 404, OCPP-J 1.6 §3.2
    BAD_IDENTITY = "bad_identity"  # 404: invalid percent sequence
    WRONG_CREDENTIALS = "wrong_credentials"  # 401
    WRONG_PROFILE = "wrong_profile"  # 401: configured for another security profile
    RETIRED = "retired"  # 404
    WRONG_CERTIFICATE = "wrong_certificate"  # 403: none, or not this pile's
    EXPIRED_CERTIFICATE = "expired_certificate"  # 403
    REVOKED_CERTIFICATE = "revoked_certificate"  # 403
    TLS_FAILED = "tls_failed"  # no WebSocket handshake was ever begun; nobody knows whose it was
    THROTTLED = "throttled"  # 429
    UNAVAILABLE = "unavailable"  # 503: the database cannot be asked


class Registration(StrEnum):
    """OCPP 1.6 §4.2. ``UNKNOWN``: the pile never got an answer to a BootNotification."""

    UNKNOWN = "unknown"
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """A handshake as it came in. ``password`` is the raw bytes after ``identity:``; None = no header."""

    identity: str
    user_name: str | None
    password: bytes | None
    remote: str
    subprotocols: tuple[str, ...]
    security_profile: int
    at: datetime
    certificate: ClientCertificate | None = None
    detail: str = ""  # what TLS said, where nothing else is known


@dataclass(frozen=True, slots=True, kw_only=True)
class PileRecord:
    """What the core must know of a pile in order to speak with it."""

    pile_id: int
    identity: str
    registration: Registration
    security_profile: int = 1
    clock_zone: str = "UTC"  # for timestamps that carry no zone
    ping: bool = True
    require_subprotocol: bool = True
    heartbeat_interval_s: int = 300
    id_tag_prefix: str = ""  # cut off before matching; "*:" = everything up to the first colon
    id_tag_suffix: str = ""  # cut off before matching; "_*" = everything from the last underscore
    id_tag_reversed: bool = False  # read backwards, byte by byte, where it is hexadecimal
    id_tag_cut_zeros: bool = False  # without leading zeros
    energy_unit: str = "as_labelled"  # else what energy really is in: kWh, 10Wh, Wh (labelled kWh)
    max_frame_bytes: int = 4 * 1024 * 1024
    connectors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """``generation`` rises with each connection of the pile. ``proof``: what let it in, as the house calls it; over at ``ends_at``."""

    pile: PileRecord
    generation: int
    proof: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    reason: RefusalReason


Admission = Admitted | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every report has. ``raw`` is the payload as JSON text, secrets masked.

    ``remarks`` are short stable codes, ``kind:field`` (``reading.py`` lists the kinds). Texts hold
    no NUL and no lone surrogate, and, except for ``raw``, data of a vendor and PEM, at most 500 characters.
    """

    pile_id: int
    generation: int
    message_id: str
    received_at: datetime
    raw: str = "{}"
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Fact):
    remote: str
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(Fact):
    code: int
    reason: str
    superseded: bool = False  # a newer connection of the same pile is already here


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted(Fact):
    vendor: str
    model: str
    serial: str = ""
    box_serial: str = ""
    firmware: str = ""
    iccid: str = ""
    imsi: str = ""
    meter_type: str = ""
    meter_serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(Fact):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReported(Fact):
    """``at`` is the pile's time where it is plausible, else ``received_at``; ``pile_time`` as sent."""

    connector: int
    status: str
    error_code: str
    at: datetime
    pile_time: datetime | None = None
    info: str = ""
    vendor_id: str = ""
    vendor_error_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeAsked(Fact):
    id_tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledValue:
    """One reading, defaults applied (OCPP 1.6 §7.43). ``value`` is None where ``raw`` is no number.

    ``value`` and ``unit`` are normalised together: kWh to Wh, kW to W and so on, ``Celcius`` to
    ``Celsius``; at most 6 decimal places and below 10^15. ``raw`` stays as sent.
    """

    measurand: str
    raw: str
    value: Decimal | None
    unit: str = ""
    phase: str = ""
    location: str = "Outlet"
    context: str = "Sample.Periodic"
    format: str = "Raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All values of one instant."""

    at: datetime
    values: tuple[SampledValue, ...]
    pile_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionStarted(Fact):
    connector: int
    id_tag: str
    meter_start: int
    at: datetime
    pile_time: datetime | None = None
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReported(Fact):
    connector: int
    transaction_id: int | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionStopped(Fact):
    """``transaction_id`` may be unknown, foreign, 0 or -1; ``id_tag`` None where absent or blank."""

    transaction_id: int
    meter_stop: int
    at: datetime
    pile_time: datetime | None = None
    id_tag: str | None = None
    reason: str = "Local"
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTransferred(Fact):
    """``vendor_message_id`` is the ``messageId`` of the payload; ``message_id`` is the frame's, as everywhere."""

    vendor_id: str
    vendor_message_id: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Fact):
    """A report that is kept as it came and answered with ``{}``, whatever else it means."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareReported(Noted):
    """How far an update is (OCPP 1.6 §4.5; white paper L01). ``request_id`` only in a ``signed`` one."""

    status: str
    request_id: int | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReported(Noted):
    """How far the upload of a log is (OCPP 1.6 §4.4; white paper N01); ``diagnostics`` have no ``request_id``."""

    status: str
    request_id: int | None = None
    diagnostics: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEventReported(Noted):
    """White paper A04. ``type`` is free text of at most 50 characters; it may have waited in a queue."""

    type: str
    at: datetime
    pile_time: datetime | None = None
    tech_info: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAsked(Fact):
    """A certificate signing request as PEM, whole, however long (white paper A02, A03)."""

    csr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTagInfo:
    """OCPP 1.6 §7.27. ``status``: Accepted, Blocked, Expired, Invalid, ConcurrentTx."""

    status: str
    expires_at: datetime | None = None
    parent_id_tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Enough for ``{}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootAnswer(Answer):
    status: Registration
    interval_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeAnswer(Answer):
    id_tag: IdTagInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAnswer(Answer):
    transaction_id: int
    id_tag: IdTagInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAnswer(Answer):
    id_tag: IdTagInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTransferAnswer(Answer):
    status: str
    data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAnswer(Answer):
    """``status``: Accepted or Rejected; the certificate itself follows as a command."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSeen:
    """One frame as it crossed the socket, secrets masked. ``text`` is cut at 64 KiB, ``size`` is not."""

    pile_id: int
    generation: int
    at: datetime
    inbound: bool
    kind: str  # call, result, error, unknown
    message_id: str
    action: str
    size: int
    text: str
    latency_ms: int | None = None  # of an answer: since its call
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What the gateway makes of a recorded call today: what it reads in it, and what it would answer."""

    frame: FrameSeen
    fact: Fact | None
    remarks: tuple[str, ...]
    answer: str


class CommandState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ERROR = "error"  # the pile answered CALLERROR
    TIMED_OUT = "timed_out"
    CONNECTION_LOST = "connection_lost"
    REFUSED = "refused"  # never sent: offline, not allowed in this registration state, malformed
    EXPIRED = "expired"  # never sent: its deadline passed in the queue
    EFFECT_SEEN = "effect_seen"
    EFFECT_MISSING = "effect_missing"


class Claim(StrEnum):
    """Whether a command may leave on a connection; asked of its row, once, right before it does."""

    GRANTED = "granted"
    GONE = "gone"  # it left before, or has ended
    MOVED = "moved"  # the pile has a newer connection


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOrder:
    """A command on its way to a pile. ``payload`` is the OCPP request, checked against the schema.

    ``timeout_s`` counts from the moment the frame leaves; None = what suits the action. ``generation``
    is that of the connection that it was routed to; 0 = whichever is live.
    """

    command_id: int
    pile_id: int
    action: str
    payload: dict[str, Any]
    deadline: datetime
    timeout_s: float | None = None
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutcome:
    """What became of a CommandOrder. ``late``: answered after the time-out; recorded, never applied."""

    command_id: int
    state: CommandState
    at: datetime
    answer: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    message_id: str = ""
    latency_ms: int | None = None
    late: bool = False
