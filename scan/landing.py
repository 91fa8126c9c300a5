"""What the page behind a sticker shows: the connector, its state, the price over the day, or why not here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from alarms.selectors import open_alarms
from backoffice.kit import clock
from backoffice.kit.money import Money
from drivers.models import Driver
from orders.models import ChargingOrder
from orders.quotes import Quote, quote, rated_w
from orders.selectors import open_order_at, open_order_of_driver
from orders.services.starting import why_not
from scan.access import Sticker, Visit
from scan.offers import Offer, offer_at
from scan.premises import Premises, back_words, premises_of
from scan.refusals import Refusal, refusal
from scan.strip import LETTERS, Strip, draw_strip
from stations import selectors as stations
from stations.models import Connector, ConnectorStatus
from stations.slots import Band
from stations.tariff import TariffSnapshot, UnitPrice

NEIGHBOURS = 4
SINCE_NOBODY_ASKS = frozenset(
    {"tenant_stopped", "station_closed", "no_tariff", "maintenance", "out_of_hours"}
)


@dataclass(frozen=True, slots=True)
class Plate:
    """What stands on the pile."""

    pile: str
    letter: str

    @property
    def size(self) -> str:
        """So that long names still fit the width, in wide fonts too."""
        steps = ((5, ""), (7, "seven"), (9, "nine"), (12, "twelve"))
        return next((size for most, size in steps if len(self.pile) <= most), "more")


@dataclass(frozen=True, slots=True)
class Price:
    """A price per kWh in its band."""

    band: Band
    letter: str
    unit: UnitPrice
    currency: str


@dataclass(frozen=True, slots=True)
class Change:
    """The next price, and when it begins."""

    price: Price
    at: datetime
    dearer: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A connector of the same station that can start now."""

    plate: Plate
    token: str
    power_kw: Decimal | None
    price: Price | None
    same_pile: bool


@dataclass(frozen=True, slots=True)
class Landing:
    """``offer`` None: no price. ``refused`` None: a charge can start."""

    sticker: Sticker
    plate: Plate
    zone: ZoneInfo
    state: str | Promise
    since: datetime | None
    power_kw: Decimal | None
    offer: Offer | None
    refused: Refusal | None
    code: str
    strip: Strip | None
    price: Price | None
    change: Change | None
    own_order: ChargingOrder | None
    told_at: datetime | None
    neighbours: Sequence[Neighbour]
    premises: Premises
    back: str

    @property
    def quote(self) -> Quote | None:
        return self.offer.quote if self.offer else None

    @property
    def one_service(self) -> Decimal | None:
        """The service price, where every period has the same."""
        prices = {period.price.service for period in self.strip.periods} if self.strip else set()
        return prices.pop() if len(prices) == 1 else None

    @property
    def idle_per_minute(self) -> Money | None:
        quoted = self.quote
        if quoted is None or quoted.tariff.idle is None or not quoted.tariff.idle.per_minute:
            return None
        return Money(quoted.tariff.idle.per_minute, quoted.tariff.currency)

    @property
    def idle_cap(self) -> Money | None:
        quoted = self.quote
        if quoted is None or quoted.tariff.idle is None or quoted.tariff.idle.cap is None:
            return None
        return Money(quoted.tariff.idle.cap, quoted.tariff.currency)


def plate_of(connector: Connector) -> Plate:
    """As it stands on the label."""
    return Plate(connector.pile.name, connector.letter)


def price_at(tariff: TariffSnapshot, at: datetime) -> Price:
    """The price of a moment."""
    band = tariff.band_at(at)
    return Price(band, LETTERS[band], tariff.prices[band], tariff.currency)


def change_after(tariff: TariffSnapshot, at: datetime) -> Change | None:
    """When the price changes next, and to what."""
    found = tariff.next_change(at)
    if found is None:
        return None
    half_hour, unit = found
    band = tariff.calendar.band(half_hour)
    dearer = unit.total > tariff.price_at(at).total
    return Change(Price(band, LETTERS[band], unit, tariff.currency), half_hour.start, dearer)


def look_at(visit: Visit, sticker: Sticker, sealed: str = "") -> Landing:
    """Everything the landing page shows, for whoever asks, as of now."""
    connector, now = sticker.connector, clock.now()
    zone = ZoneInfo(stations.place_of_pile(connector.pile_id).zone)
    code = why_not(connector, driver=visit.driver)
    offer = offer_at(connector, sealed)
    tariff = offer.quote.tariff if offer else None
    refused = refusal(code) if code else None
    known_w = rated_w(connector)
    return Landing(
        sticker=sticker,
        plate=plate_of(connector),
        zone=zone,
        state=refused.state if refused else _state_word(connector),
        since=_since(connector, code),
        power_kw=Decimal(known_w) / 1000 if known_w else None,
        offer=offer,
        refused=refused,
        code=code,
        strip=draw_strip(tariff, now) if tariff else None,
        price=price_at(tariff, now) if tariff else None,
        change=change_after(tariff, now) if tariff else None,
        own_order=_own_order(visit.driver, code),
        told_at=_told_at(connector) if code in {"offline", "faulted", "unavailable"} else None,
        neighbours=neighbours_of(connector) if (refused and refused.elsewhere) or sticker.replaced else (),
        premises=premises_of(connector, zone),
        back=back_words(connector, code, zone),
    )


def neighbours_of(connector: Connector, most: int = NEIGHBOURS) -> list[Neighbour]:
    """Connectors beside this one at which a charge could start, those of the same pile first."""
    found: list[Neighbour] = []
    for other in stations.connectors_beside(connector)[: 3 * most]:
        if len(found) == most:
            break
        if why_not(other):
            continue
        offer, known_w = quote(other), rated_w(other)
        found.append(
            Neighbour(
                plate=plate_of(other),
                token=str(other.code),  # type: ignore[attr-defined]
                power_kw=Decimal(known_w) / 1000 if known_w else None,
                price=price_at(offer.tariff, offer.at) if offer else None,
                same_pile=other.pile_id == connector.pile_id,
            )
        )
    return found


def _state_word(connector: Connector) -> str:
    return _("Plugged in") if connector.status == ConnectorStatus.PREPARING else _("Free")


def _since(connector: Connector, code: str) -> datetime | None:
    """Since when the state is what the page says."""
    if code == "offline":
        return connector.pile.disconnected_at
    if code == "occupied" and (running := open_order_at(connector)) is not None:
        return running.started_at or running.created_at
    if code in {"faulted", "unavailable"} and connector.pile.status in {"Faulted", "Unavailable"}:
        return connector.pile.status_at
    return None if code in SINCE_NOBODY_ASKS else connector.status_at


def _own_order(driver: Driver | None, code: str) -> ChargingOrder | None:
    if driver is None or code not in {"occupied_by_me", "driver_busy"}:
        return None
    return open_order_of_driver(driver)


def _told_at(connector: Connector) -> datetime | None:
    """Since when somebody has been told of what is wrong with the pile."""
    oldest = open_alarms().filter(pile=connector.pile_id).order_by("first_seen_at").first()
    return oldest.first_seen_at if oldest is not None else None
