"""Who sells here and whom to call, as it stands at the top of a page."""

from __future__ import annotations

from dataclasses import dataclass

from scan.access import Visit
from stations.models import Connector
from tenants.selectors import lineage, logo_url


@dataclass(frozen=True, slots=True)
class Brand:
    """``hotline`` is the station's, else the nearest one above it. ``logo`` is an address, empty without one."""

    operator_id: int
    name: str
    hotline: str
    logo: str = ""

    @property
    def call(self) -> str:
        """For a ``tel:`` address."""
        return "".join(letter for letter in self.hotline if letter.isdigit() or letter == "+")


def brand_of(visit: Visit, connector: Connector | None = None) -> Brand:
    """The operator that takes the money; the hotline as near to the connector as there is one."""
    chain = lineage(connector.tenant_id) if connector is not None else visit.chain
    own = connector.pile.station.hotline if connector is not None else ""
    above = next((one.hotline for one in reversed(chain) if one.hotline), "")
    return Brand(visit.operator.id, visit.operator.brand, own or above, logo_url(visit.operator.logo))
