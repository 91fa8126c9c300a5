"""The colour and shape of each state of orders, the same on every page."""

from __future__ import annotations

from collections.abc import Mapping

from backoffice.kit.frame import Tone
from orders.states import CaseState, Stage
from stations.slots import Band

STAGE: Mapping[Stage, Tone] = {
    Stage.CREATED: "waiting",
    Stage.STARTING: "waiting",
    Stage.CHARGING: "charging",
    Stage.SUSPENDED_EV: "waiting",
    Stage.SUSPENDED_EVSE: "waiting",
    Stage.STOPPING: "waiting",
    Stage.LOST: "offline",
    Stage.FAULTED: "fault",
    Stage.TO_SETTLE: "waiting",
    Stage.OCCUPIED: "waiting",
    Stage.SETTLED: "accent",
    Stage.ARREARS: "fault",
    Stage.PARTLY_REFUNDED: "plain",
    Stage.REFUNDED: "plain",
    Stage.START_FAILED: "offline",
    Stage.CANCELLED: "offline",
}

CASE: Mapping[CaseState, Tone] = {
    CaseState.OPEN: "fault",
    CaseState.IN_REVIEW: "waiting",
    CaseState.WAITING_DATA: "waiting",
    CaseState.TO_APPROVE: "waiting",
    CaseState.DECIDED: "accent",
    CaseState.CLOSED: "offline",
}

BAND: Mapping[Band, str] = {
    Band.SHARP: "sharp",
    Band.PEAK: "peak",
    Band.FLAT: "flat",
    Band.VALLEY: "valley",
}
"""The name of a band's colour, on the bill and behind the curve."""
