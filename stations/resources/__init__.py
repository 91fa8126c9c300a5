"""The lists of this room."""

from stations.resources.sites import CONNECTORS, MODELS, PILES, STATIONS, UNCLAIMED
from stations.resources.tariffs import TARIFFS
from stations.resources.traffic import COMMANDS, TROUBLES

LISTS = (STATIONS, PILES, CONNECTORS, TARIFFS, COMMANDS, TROUBLES, UNCLAIMED, MODELS)

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
]
