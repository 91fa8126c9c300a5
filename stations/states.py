"""State machines of this room as tables, without Django.

What staff or timers do follows the table or is refused. What a pile reports is kept either way: a
step that is not in the table is marked, because piles hide intermediate states (OCPP 1.6 errata 3.19).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from backoffice.kit.machines import Machine
from ocpp_gateway.wire import CommandState

_C = CommandState

UNANSWERED: Final = frozenset({_C.QUEUED, _C.SENT})
"""Nobody knows yet what became of the command."""

UNKNOWN_OUTCOME: Final = frozenset({_C.TIMED_OUT, _C.CONNECTION_LOST})
"""The pile may have done it all the same: only evidence tells."""

NEVER_SENT: Final = frozenset({_C.REFUSED, _C.EXPIRED})

_ANSWERED = frozenset({_C.ACCEPTED, _C.REJECTED, _C.ERROR, _C.TIMED_OUT, _C.CONNECTION_LOST})

COMMAND_MOVES: Final[Mapping[CommandState, frozenset[CommandState]]] = {
    _C.QUEUED: frozenset({_C.SENT}) | _ANSWERED | NEVER_SENT,
    _C.SENT: frozenset({_C.REFUSED}) | _ANSWERED,
    _C.ACCEPTED: frozenset({_C.EFFECT_SEEN, _C.EFFECT_MISSING}),
    _C.TIMED_OUT: frozenset({_C.EFFECT_SEEN}),
    _C.CONNECTION_LOST: frozenset({_C.EFFECT_SEEN}),
    _C.REJECTED: frozenset(),
    _C.ERROR: frozenset(),
    _C.REFUSED: frozenset(),
    _C.EXPIRED: frozenset(),
    _C.EFFECT_SEEN: frozenset(),
    _C.EFFECT_MISSING: frozenset(),
}


def may_move(old: CommandState, new: CommandState) -> bool:
    """Whether a command in state ``old`` may become ``new``."""
    return new in COMMAND_MOVES[old]


_STEPS: Final = ("key", "name", "roots", "certificate", "profile", "return")

UPGRADE: Final[Mapping[str, frozenset[str]]] = {
    **{
        step: frozenset({*_STEPS[number + 1 :], "done", "failed", "cancelled"})
        for number, step in enumerate(_STEPS)
    },
    "done": frozenset(),
    "failed": frozenset({"done"}),
    "cancelled": frozenset({"done"}),
}
"""A raise of the security profile: steps may be left out, none is taken twice. A pile that comes with the new profile
after it was given up has done it all the same."""

SIGNING: Final[Mapping[str, frozenset[str]]] = {
    "asked": frozenset({"signed", "failed"}),
    "signed": frozenset({"sent", "failed"}),
    "sent": frozenset({"accepted", "rejected", "signed", "failed"}),
    "accepted": frozenset(),
    "declined": frozenset(),
    "rejected": frozenset(),
    "failed": frozenset(),
}
"""A certificate on its way; one whose delivery nobody answered is signed, and sent once more."""

# OCPP 1.6 §4.9 and errata 3.20.
CONNECTOR_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "Available": frozenset(
        {"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Reserved", "Unavailable", "Faulted"}
    ),
    "Preparing": frozenset({"Available", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Faulted"}),
    "Charging": frozenset(
        {"Available", "SuspendedEV", "SuspendedEVSE", "Finishing", "Unavailable", "Faulted"}
    ),
    "SuspendedEV": frozenset(
        {"Available", "Charging", "SuspendedEVSE", "Finishing", "Unavailable", "Faulted"}
    ),
    "SuspendedEVSE": frozenset(
        {"Available", "Charging", "SuspendedEV", "Finishing", "Unavailable", "Faulted"}
    ),
    "Finishing": frozenset({"Available", "Preparing", "Unavailable", "Faulted"}),
    "Reserved": frozenset({"Available", "Preparing", "Unavailable", "Faulted"}),
    "Unavailable": frozenset(
        {"Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Faulted"}
    ),
    "Faulted": frozenset(
        {
            "Available",
            "Preparing",
            "Charging",
            "SuspendedEV",
            "SuspendedEVSE",
            "Finishing",
            "Reserved",
            "Unavailable",
        }
    ),
}

STATUSES_OF_PILE: Final = frozenset({"Available", "Unavailable", "Faulted"})
"""What connector 0, the pile itself, may report (OCPP 1.6 §4.9)."""

OCCUPIED: Final = frozenset({"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"})
"""A cable is plugged in."""

CHARGING: Final = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE"})
"""A transaction runs."""

STARTABLE: Final = frozenset({"", "Available", "Preparing", "Reserved"})
"""A remote start makes sense; the empty status was never reported."""


def is_legal_step(connector: int, previous: str, status: str) -> bool:
    """Whether a connector may report ``status`` after ``previous``; repeating it and the first report are legal."""
    if connector == 0:
        return status in STATUSES_OF_PILE
    if status not in CONNECTOR_MOVES:
        return False
    return previous in {"", status} or status in CONNECTOR_MOVES.get(previous, frozenset())


class UpdateState(StrEnum):
    """How far a firmware update is (OCPP 1.6 §4.5 and errata 3.47-3.49; white paper L01)."""

    REQUESTED = "requested"
    DOWNLOADING = "downloading"
    DOWNLOADED = "downloaded"
    VERIFIED = "verified"
    INSTALLING = "installing"
    REBOOTING = "rebooting"
    INSTALLED = "installed"
    FAILED = "failed"
    STALLED = "stalled"


class UploadState(StrEnum):
    """How far an upload is (OCPP 1.6 §4.4; white paper N01). ``NOTHING``: the pile had none to send."""

    REQUESTED = "requested"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    NOTHING = "nothing"
    FAILED = "failed"
    STALLED = "stalled"


_U, _L = UpdateState, UploadState

IDLE: Final = "Idle"
"""Nothing is going on; only said when asked (OCPP 1.6 §4.4, §4.5)."""

UPDATE_REPORTS: Final[Mapping[str, UpdateState]] = {
    "Downloading": _U.DOWNLOADING,
    "DownloadPaused": _U.DOWNLOADING,
    "Downloaded": _U.DOWNLOADED,
    "SignatureVerified": _U.VERIFIED,
    "Installing": _U.INSTALLING,
    "InstallRebooting": _U.REBOOTING,
    "Installed": _U.INSTALLED,
    "DownloadFailed": _U.FAILED,
    "InvalidSignature": _U.FAILED,
    "InstallationFailed": _U.FAILED,
    "InstallVerificationFailed": _U.FAILED,
}
"""What a reported status makes of an update. DownloadScheduled, InstallScheduled and unknown ones are only kept."""

UPLOAD_REPORTS: Final[Mapping[str, UploadState]] = {
    "Uploading": _L.UPLOADING,
    "Uploaded": _L.UPLOADED,
    "UploadFailed": _L.FAILED,
    "UploadFailure": _L.FAILED,
    "BadMessage": _L.FAILED,
    "PermissionDenied": _L.FAILED,
    "NotSupportedOperation": _L.FAILED,
}

_ENDS = frozenset({_U.INSTALLED, _U.FAILED, _U.STALLED})
UPDATE_MOVES: Final[Mapping[UpdateState, frozenset[UpdateState]]] = {
    _U.REQUESTED: _ENDS | {_U.DOWNLOADING, _U.DOWNLOADED, _U.VERIFIED, _U.INSTALLING, _U.REBOOTING},
    _U.DOWNLOADING: _ENDS | {_U.DOWNLOADED, _U.VERIFIED, _U.INSTALLING, _U.REBOOTING},
    _U.DOWNLOADED: _ENDS | {_U.VERIFIED, _U.INSTALLING, _U.REBOOTING},
    _U.VERIFIED: _ENDS | {_U.INSTALLING, _U.REBOOTING},
    _U.INSTALLING: _ENDS | {_U.REBOOTING},
    _U.REBOOTING: _ENDS | {_U.INSTALLING},
    _U.STALLED: frozenset(_U) - {_U.REQUESTED, _U.STALLED},
    _U.INSTALLED: frozenset(),
    _U.FAILED: frozenset(),
}
"""Forward only: piles leave steps out, and what comes late changes nothing. A stalled one may still come to life."""

UPLOAD_MOVES: Final[Mapping[UploadState, frozenset[UploadState]]] = {
    _L.REQUESTED: frozenset(_L) - {_L.REQUESTED},
    _L.UPLOADING: frozenset({_L.UPLOADED, _L.NOTHING, _L.FAILED, _L.STALLED}),
    _L.STALLED: frozenset({_L.UPLOADING, _L.UPLOADED, _L.NOTHING, _L.FAILED}),
    _L.UPLOADED: frozenset(),
    _L.NOTHING: frozenset(),
    _L.FAILED: frozenset(),
}

UPDATE_RUNNING: Final = frozenset(_U) - _ENDS
UPDATE_OPEN: Final = UPDATE_RUNNING | {_U.STALLED}
UPLOAD_RUNNING: Final = frozenset({_L.REQUESTED, _L.UPLOADING})
UPLOAD_OPEN: Final = UPLOAD_RUNNING | {_L.STALLED}
"""Reports still count for what is open; of those that run, time is kept."""

UPDATE_PATIENCE_S: Final[Mapping[UpdateState, int]] = {
    _U.REQUESTED: 1800,
    _U.DOWNLOADING: 3600,
    _U.DOWNLOADED: 6 * 3600,
    _U.VERIFIED: 6 * 3600,
    _U.INSTALLING: 3600,
    _U.REBOOTING: 1800,
}
"""Seconds without a word after which a pile is asked how far it is; before it installs, charges may end first."""

UPLOAD_PATIENCE_S: Final = 1800
ASKED_PATIENCE_S: Final = 300
"""Seconds after it was asked until it counts as stalled."""

LIST: Final[Machine] = {
    "unknown": frozenset({"in_step", "behind", "sending", "refused", "unsupported"}),
    "in_step": frozenset({"unknown", "behind", "sending", "refused", "unsupported"}),
    "behind": frozenset({"unknown", "in_step", "sending", "refused", "unsupported"}),
    "sending": frozenset({"unknown", "in_step", "behind", "refused", "unsupported"}),
    "refused": frozenset({"unknown", "in_step", "behind", "sending", "unsupported"}),
    "unsupported": frozenset({"unknown"}),  # somebody asks again, or its firmware is new
}
"""The local list of a pile (OCPP 1.6 §5.15)."""

RESERVATION: Final[Machine] = {
    "requested": frozenset({"active", "refused", "used", "expired", "cancelled", "invalidated"}),
    "active": frozenset({"used", "expired", "cancelled", "invalidated"}),
    "used": frozenset(),
    "expired": frozenset(),
    "cancelled": frozenset(),
    "invalidated": frozenset(),
    "refused": frozenset(),
}
"""What staff, timers and answers make of a reservation (OCPP 1.6 §5.13)."""

RESERVATION_LATE: Final[Machine] = {
    "expired": frozenset({"used"}),
    "cancelled": frozenset({"used"}),
    "invalidated": frozenset({"used"}),
    "refused": frozenset({"active", "used"}),
}
"""What a pile may show of one that was over for us: it was offline, or its answer was lost."""


class OfferState(StrEnum):
    """A hand-over of stations or piles to the level below."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


