"""What a kWh costs at this moment, and when that changes."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _, pgettext

from backoffice.kit import clock, figures
from backoffice.kit.frame import Words
from stations import selectors
from stations.forms.days import BAND_WORDS
from stations.models import TariffVersion
from stations.slots import Band
from stations.tariff import UnitPrice

DIGITS = 4


@dataclass(frozen=True, slots=True)
class PriceNow:
    """``band`` names the colour of the period; ``change`` says what comes next, empty where nothing does for a week."""

    band: str
    words: Words
    change: Words


def price_now(version: TariffVersion, zone: ZoneInfo) -> PriceNow:
    """Both fees of a kWh by a version in force, by the clock of the station."""
    at = clock.now()
    snapshot = selectors.snapshot_of(version, zone.key, at=at)
    coming = snapshot.next_change(at)
    change: Words = ""
    if coming is not None:
        half_hour, price = coming
        band = snapshot.calendar.band(half_hour)
        starts = figures.moment_text(half_hour.start, now=at, zone=zone)
        words = pgettext("price", "from %(time)s: %(price)s")
        change = words % {"time": starts, "price": _worded(band, price, snapshot.currency)}
    band = snapshot.band_at(at)
    return PriceNow(band.name.lower(), _worded(band, snapshot.price_at(at), snapshot.currency), change)


def _worded(band: Band, price: UnitPrice, currency: str) -> str:
    return _("%(band)s, %(price)s %(currency)s/kWh") % {
        "band": BAND_WORDS[band],
        "price": figures.number_text(price.total, DIGITS),
        "currency": currency,
    }
