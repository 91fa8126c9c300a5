"""The colour and shape of each state, the same on every page."""

from __future__ import annotations

from collections.abc import Mapping

from backoffice.kit.frame import Tone
from stations.models import (
    AssignmentState,
    CampaignStatus,
    CommandStatus,
    ConnectorStatus,
    DriftState,
    FirmwareState,
    HandoverState,
    Intent,
    ItemStatus,
    Life,
    ListState,
    MaintenanceState,
    ProfileState,
    Registration,
    ReservationState,
    StationStatus,
    TariffStatus,
    UpdateStatus,
    UploadStatus,
    VersionState,
)
from stations.standing import Standing

CONNECTOR: Mapping[str, Tone] = {
    ConnectorStatus.AVAILABLE: "idle",
    ConnectorStatus.PREPARING: "waiting",
    ConnectorStatus.CHARGING: "charging",
    ConnectorStatus.SUSPENDED_EVSE: "waiting",
    ConnectorStatus.SUSPENDED_EV: "waiting",
    ConnectorStatus.FINISHING: "waiting",
    ConnectorStatus.RESERVED: "waiting",
    ConnectorStatus.UNAVAILABLE: "offline",
    ConnectorStatus.FAULTED: "fault",
}
STANDING: Mapping[Standing, Tone] = {
    Standing.FAULT: "fault",
    Standing.OFFLINE: "offline",
    Standing.CLOSED: "plain",
    Standing.WAITING: "waiting",
    Standing.CHARGING: "charging",
    Standing.IDLE: "idle",
}
PRESENCE: Mapping[bool, Tone] = {True: "charging", False: "offline"}
STATION: Mapping[str, Tone] = {
    StationStatus.PLANNED: "waiting",
    StationStatus.LIVE: "charging",
    StationStatus.MAINTENANCE: "waiting",
    StationStatus.CLOSED: "offline",
    StationStatus.STORE: "plain",
}
HANDOVER: Mapping[str, Tone] = {
    HandoverState.OFFERED: "waiting",
    HandoverState.ACCEPTED: "charging",
    HandoverState.DECLINED: "fault",
    HandoverState.WITHDRAWN: "offline",
    HandoverState.EXPIRED: "offline",
}
LIFE: Mapping[str, Tone] = {
    Life.IN_STOCK: "plain",
    Life.INSTALLED: "waiting",
    Life.IN_SERVICE: "charging",
    Life.MAINTENANCE: "waiting",
    Life.RETIRED: "offline",
}
REGISTRATION: Mapping[str, Tone] = {
    Registration.UNKNOWN: "plain",
    Registration.ACCEPTED: "charging",
    Registration.PENDING: "waiting",
    Registration.REJECTED: "fault",
}
INTENT: Mapping[str, Tone] = {Intent.OPERATIVE: "plain", Intent.INOPERATIVE: "offline"}
COMMAND: Mapping[str, Tone] = {
    CommandStatus.QUEUED: "waiting",
    CommandStatus.SENT: "waiting",
    CommandStatus.ACCEPTED: "idle",
    CommandStatus.REJECTED: "fault",
    CommandStatus.ERROR: "fault",
    CommandStatus.TIMED_OUT: "offline",
    CommandStatus.CONNECTION_LOST: "offline",
    CommandStatus.REFUSED: "plain",
    CommandStatus.EXPIRED: "plain",
    CommandStatus.EFFECT_SEEN: "charging",
    CommandStatus.EFFECT_MISSING: "fault",
}
CAMPAIGN: Mapping[str, Tone] = {
    CampaignStatus.RUNNING: "charging",
    CampaignStatus.PAUSED: "waiting",
    CampaignStatus.STOPPED: "offline",
    CampaignStatus.DONE: "idle",
}
CAMPAIGN_PILE: Mapping[str, Tone] = {
    ItemStatus.WAITING: "plain",
    ItemStatus.RUNNING: "waiting",
    ItemStatus.DONE: "charging",
    ItemStatus.FAILED: "fault",
    ItemStatus.SKIPPED: "offline",
}
DRIFT: Mapping[str, Tone] = {
    DriftState.SAME: "charging",
    DriftState.DIFFERS: "fault",
    DriftState.READONLY: "fault",
    DriftState.MISSING: "waiting",
    DriftState.UNKNOWN: "offline",
}
PROFILE: Mapping[str, Tone] = {
    ProfileState.WANTED: "waiting",
    ProfileState.INSTALLED: "charging",
    ProfileState.REFUSED: "fault",
    ProfileState.CLEARED: "offline",
}
TARIFF: Mapping[str, Tone] = {TariffStatus.ACTIVE: "charging", TariffStatus.RETIRED: "offline"}
ASSIGNMENT: Mapping[str, Tone] = {
    AssignmentState.WAITING: "waiting",
    AssignmentState.DONE: "charging",
    AssignmentState.REFUSED: "fault",
    AssignmentState.CANCELLED: "offline",
}
VERSION: Mapping[str, Tone] = {
    VersionState.DRAFT: "idle",
    VersionState.SUBMITTED: "waiting",
    VersionState.APPROVED: "charging",
    VersionState.WITHDRAWN: "offline",
}
FIRMWARE: Mapping[str, Tone] = {
    FirmwareState.DRAFT: "waiting",
    FirmwareState.RELEASED: "charging",
    FirmwareState.WITHDRAWN: "offline",
}
UPDATE: Mapping[str, Tone] = {
    UpdateStatus.REQUESTED: "waiting",
    UpdateStatus.DOWNLOADING: "idle",
    UpdateStatus.DOWNLOADED: "idle",
    UpdateStatus.VERIFIED: "idle",
    UpdateStatus.INSTALLING: "idle",
    UpdateStatus.REBOOTING: "idle",
    UpdateStatus.INSTALLED: "charging",
    UpdateStatus.FAILED: "fault",
    UpdateStatus.STALLED: "fault",
}
UPLOAD: Mapping[str, Tone] = {
    UploadStatus.REQUESTED: "waiting",
    UploadStatus.UPLOADING: "idle",
    UploadStatus.UPLOADED: "charging",
    UploadStatus.NOTHING: "plain",
    UploadStatus.FAILED: "fault",
    UploadStatus.STALLED: "fault",
}
LOCAL_LIST: Mapping[str, Tone] = {
    ListState.UNKNOWN: "plain",
    ListState.IN_STEP: "charging",
    ListState.BEHIND: "waiting",
    ListState.SENDING: "idle",
    ListState.REFUSED: "fault",
    ListState.UNSUPPORTED: "offline",
}
RESERVATION: Mapping[str, Tone] = {
    ReservationState.REQUESTED: "waiting",
    ReservationState.ACTIVE: "charging",
    ReservationState.USED: "idle",
    ReservationState.EXPIRED: "offline",
    ReservationState.CANCELLED: "plain",
    ReservationState.INVALIDATED: "fault",
    ReservationState.REFUSED: "fault",
}
MAINTENANCE: Mapping[str, Tone] = {
    MaintenanceState.PLANNED: "plain",
    MaintenanceState.RUNNING: "waiting",
    MaintenanceState.ENDING: "waiting",
    MaintenanceState.DONE: "idle",
    MaintenanceState.CANCELLED: "offline",
    MaintenanceState.MISSED: "fault",
}


def of_tariff(status: str, current: int | None) -> Tone:
    """How a tariff stands: grey where it is active and no version is in force, for nothing is sold by it."""
    return "offline" if current is None else TARIFF[status]
