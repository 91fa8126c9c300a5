"""The lists of this room."""

from stations.resources.access import LOCAL_LISTS, RESERVATIONS
from stations.resources.sites import CONNECTORS, MODELS, PILES, STATIONS, UNCLAIMED
from stations.resources.tariffs import TARIFFS
from stations.resources.traffic import COMMANDS

LISTS = (STATIONS, PILES, CONNECTORS, TARIFFS, COMMANDS, UNCLAIMED, MODELS, RESERVATIONS, LOCAL_LISTS)

__all__ = [
    "COMMANDS",
    "CONNECTORS",
    "LISTS",
    "LOCAL_LISTS",
    "MODELS",
    "PILES",
    "RESERVATIONS",
    "STATIONS",
    "TARIFFS",
    "UNCLAIMED",
]
