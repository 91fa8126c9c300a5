"""What a connector cost at an instant of the past, found by the room's own rule and remembered."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from orders.quotes import DEFAULT_RATED_W, Quote, rated_w, snapshot
from stations.models import Connector, TariffVersion
from stations.selectors import tariff_in_force
from stations.tariff import TariffSnapshot


@dataclass(frozen=True, slots=True)
class Offer:
    """A version as an order keeps it; ``text`` is the snapshot as JSON."""

    version: TariffVersion
    tariff: TariffSnapshot
    why: str
    text: str

    def quoted(self, connector: Connector, at: datetime) -> Quote:
        """As it was shown to a driver."""
        return Quote(self.version, self.tariff, self.why, at, rated_w(connector) or DEFAULT_RATED_W)


class Offers:
    """Prices change at known instants only; between two of them a pile has one price list."""

    def __init__(self, changes: list[datetime], zones: dict[int, str]) -> None:
        self._changes = sorted(set(changes))
        self._zones = zones
        self._known: dict[tuple[int, int], Offer] = {}

    def at(self, connector: Connector, at: datetime) -> Offer:
        """The price list of a connector. Raises LookupError where there was none."""
        key = (connector.pile.station_id, bisect_right(self._changes, at))
        if key not in self._known:
            found = tariff_in_force(connector, at)
            if found is None:
                raise LookupError(f"no price at {connector} on {at}")
            version, why = found
            tariff = snapshot(version, self._zones[connector.tenant_id], at=at)
            text = json.dumps(tariff.to_json(), ensure_ascii=False)
            self._known[key] = Offer(version, tariff, why, text)
        return self._known[key]
