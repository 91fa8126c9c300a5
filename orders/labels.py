"""The words for the states, codes and flags of orders: the one place where a code becomes a word.

``states`` and ``rules`` hold the codes and know no language; models and pages take their words here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from orders.bill import BillFlag, Fee, Outcome
from orders.limits import StopCause
from orders.rules import Code
from orders.states import CaseState, ChargeState, FactFlag, Flag, PayState, ReviewState, Stage
from stations.slots import Band

Code_ = TypeVar("Code_", bound=StrEnum)
Labels = Mapping[Code_, "str | Promise"]

CHARGE: Labels[ChargeState] = {
    ChargeState.CREATED: _("Created"),
    ChargeState.STARTING: _("Starting"),
    ChargeState.CHARGING: _("Charging"),
    ChargeState.STOPPING: _("Stopping"),
    ChargeState.ENDED: _("Ended"),
    ChargeState.START_FAILED: _("Start failed"),
    ChargeState.CANCELLED: _("Cancelled"),
}

PAY: Labels[PayState] = {
    PayState.UNFUNDED: _("Unfunded"),
    PayState.HELD: _("Held"),
    PayState.SETTLED: _("Settled"),
    PayState.RELEASED: _("Released"),
    PayState.ARREARS: _("In arrears"),
    PayState.PARTLY_REFUNDED: _("Partly refunded"),
    PayState.REFUNDED: _("Refunded"),
}

REVIEW: Labels[ReviewState] = {
    ReviewState.NONE: pgettext_lazy("review", "None"),
    ReviewState.ABNORMAL: _("Abnormal"),
    ReviewState.RESOLVED: _("Resolved"),
}

STAGE: Labels[Stage] = {
    Stage.CREATED: _("Created"),
    Stage.STARTING: _("Starting"),
    Stage.CHARGING: _("Charging"),
    Stage.SUSPENDED_EV: _("Suspended by vehicle"),
    Stage.SUSPENDED_EVSE: _("Suspended by pile"),
    Stage.STOPPING: _("Stopping"),
    Stage.LOST: _("Link lost"),
    Stage.FAULTED: _("Fault"),
    Stage.TO_SETTLE: _("To settle"),
    Stage.OCCUPIED: _("Occupied"),
    Stage.SETTLED: _("Settled"),
    Stage.ARREARS: _("In arrears"),
    Stage.PARTLY_REFUNDED: _("Partly refunded"),
    Stage.REFUNDED: _("Refunded"),
    Stage.START_FAILED: _("Start failed"),
    Stage.CANCELLED: _("Cancelled"),
}

CASE: Labels[CaseState] = {
    CaseState.OPEN: _("Open"),
    CaseState.IN_REVIEW: _("In review"),
    CaseState.WAITING_DATA: _("Waiting for the pile"),
    CaseState.TO_APPROVE: _("Waits for a second person"),
    CaseState.DECIDED: _("Decided"),
    CaseState.CLOSED: _("Closed"),
}

RULE: Labels[Code] = {
    Code.START_TIMEOUT: _("Start failed, money back"),
    Code.START_WITHOUT_ORDER: _("Start without order"),
    Code.START_AFTER_CANCEL: _("Start after cancel"),
    Code.STOP_MISSING: _("Stop missing"),
    Code.CANNOT_STOP: _("Cannot stop"),
    Code.METER_ROLLBACK: _("Meter rollback"),
    Code.METER_JUMP: _("Meter jump"),
    Code.ENERGY_MISMATCH: _("Energy mismatch"),
    Code.ENERGY_BETWEEN_SESSIONS: _("Energy between sessions"),
    Code.DUST: _("Zero or dust energy"),
    Code.DURATION: _("Duration anomaly"),
    Code.AMOUNT: _("Amount anomaly"),
    Code.OVERLAP: _("Overlapping sessions"),
    Code.CONTRADICTING_STOP: _("Contradicting stop"),
    Code.TARIFF: _("Tariff missing or invalid"),
    Code.PAYMENT_MISMATCH: _("Payment mismatch"),
    Code.OVERRUN: _("Costs exceed the hold"),
    Code.INTERRUPTED: _("Interrupted by a fault"),
    Code.REFUND_FAILED: _("Refund failed"),
    Code.COMPLAINT: _("Complaint"),
    Code.LATE_UPLOAD: _("Uploaded late"),
    Code.FOREIGN_STOP: _("Foreign stop"),
}

FLAG: Labels[Flag] = {
    Flag.FORCED: _("Closed in the database"),
    Flag.CORRECTED: _("Meter corrected"),
    Flag.REOPENED: _("Reopened by a start from offline"),
    Flag.UPLOADED_LATE: _("Uploaded late"),
    Flag.OTHER_CONNECTOR: _("Started on another connector"),
    Flag.AFTER_CANCEL: _("Started after its order was given up"),
    Flag.UNAUTHORISED: _("Started without authorisation"),
}

FACT_FLAG: Labels[FactFlag] = {
    FactFlag.STOP_MISSING: _("Stop missing"),
    FactFlag.BELOW_LAST_STOP: _("Meter below the last stop"),
    FactFlag.START_UPLOADED_LATE: _("Start uploaded late"),
    FactFlag.CLOCK_UNSYNCED: _("Clock not set"),
}

LOOSE: Mapping[str, str | Promise] = {
    "unknown_transaction": _("Stop of an unknown transaction"),
    "foreign_transaction": _("Stop of another pile's transaction"),
    "contradicting_stop": _("Second stop that says otherwise"),
}

FEE: Labels[Fee] = {
    Fee.ELECTRICITY: _("Electricity"),
    Fee.SERVICE: _("Service"),
    Fee.IDLE: _("Idle fee"),
}

BAND: Labels[Band] = {
    Band.SHARP: _("Sharp"),
    Band.PEAK: _("Peak"),
    Band.FLAT: _("Flat"),
    Band.VALLEY: _("Valley"),
}

OUTCOME: Labels[Outcome] = {
    Outcome.BILLED: "",
    Outcome.DUST: _("Next to no energy flowed: nothing is charged."),
    Outcome.FAILED: _("The charge failed: what flowed is not charged."),
}

BILL_FLAG: Labels[BillFlag] = {
    BillFlag.ESTIMATED_SPLIT: _("split over the periods by time, no reading came between start and stop"),
    BillFlag.GAP_OVER_BOUNDARY: _("readings are missing around a change of period"),
}

STOP_CAUSE: Labels[StopCause] = {
    StopCause.HOLD: _("the money set aside is nearly used"),
    StopCause.MONEY: _("the amount asked for is reached"),
    StopCause.ENERGY: _("the energy asked for is reached"),
    StopCause.MINUTES: _("the time asked for is over"),
    StopCause.SOC: _("the state of charge asked for is reached"),
    StopCause.FULL: _("the vehicle is full"),
}

FAILURE: Mapping[str, str | Promise] = {
    "not_plugged": _("Nobody plugged in"),
    "start_rejected": _("The pile refused to start"),
    "start_error": _("The pile answered with an error"),
    "start_refused": _("The pile could not be asked"),
    "start_expired": _("The pile could not be asked"),
    "start_timed_out": _("The pile did not answer"),
    "start_connection_lost": _("The connection to the pile was lost"),
    "cancelled": _("Cancelled by the driver"),
    "cancelled_by_staff": _("Cancelled by staff"),
}

STOP_REASON: Mapping[str, str | Promise] = {
    "EmergencyStop": _("Emergency stop"),
    "EVDisconnected": _("Vehicle unplugged"),
    "HardReset": _("Pile reset"),
    "Local": _("Stopped at the pile"),
    "Other": _("Other"),
    "PowerLoss": _("Power lost"),
    "Reboot": _("Pile rebooted"),
    "Remote": _("Stopped remotely"),
    "SoftReset": _("Pile reset"),
    "UnlockCommand": _("Connector unlocked"),
    "DeAuthorized": _("Card refused"),
    "Forced": _("Closed in the database"),
}

WHY_TARIFF: Mapping[str, str | Promise] = {
    "pile": _("own tariff of the terminal"),
    "station": _("tariff of the station"),
    "agency": _("default of the agency"),
    "operator": _("default of the operator"),
}


def choices(labels: Labels[Code_]) -> list[tuple[str, str | Promise]]:
    """As a field of a model takes them: plain words, so that no migration names a class of ours."""
    return [(code.value, label) for code, label in labels.items()]
