"""What charging costs at a connector now, and the snapshot an order is priced by.

A quote is binding for a few minutes: an order that starts within them is priced by it, a later one by
the version in force when it starts. Once energy flows the snapshot never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from backoffice.kit import clock
from backoffice.kit.money import Money
from orders import limits
from stations import selectors as stations
from stations.models import Connector, TariffVersion
from stations.tariff import TariffSnapshot

QUOTE_VALID = timedelta(minutes=5)
LOOK_AHEAD = timedelta(hours=24)
DEFAULT_RATED_W = 60_000
"""Margins are computed by this where the rated power is not known."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A price list as of ``at``. ``why`` names the level it was set at: pile, station, agency, operator."""

    version: TariffVersion
    tariff: TariffSnapshot
    why: str
    at: datetime
    rated_w: int

    @property
    def valid_until(self) -> datetime:
        return self.at + QUOTE_VALID

    @property
    def minimum_hold(self) -> Money:
        """The least to start with: twice what can flow until a stop takes effect, and what the tariff asks."""
        dearest = self.tariff.dearest_ahead(self.at, timedelta(hours=1))
        return limits.minimum_hold(
            self.rated_w, dearest, limits.Reaction(), self.tariff.currency, at_least=self.tariff.min_hold
        )

    def hold_for_energy(self, wh: int) -> Money:
        """What ``wh`` can cost at most, by the dearest price of the day to come, and at least the minimum.

        With what can flow until a stop takes effect, or the hold would end the charge before the wish is met.
        """
        reserve = limits.stopping_wh(self.rated_w, limits.Reaction().whole_s)
        cost = Money.from_major(self.dearest * (wh + reserve) / 1000, self.tariff.currency)
        return max(cost, self.minimum_hold)

    @property
    def dearest(self) -> Decimal:
        return self.tariff.dearest_ahead(self.at, LOOK_AHEAD)


def quote(connector: Connector, *, at: datetime | None = None) -> Quote | None:
    """The price list in force at a connector; None where there is none (A15)."""
    return quotes([stations.Outlet.of(connector)], at=at).get(connector.pk)


def quotes(outlets: Sequence[stations.Outlet], *, at: datetime | None = None) -> dict[int, Quote]:
    """The price lists in force at many connectors, by the keys of those that have one."""
    at = at or clock.now()
    found = stations.tariffs_in_force(outlets, at)
    places = stations.places(outlet.pile_id for outlet in outlets)
    snapshots: dict[tuple[int, str], TariffSnapshot] = {}
    quoted = {}
    for outlet in outlets:
        if outlet.connector_id not in found:
            continue
        version, why = found[outlet.connector_id]
        zone = places[outlet.pile_id].zone
        if (version.pk, zone) not in snapshots:
            snapshots[version.pk, zone] = snapshot(version, zone, at=at)
        rated = DEFAULT_RATED_W if outlet.rated_kw is None else int(outlet.rated_kw * 1000) or DEFAULT_RATED_W
        quoted[outlet.connector_id] = Quote(version, snapshots[version.pk, zone], why, at, rated)
    return quoted


def quote_again(connector: Connector, *, version_id: int, why: str, at: datetime) -> Quote | None:
    """The quote that was given at ``at``, by the version it was made from, whatever is in force by now.

    None when it is too old, or when there is no such version.
    """
    version = stations.versions().filter(pk=version_id).first()
    if version is None or not at <= clock.now() <= at + QUOTE_VALID:
        return None
    place = stations.place_of_pile(connector.pile_id)
    return Quote(
        version, snapshot(version, place.zone, at=at), why, at, rated_w(connector) or DEFAULT_RATED_W
    )


def rated_w(connector: Connector) -> int | None:
    """Rated power in W: the connector's own, else its pile model's; None where nobody knows it."""
    if connector.rated_kw is not None:
        return int(connector.rated_kw * 1000)
    model = connector.pile.model
    return int(model.rated_kw * 1000) if model is not None else None


def snapshot(version: TariffVersion, zone: str, *, at: datetime | None = None) -> TariffSnapshot:
    """A version as orders keep it that begin about ``at``, now by default."""
    return stations.snapshot_of(version, zone, at=at or clock.now())
