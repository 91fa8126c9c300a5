"""What is told to the book of alarms: something is wrong at a place, or it is over there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from alarms.models import AlarmSource
from backoffice.kit.levels import Path
from backoffice.kit.scope import path_of_tenant
from stations.models import Pile, Station
from stations.selectors import PilePlace


@dataclass(frozen=True, slots=True)
class Target:
    """Where it is: a connector, a pile (no connector), or a station (no pile). ``path`` is whose it is now."""

    path: Path
    station_id: int
    pile_id: int | None = None
    connector: int | None = None

    @classmethod
    def at_place(cls, place: PilePlace, connector: int | None = None) -> Self:
        """A pile, or one of its connectors. Connector 0 is the pile itself (OCPP 1.6 §4.9)."""
        return cls(place.path, place.station_id, place.pile_id, connector or None)

    @classmethod
    def at_pile(cls, pile: Pile, connector: int | None = None) -> Self:
        return cls(path_of_tenant(pile.tenant_id), pile.station_id, pile.pk, connector or None)

    @classmethod
    def at_station(cls, station: Station) -> Self:
        return cls(path_of_tenant(station.tenant_id), station.pk)

    @property
    def name(self) -> str:
        """``pile:12:1``, ``pile:12``, ``station:5``: the first part of the key."""
        if self.pile_id is None:
            return f"station:{self.station_id}"
        return f"pile:{self.pile_id}" + (f":{self.connector}" if self.connector else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """It is so at ``at`` (the server's time). ``severity`` 1 is danger."""

    target: Target
    code: str
    severity: int
    source: AlarmSource
    at: datetime
    error_code: str = ""
    vendor_error_code: str = ""
    info: str = ""
    about: str = ""

    @property
    def key(self) -> str:
        return f"{self.target.name} {self.code} {self.vendor_error_code[:120]}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """It is over at ``at``: everything that this source said of the target, or of it only ``code``.

    ``vendor_code`` is given where one code stands for several things that end apart.
    """

    target: Target
    source: AlarmSource
    at: datetime
    code: str = ""
    vendor_code: str | None = None


Event = Sighting | Relief
