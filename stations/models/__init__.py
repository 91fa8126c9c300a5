"""Where charging happens: sites, devices, prices, and what passes between us and a pile."""

from stations.models.devices import (
    Connector,
    ConnectorStatus,
    Intent,
    Kind,
    Life,
    Pile,
    PileModel,
    QrToken,
    Registration,
    UnclaimedPile,
)
from stations.models.sites import Station, StationStatus
from stations.models.tariffs import Tariff, TariffStatus, TariffVersion, VersionState
from stations.models.traffic import Command, CommandStatus, Frame, Gateway, PileEvent, StatusEvent
from stations.models.trouble import Trouble
from stations.models.vendors import VendorMessage

__all__ = [
    "Command",
    "CommandStatus",
    "Connector",
    "ConnectorStatus",
    "Frame",
    "Gateway",
    "Intent",
    "Kind",
    "Life",
    "Pile",
    "PileEvent",
    "PileModel",
    "QrToken",
    "Registration",
    "Station",
    "StationStatus",
    "StatusEvent",
    "Tariff",
    "TariffStatus",
    "TariffVersion",
    "Trouble",
    "UnclaimedPile",
    "VendorMessage",
    "VersionState",
]
