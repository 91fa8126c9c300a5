"""What is wrong with a session, found from plain facts, finished or still running.

A rule looks at one thing and answers with its code, the evidence and, where it bears on the bill, the
energy to accept. Rules do not know each other, so their order does not matter; each finds the same
thing again from the same facts. Codes and defaults are those of the list A01-A22; the codes that no
rule here returns are found where they happen (a start that times out, a stop that never comes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from backoffice.kit.money import Money
from orders.bill import Bill, Reason
from orders.meter import Envelope, Reading
from orders.pricing import DUST_WH
from stations.tariff import TariffSnapshot

Evidence = dict[str, str | int | None]


class Code(StrEnum):
    """The list of abnormal orders."""

    START_TIMEOUT = "A01"
    START_WITHOUT_ORDER = "A02"
    START_AFTER_CANCEL = "A03"
    STOP_MISSING = "A04"
    CANNOT_STOP = "A05"
    METER_ROLLBACK = "A06"
    METER_JUMP = "A07"
    ENERGY_MISMATCH = "A08"
    ENERGY_BETWEEN_SESSIONS = "A09"
    DUST = "A10"
    DURATION = "A11"
    AMOUNT = "A12"
    OVERLAP = "A13"
    CONTRADICTING_STOP = "A14"
    TARIFF = "A15"
    PAYMENT_MISMATCH = "A16"
    OVERRUN = "A17"
    INTERRUPTED = "A18"
    REFUND_FAILED = "A19"
    COMPLAINT = "A20"
    LATE_UPLOAD = "A21"
    FOREIGN_STOP = "A22"


NEEDS_REVIEW = frozenset(
    {
        Code.START_AFTER_CANCEL,
        Code.CANNOT_STOP,
        Code.METER_ROLLBACK,
        Code.METER_JUMP,
        Code.ENERGY_MISMATCH,
        Code.DURATION,
        Code.AMOUNT,
        Code.OVERLAP,
        Code.CONTRADICTING_STOP,
        Code.TARIFF,
        Code.PAYMENT_MISMATCH,
        Code.COMPLAINT,
    }
)
"""The money waits for a person; every other finding settles by itself and is kept as a note."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a rule begins to find something. Amounts are by currency: one without an entry has no limit."""

    mismatch_noise_wh: int = 10
    mismatch_wh: int = 100
    mismatch_percent: int = 1
    between_sessions_wh: int = 500
    dust_wh: int = DUST_WH
    longest_dc: timedelta = timedelta(hours=24)
    longest_ac: timedelta = timedelta(hours=72)
    clock_ahead: timedelta = timedelta(minutes=10)
    clock_epoch: datetime = datetime(2015, 1, 1, tzinfo=UTC)
    highest_amount: Mapping[str, int] = field(default_factory=lambda: {"CNY": 50_000})
    times_typical: int = 10
    unit_price: Mapping[str, tuple[Decimal, Decimal]] = field(
        default_factory=lambda: {"CNY": (Decimal("0.2"), Decimal(5))}
    )
    late_upload: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Session:
    """One transaction as others see it. ``connector`` names it within the system, ``token`` any case."""

    ref: str
    connector: str
    token: str
    started_at: datetime
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """A message by two clocks: what the pile wrote, and when it came."""

    pile: datetime
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A session as far as it is known; ``stop`` is None while it runs. Energy in Wh.

    ``witnesses``: energy of the whole session by other accounts (``"transaction_end"``, ``"signed"``,
    ``"intervals"``). ``others``: sessions of the same connector or token around this one.
    ``tariff_fault``: why the tariff is not the one of the start. ``as_of``: until when all this holds.
    """

    session: Session
    as_of: datetime
    start: Reading
    stop: Reading | None
    envelope: Envelope
    bill: Bill | None
    tariff: TariffSnapshot | None
    tariff_fault: str = ""
    direct_current: bool = True
    stop_received_at: datetime | None = None
    stamps: tuple[Stamp, ...] = ()
    stop_reason: str = ""
    error_code: str = ""
    witnesses: Mapping[str, int] = field(default_factory=dict)
    previous_stop_wh: int | None = None
    others: tuple[Session, ...] = ()
    several_allowed: bool = False
    hold: Money | None = None
    typical: Money | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """``evidence`` is JSON. ``accepted_wh``: the energy to bill, None where the rule has no say in it."""

    code: Code
    evidence: Evidence
    accepted_wh: int | None = None

    @property
    def needs_review(self) -> bool:
        return self.code in NEEDS_REVIEW


Rule = Callable[[Facts, Thresholds], Finding | None]

DEFAULTS = Thresholds()


def inspect(facts: Facts, thresholds: Thresholds = DEFAULTS) -> tuple[Finding, ...]:
    """Everything that the rules find, by code."""
    findings = (rule(facts, thresholds) for rule in RULES)
    return tuple(finding for finding in findings if finding is not None)


def find_rollback(facts: Facts, _: Thresholds) -> Finding | None:
    """A06: the register fell. Accepted is what was reached before."""
    if not facts.envelope.falls:
        return None
    fall = facts.envelope.falls[0]
    evidence: Evidence = {
        "at": fall.at.isoformat(),
        "before_wh": fall.before,
        "after_wh": fall.after,
        "times": len(facts.envelope.falls),
    }
    return Finding(Code.METER_ROLLBACK, evidence, facts.envelope.wh)


def find_jump(facts: Facts, _: Thresholds) -> Finding | None:
    """A07: more energy than the connector can deliver. Accepted is what it can."""
    if not facts.envelope.leaps:
        return None
    leap = max(facts.envelope.leaps, key=lambda leap: leap.wh - leap.possible)
    evidence: Evidence = {
        "at": leap.at.isoformat(),
        "rise_wh": leap.wh,
        "possible_wh": leap.possible,
        "times": len(facts.envelope.leaps),
    }
    return Finding(Code.METER_JUMP, evidence, facts.envelope.wh)


def find_mismatch(facts: Facts, thresholds: Thresholds) -> Finding | None:
    """A08: another account of the same session differs by over 1 % or 0.1 kWh."""
    if facts.stop is None:
        return None
    metered = facts.stop.wh - facts.start.wh
    differing: Evidence = {}
    for name, wh in sorted(facts.witnesses.items()):
        gap = abs(wh - metered)
        relative = 100 * gap > thresholds.mismatch_percent * abs(metered)
        if gap > thresholds.mismatch_noise_wh and (relative or gap > thresholds.mismatch_wh):
            differing[name] = wh
    if not differing:
        return None
    return Finding(Code.ENERGY_MISMATCH, {"metered_wh": metered, **differing}, facts.envelope.wh)


def find_energy_between(facts: Facts, thresholds: Thresholds) -> Finding | None:
    """A09: the register moved on between the session before and this one."""
    if facts.previous_stop_wh is None:
        return None
    missing = facts.start.wh - facts.previous_stop_wh
    if missing <= thresholds.between_sessions_wh:
        return None
    evidence: Evidence = {
        "previous_stop_wh": facts.previous_stop_wh,
        "start_wh": facts.start.wh,
        "missing_wh": missing,
    }
    return Finding(Code.ENERGY_BETWEEN_SESSIONS, evidence)


def find_dust(facts: Facts, thresholds: Thresholds) -> Finding | None:
    """A10: ended with next to no energy; it is closed at nothing."""
    if facts.stop is None or facts.envelope.wh > thresholds.dust_wh:
        return None
    return Finding(Code.DUST, {"wh": facts.envelope.wh}, 0)


def find_duration(facts: Facts, thresholds: Thresholds) -> Finding | None:
    """A11: it ended before it began, lasted too long, or the pile's clock was not set."""
    end = facts.stop.at if facts.stop is not None else facts.as_of
    longest = thresholds.longest_dc if facts.direct_current else thresholds.longest_ac
    lasted = end - facts.start.at
    evidence: Evidence = {}
    if lasted < timedelta():
        evidence["fault"] = "stop_before_start"
    elif lasted > longest:
        evidence["fault"] = "too_long"
    else:
        for stamp in facts.stamps:
            if stamp.pile < thresholds.clock_epoch:
                evidence["fault"] = "clock_not_set"
            elif stamp.pile - stamp.received > thresholds.clock_ahead:
                evidence["fault"] = "clock_ahead"
            if evidence:
                evidence |= {"pile_time": stamp.pile.isoformat(), "received": stamp.received.isoformat()}
                break
    if not evidence:
        return None
    evidence |= {"start": facts.start.at.isoformat(), "end": end.isoformat()}
    return Finding(Code.DURATION, evidence)


