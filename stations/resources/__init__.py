"""The lists of this room."""

from stations.resources.access import LOCAL_LISTS, RESERVATIONS
from stations.resources.campaigns import CAMPAIGN_PILES, CAMPAIGNS
from stations.resources.configuration import DRIFT, TEMPLATES
from stations.resources.files import FIRMWARE, FIRMWARE_JOBS, UPLOADS
from stations.resources.handovers import HANDOVERS
from stations.resources.models import MODELS
from stations.resources.security import AUTHORITIES, CERTIFICATES, SECURITY_EVENTS
from stations.resources.sites import CONNECTORS, PILES, STATIONS
from stations.resources.tariffs import TARIFF_CHANGES, TARIFFS
from stations.resources.traffic import COMMANDS, TROUBLES
from stations.resources.vendors import VENDOR_MESSAGES
from stations.resources.waiting import UNCLAIMED

LISTS = (
    STATIONS,
    PILES,
    HANDOVERS,
    CONNECTORS,
    TARIFFS,
    TARIFF_CHANGES,
    COMMANDS,
    TROUBLES,
    UNCLAIMED,
    MODELS,
    VENDOR_MESSAGES,
    SECURITY_EVENTS,
    CERTIFICATES,
    AUTHORITIES,
    CAMPAIGNS,
    CAMPAIGN_PILES,
    TEMPLATES,
    DRIFT,
    RESERVATIONS,
    LOCAL_LISTS,
    FIRMWARE,
    FIRMWARE_JOBS,
    UPLOADS,
)

__all__ = [
    "AUTHORITIES",
    "CAMPAIGNS",
    "CAMPAIGN_PILES",
    "CERTIFICATES",
    "COMMANDS",
    "CONNECTORS",
    "DRIFT",
    "FIRMWARE",
    "FIRMWARE_JOBS",
    "HANDOVERS",
    "LISTS",
    "LOCAL_LISTS",
    "MODELS",
    "PILES",
    "RESERVATIONS",
    "SECURITY_EVENTS",
    "STATIONS",
    "TARIFFS",
    "TARIFF_CHANGES",
    "TEMPLATES",
    "TROUBLES",
    "UNCLAIMED",
    "UPLOADS",
    "VENDOR_MESSAGES",
]