_O = OfferState
HANDOVER: Final[Machine] = {
    _O.OFFERED: frozenset({_O.ACCEPTED, _O.DECLINED, _O.WITHDRAWN, _O.EXPIRED}),
    _O.ACCEPTED: frozenset(),
    _O.DECLINED: frozenset(),
    _O.WITHDRAWN: frozenset(),
    _O.EXPIRED: frozenset(),
}
"""Offered by one side, decided by the other. What is over stays over: whoever wants it again offers anew."""


class CampaignState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


_P = CampaignState
CAMPAIGN: Final[Machine] = {
    _P.RUNNING: frozenset({_P.PAUSED, _P.STOPPED, _P.DONE}),
    _P.PAUSED: frozenset({_P.RUNNING, _P.STOPPED}),
    _P.STOPPED: frozenset(),
    _P.DONE: frozenset(),
}
"""Many piles asked for the same. One that is paused or stopped asks nobody any more; who was asked ends."""


class ItemState(StrEnum):
    """One pile of a campaign. ``SKIPPED`` was never asked."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


_I = ItemState
ITEM: Final[Machine] = {
    _I.WAITING: frozenset({_I.RUNNING, _I.FAILED, _I.SKIPPED}),
    _I.RUNNING: frozenset({_I.DONE, _I.FAILED}),
    _I.DONE: frozenset(),
    _I.FAILED: frozenset(),
    _I.SKIPPED: frozenset(),
}

ITEM_OPEN: Final = frozenset({_I.WAITING, _I.RUNNING})
"""Not ended yet."""

MAINTENANCE: Final[Machine] = {
    "planned": frozenset({"running", "cancelled", "missed"}),
    "running": frozenset({"ending"}),
    "ending": frozenset({"done"}),
    "done": frozenset(),
    "cancelled": frozenset(),
    "missed": frozenset(),
}
"""A maintenance window. One that nobody began before it was over was missed: nothing was ever asked of its piles."""

MAINTENANCE_OPEN: Final = frozenset({"planned", "running", "ending"})