def find_amount(facts: Facts, thresholds: Thresholds) -> Finding | None:
    """A12: far above what is usual here, above the cap, or at a price per kWh that nobody asks."""
    if facts.bill is None:
        return None
    gross, currency = facts.bill.gross, facts.bill.currency
    cap = thresholds.highest_amount.get(currency)
    evidence: Evidence = {}
    if cap is not None and gross.amount > cap:
        evidence["highest_amount"] = cap
    if facts.typical and gross > facts.typical * thresholds.times_typical:
        evidence["typical"] = facts.typical.amount
    unit, limits = _average_price(facts.bill), thresholds.unit_price.get(currency)
    if unit and limits is not None and not limits[0] <= unit <= limits[1]:
        evidence["unit_price"] = str(unit.quantize(Decimal("0.00001")))
    if not evidence:
        return None
    return Finding(Code.AMOUNT, {"amount": gross.amount, "currency": currency, **evidence})


def find_overlap(facts: Facts, _: Thresholds) -> Finding | None:
    """A13: two sessions at once on one connector, or of one token."""
    own = facts.session
    for other in sorted(facts.others, key=lambda other: other.ref):
        same_connector = other.connector == own.connector
        same_token = other.token.upper() == own.token.upper() and not facts.several_allowed
        if other.ref != own.ref and (same_connector or same_token) and _overlap(own, other, facts.as_of):
            evidence: Evidence = {"other": other.ref, "same": "connector" if same_connector else "token"}
            return Finding(Code.OVERLAP, evidence)
    return None


