"""The lists of this room."""

from __future__ import annotations

from alarms import resources
from backoffice.kit import lists

lists.register(resources.SAFETY)
lists.register(resources.FAILURE)
lists.register(resources.STATION)
