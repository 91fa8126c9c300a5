"""Where charging happens: sites, devices, prices, and what passes between us and a pile."""

from stations.models.campaigns import Campaign, CampaignPile, CampaignStatus, ItemStatus
from stations.models.charging import (
    ChargingProfile,
    LoadGroup,
    LoadShare,
    LoadUnit,
    ProfilePurpose,
    ProfileState,
    Reshare,
)
from stations.models.configuration import (
    ConfigurationKey,
    ConfigurationTemplate,
    DriftState,
    TemplateKey,
)
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
    letter_of,
)
from stations.models.sites import Station, StationStatus
from stations.models.tariffs import Tariff, TariffStatus, TariffVersion, VersionState
from stations.models.traffic import Command, CommandStatus, Frame, Gateway, PileEvent, StatusEvent
from stations.models.trouble import Trouble
from stations.models.vendors import VendorMessage

__all__ = [
    "Campaign",
    "CampaignPile",
    "CampaignStatus",
    "ChargingProfile",
    "Command",
    "CommandStatus",
    "ConfigurationKey",
    "ConfigurationTemplate",
    "Connector",
    "ConnectorStatus",
    "DriftState",
    "Frame",
    "Gateway",
    "Intent",
    "ItemStatus",
    "Kind",
    "Life",
    "LoadGroup",
    "LoadShare",
    "LoadUnit",
    "Pile",
    "PileEvent",
    "PileModel",
    "ProfilePurpose",
    "ProfileState",
    "QrToken",
    "Registration",
    "Reshare",
    "Station",
    "StationStatus",
    "StatusEvent",
    "Tariff",
    "TariffStatus",
    "TariffVersion",
    "TemplateKey",
    "Trouble",
    "UnclaimedPile",
    "VendorMessage",
    "VersionState",
    "letter_of",
]