def find_tariff_fault(facts: Facts, thresholds: Thresholds) -> Finding | None:
    """A15: no tariff at the start, not the right one, or one by which energy costs nothing."""
    if facts.tariff is None:
        return Finding(Code.TARIFF, {"fault": facts.tariff_fault or "missing"})
    if facts.tariff_fault:
        return Finding(Code.TARIFF, {"fault": facts.tariff_fault, "version": facts.tariff.version_id})
    if facts.tariff.is_free and facts.envelope.wh > thresholds.dust_wh:
        return Finding(Code.TARIFF, {"fault": "free", "version": facts.tariff.version_id})
    return None


def find_overrun(facts: Facts, _: Thresholds) -> Finding | None:
    """A17: it costs more than was set aside."""
    if facts.bill is None or facts.hold is None or facts.bill.payable <= facts.hold:
        return None
    short = facts.bill.payable - facts.hold
    evidence: Evidence = {
        "payable": facts.bill.payable.amount,
        "hold": facts.hold.amount,
        "short": short.amount,
        "currency": short.currency,
    }
    return Finding(Code.OVERRUN, evidence)


def find_interruption(facts: Facts, _: Thresholds) -> Finding | None:
    """A18: a fault ended it (OCPP 1.6 §7.36): these reasons, or Other with an error."""
    error = facts.error_code if facts.error_code != "NoError" else ""
    by_itself = facts.stop_reason in {"EmergencyStop", "PowerLoss", "HardReset"}
    if facts.stop is None or not (by_itself or (facts.stop_reason == "Other" and error)):
        return None
    return Finding(Code.INTERRUPTED, {"reason": facts.stop_reason, "error_code": error})


def find_late_upload(facts: Facts, thresholds: Thresholds) -> Finding | None:
    """A21: the pile was offline when it stopped and told us later."""
    if facts.stop is None or facts.stop_received_at is None:
        return None
    delay = facts.stop_received_at - facts.stop.at
    if delay <= thresholds.late_upload:
        return None
    evidence: Evidence = {
        "stopped_at": facts.stop.at.isoformat(),
        "received_at": facts.stop_received_at.isoformat(),
        "delay_s": delay // timedelta(seconds=1),
    }
    return Finding(Code.LATE_UPLOAD, evidence)


RULES: tuple[Rule, ...] = (
    find_rollback,
    find_jump,
    find_mismatch,
    find_energy_between,
    find_dust,
    find_duration,
    find_amount,
    find_overlap,
    find_tariff_fault,
    find_overrun,
    find_interruption,
    find_late_upload,
)


def _average_price(bill: Bill) -> Decimal | None:
    """Major units per kWh over the whole bill, before any rounding."""
    energy = [line for line in bill.lines if line.reason is Reason.ENERGY_IN_BAND]
    if not energy or not bill.wh:
        return None
    return sum((line.quantity * line.unit_price for line in energy), Decimal(0)) / bill.wh


def _overlap(one: Session, other: Session, as_of: datetime) -> bool:
    """Whether two sessions share any time; one that runs lasts until now."""
    begins = max(one.started_at, other.started_at)
    return begins < (one.stopped_at or as_of) and begins < (other.stopped_at or as_of)
