"""The meter curve of an order: power, energy and state of charge over the station's day, with the tariff behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from backoffice.kit import figures
from backoffice.kit.frame import Chart, Series, Words
from backoffice.kit.money import minor_digits
from orders import labels, readings, tones
from orders.bill import Bill, Slot
from orders.models import ChargingOrder
from orders.readings import Taken
from orders.services.billing import stored_bill, tariff_of
from stations.slots import Band
from stations.tariff import TariffSnapshot

MOST_POINTS = 600
"""More points than pixels are thinned out."""

GAP = timedelta(minutes=10)
"""Over a longer silence no line is drawn: nobody knows what flowed."""

HEADROOM = 1.15
WATT_SECONDS = 3_600
Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Curve:
    """``legend`` are (words, class of the colour); ``count`` and ``largest_gap_s`` tell how dense the readings are."""

    chart: Chart | None
    legend: tuple[tuple[Words, str], ...]
    label: str
    count: int
    largest_gap_s: int | None


def curve_of(order: ChargingOrder) -> Curve:
    """What the pile measured; ``chart`` is None where there is too little to draw."""
    taken = readings.taken(order.transaction) if order.transaction is not None else []
    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(taken)]
    drawn = taken[:: max(1, -(-len(taken) // MOST_POINTS))]
    power = _power(drawn)
    soc = [(one.at, one.soc) for one in drawn if one.soc is not None]
    energy = _energy(drawn, order)
    bill, tariff = stored_bill(order), tariff_of(order)
    bands = _bands(bill, tariff) if bill is not None and tariff is not None else []
    chart = None
    if len(power) > 1:
        day = _Day(power[0][0], ZoneInfo(order.zone))
        series = [Series(_("Power"), day.points(power), tone="accent")]
        if soc:
            series.append(Series(_("SoC"), day.points(soc), tone="ink", axis=1, dashed=True))
        units, tops = (["kW", "%"], [_top(power), 100]) if soc else (["kW"], [_top(power)])
        if energy:
            series.append(Series(_("Energy"), day.points(energy), tone="charging", axis=len(units)))
            units, tops = [*units, "kWh"], [*tops, _top(energy)]
        chart = Chart(
            series,
            units,
            tops=tops,
            bands=[
                (day.minute(start), day.minute(end), tones.BAND[band], words)
                for start, end, band, words in bands
            ],
        )
    return Curve(
        chart,
        _legend(
            list(dict.fromkeys(band for _start, _end, band, _words in bands)),
            with_soc=bool(soc),
            with_energy=bool(energy),
        ),
        _("Power, energy and state of charge over the session, with the periods of the tariff behind them"),
        len(taken),
        int(max(gaps)) if gaps else None,
    )


class _Day:
    """Instants as minutes since midnight of the day on which the session began, by the station's clock."""

    def __init__(self, first: datetime, zone: ZoneInfo) -> None:
        local = first.astimezone(zone)
        self._start = first - timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)

    def minute(self, at: datetime) -> float:
        return round((at - self._start).total_seconds() / 60, 2)

    def points(self, values: Sequence[tuple[datetime, float | None]]) -> list[Point]:
        """With a hole where the readings are too far apart."""
        found: list[Point] = []
        before: datetime | None = None
        for at, value in values:
            if before is not None and at - before > GAP:
                found.append((self.minute(before + (at - before) / 2), None))
            found.append((self.minute(at), value))
            before = at
        return found


def _power(taken: Sequence[Taken]) -> list[tuple[datetime, float | None]]:
    """Power in kW: as measured, else from what the register rose by."""
    measured = [(one.at, one.power_w / 1000) for one in taken if one.power_w is not None]
    if measured:
        return measured  # type: ignore[return-value]
    registers = [one for one in taken if one.register_wh is not None]
    found: list[tuple[datetime, float | None]] = []
    for earlier, later in pairwise(registers):
        seconds = (later.at - earlier.at).total_seconds()
        risen = (later.register_wh or 0) - (earlier.register_wh or 0)
        if seconds > 0:
            found.append((later.at, round(max(risen, 0) * WATT_SECONDS / seconds / 1000, 2)))
    return found


def _energy(taken: Sequence[Taken], order: ChargingOrder) -> list[tuple[datetime, float | None]]:
    """kWh since the start. A register that counts from the start of each session begins below that of the start."""
    registers = [(one.at, one.register_wh) for one in taken if one.register_wh is not None]
    if not registers:
        return []
    start = order.meter_start or 0
    base = start if registers[0][1] >= start else 0
    return [(at, round(max(wh - base, 0) / 1000, 3)) for at, wh in registers]


def _top(power: Sequence[tuple[datetime, float | None]]) -> float:
    """The end of the axis, so that the names of the periods stand above the curve."""
    highest = max((value for _at, value in power if value is not None), default=0) * HEADROOM
    step = 10 if highest > 10 else 1
    return max(-(-highest // step) * step, 1)


def _bands(bill: Bill, tariff: TariffSnapshot) -> list[tuple[datetime, datetime, Band, str]]:
    """The periods that the session touched, with what a kWh costs in each."""
    return [
        (run[0].start, run[-1].end, run[0].band, f"{labels.BAND[run[0].band]} {_price(tariff, run[0].band)}")
        for run in runs_of(bill.slots)
    ]


def runs_of(slots: Sequence[Slot]) -> list[list[Slot]]:
    """Neighbouring half hours of one band, together."""
    runs: list[list[Slot]] = []
    for slot in slots:
        if runs and runs[-1][-1].band == slot.band and runs[-1][-1].end == slot.start:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    return runs


def _price(tariff: TariffSnapshot, band: Band) -> str:
    return figures.price_text(tariff.prices[band].total, minor_digits(tariff.currency))


def _legend(bands: Sequence[Band], *, with_soc: bool, with_energy: bool) -> tuple[tuple[Words, str], ...]:
    lines = [(_("Power, kW"), "s-accent")]
    lines += [(_("SoC, %"), "s-ink")] if with_soc else []
    lines += [(_("Energy, kWh"), "s-charging")] if with_energy else []
    return (*lines, *((labels.BAND[band], f"b-{tones.BAND[band]}") for band in bands))
