"""The lists of this room."""

from stations.resources.sites import CONNECTORS, MODELS, PILES, STATIONS, UNCLAIMED
from stations.resources.tariffs import TARIFFS
from stations.resources.traffic import COMMANDS, TROUBLES
from stations.resources.vendors import VENDOR_MESSAGES

LISTS = (STATIONS, PILES, CONNECTORS, TARIFFS, COMMANDS, TROUBLES, UNCLAIMED, MODELS, VENDOR_MESSAGES)

__all__ = [
    "COMMANDS",
    "CONNECTORS",
    "LISTS",
    "MODELS",
    "PILES",
    "STATIONS",
    "TARIFFS",
    "TROUBLES",
    "UNCLAIMED",
    "VENDOR_MESSAGES",
]
