"""Price lists: their half hours, what a kWh costs in each band, and how prices changed.

Prices are invented, in the range that drivers know: major units per kWh, fees for standing in minor units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

CITY_DAY = "V" * 16 + "F" * 4 + "P" * 4 + "F" * 4 + "P" * 6 + "S" * 6 + "P" * 4 + "F" * 4
"""Cheap until eight, dear in the evening."""

NOON_DAY = "V" * 14 + "P" * 6 + "V" * 8 + "F" * 6 + "S" * 8 + "P" * 4 + "F" * 2
"""Where the sun makes noon cheap."""

EUROPEAN_DAY = "V" * 12 + "P" * 30 + "F" * 6


@dataclass(frozen=True, slots=True)
class Rates:
    """Electricity and service per kWh of each band: sharp, peak, flat, valley."""

    sharp: tuple[str, str]
    peak: tuple[str, str]
    flat: tuple[str, str]
    valley: tuple[str, str]

    def as_fields(self) -> dict[str, Decimal]:
        """The columns of a version."""
        fields = {}
        for band in ("sharp", "peak", "flat", "valley"):
            electricity, service = getattr(self, band)
            fields[f"{band}_electricity"], fields[f"{band}_service"] = Decimal(electricity), Decimal(service)
        return fields


@dataclass(frozen=True, slots=True)
class Idle:
    """What standing costs after the charge: minutes of grace, minor units a minute, at most."""

    grace_min: int
    per_minute: int
    cap: int


@dataclass(frozen=True, slots=True)
class Price:
    """A price list to be. ``versions`` maps days before today to the rates from then on; a negative day is ahead."""

    owner: str
    name: str
    codes: str
    versions: Mapping[int, Rates]
    is_default: bool = False
    sites: tuple[str, ...] = ()
    idle: Idle | None = None
    min_hold: int = 0
    rounding: str = "line"
    next_days: tuple[Mapping[str, Any], ...] = ()
    """Other days of versions that are ahead; charges of the past were priced by usual days alone."""
    draft: Rates | None = None
    """A further version that waits for approval."""
    planned: tuple[str, ...] = ()
    """Sites that get it in a few days."""


def day_type(
    kind: str, name: str, codes: str, *, weekdays: Sequence[int] = (), season: Sequence[str] = ()
) -> Mapping[str, Any]:
    """A day type as versions store it."""
    days = {"weekdays": list(weekdays), "season": list(season), "dates": []}
    return {"kind": kind, "name": name, "codes": codes, **days}


CITY = Rates(("1.2845", "0.80"), ("1.0521", "0.70"), ("0.7043", "0.60"), ("0.3168", "0.55"))
CITY_AUTUMN = Rates(("1.3127", "0.80"), ("1.0788", "0.72"), ("0.7215", "0.60"), ("0.3254", "0.50"))
CITY_NEXT = Rates(("1.3127", "0.85"), ("1.0788", "0.75"), ("0.7215", "0.62"), ("0.3254", "0.50"))
SOUTH = Rates(("1.3690", "0.72"), ("1.0952", "0.66"), ("0.6642", "0.58"), ("0.2741", "0.46"))
SOUTH_AUTUMN = Rates(("1.3411", "0.75"), ("1.0729", "0.68"), ("0.6507", "0.58"), ("0.2685", "0.48"))
RIVER = Rates(("1.1904", "0.68"), ("0.9752", "0.62"), ("0.6611", "0.55"), ("0.3049", "0.48"))
TRUCKS = Rates(("1.1520", "0.45"), ("0.9480", "0.40"), ("0.6390", "0.35"), ("0.2870", "0.30"))
TRUCKS_NEXT = Rates(("1.1520", "0.50"), ("0.9480", "0.44"), ("0.6390", "0.35"), ("0.2870", "0.28"))
STAFF = Rates(("1.2845", "0.20"), ("1.0521", "0.20"), ("0.7043", "0.15"), ("0.3168", "0.10"))
EURO = Rates(("0.3490", "0.2600"), ("0.3490", "0.2400"), ("0.3190", "0.2100"), ("0.2790", "0.1700"))
EURO_AUTUMN = Rates(("0.3390", "0.2600"), ("0.3390", "0.2400"), ("0.3090", "0.2100"), ("0.2690", "0.1800"))
FRENCH = Rates(("0.2980", "0.2400"), ("0.2980", "0.2200"), ("0.2760", "0.2000"), ("0.2310", "0.1600"))

STANDING = Idle(15, 50, 6_000)
STANDING_EURO = Idle(30, 10, 1_200)

WEEKEND = day_type("weekdays", "Weekend 周末", "V" * 20 + "F" * 20 + "V" * 8, weekdays=[5, 6])
SUMMER = day_type(
    "season", "Summer 夏季", "V" * 14 + "F" * 6 + "P" * 8 + "S" * 16 + "V" * 4, season=["07-01", "08-31"]
)
HOLIDAYS = day_type("holidays", "Holidays 节假日", "V" * 48)

BEGINNING = 125
"""How many days ago the first prices came into force."""

PRICES = (
    Price(
        "QILIN",
        "Standard 标准电价",
        CITY_DAY,
        {BEGINNING: CITY, 41: CITY_AUTUMN, -9: CITY_NEXT},
        is_default=True,
        idle=STANDING,
        min_hold=2_000,
        next_days=(WEEKEND, SUMMER, HOLIDAYS),
    ),
    Price(
        "NB-PORT",
        "Lorries 货运专享",
        CITY_DAY,
        {BEGINNING: TRUCKS},
        sites=("NB-01", "NB-04"),
        min_hold=3_000,
        next_days=(WEEKEND,),
        draft=TRUCKS_NEXT,
        planned=("NB-02", "NB-03"),
    ),
    Price("HZ-BINJIANG", "Park staff 园区员工", CITY_DAY, {BEGINNING: STAFF}, sites=("HZ-06",)),
    Price(
        "LANTERN",
        "Along the river 沿江",
        NOON_DAY,
        {BEGINNING: RIVER},
        is_default=True,
        idle=STANDING,
        rounding="total",
    ),
    Price(
        "PEARL",
        "South 南方",
        NOON_DAY,
        {BEGINNING: SOUTH, 33: SOUTH_AUTUMN},
        is_default=True,
        idle=STANDING,
        min_hold=2_000,
    ),
    Price("SZ-NANSHAN", "Airport 机场", NOON_DAY, {BEGINNING: CITY}, sites=("NS-04",), idle=STANDING),
    Price(
        "RHINE",
        "Tag & Nacht",
        EUROPEAN_DAY,
        {BEGINNING: EURO, 22: EURO_AUTUMN},
        is_default=True,
        idle=STANDING_EURO,
        min_hold=500,
    ),
    Price(
        "LYON",
        "Jour et nuit",
        EUROPEAN_DAY,
        {BEGINNING: FRENCH},
        is_default=True,
        idle=STANDING_EURO,
    ),
)
