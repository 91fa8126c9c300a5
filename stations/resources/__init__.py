"""The lists of this room."""

from stations.resources.security import AUTHORITIES, CERTIFICATES, SECURITY_EVENTS
from stations.resources.sites import CONNECTORS, MODELS, PILES, STATIONS, UNCLAIMED
from stations.resources.tariffs import TARIFFS
from stations.resources.traffic import COMMANDS, TROUBLES
from stations.resources.vendors import VENDOR_MESSAGES

LISTS = (
    STATIONS,
    PILES,
    CONNECTORS,
    TARIFFS,
    COMMANDS,
    TROUBLES,
    UNCLAIMED,
    MODELS,
    VENDOR_MESSAGES,
    SECURITY_EVENTS,
    CERTIFICATES,
    AUTHORITIES,
)

__all__ = [
    "AUTHORITIES",
    "CERTIFICATES",
    "COMMANDS",
    "CONNECTORS",
    "LISTS",
    "MODELS",
    "PILES",
    "SECURITY_EVENTS",
    "STATIONS",
    "TARIFFS",
    "TROUBLES",
    "UNCLAIMED",
    "VENDOR_MESSAGES",
]
