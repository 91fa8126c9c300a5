"""Columns of the list of stations that tell of today, by the clock of each station.

They are given what ``selectors.station_list_with_today`` brings. None of them can be sorted by: that would take the
figures of every station for one page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit import clock, figures
from backoffice.kit.export import Cell, Form, Head
from backoffice.kit.frame import Words
from backoffice.kit.lists import columns
from backoffice.kit.lists.columns.base import Values
from backoffice.kit.lists.columns.moments import zone_of
from backoffice.kit.money import Money
from backoffice.kit.staff import Reader
from stations.sessions import StationDay

SOURCES = ("day_totals", "zone")
CURRENCY = "currency_today"


def today(values: Values) -> tuple[StationDay, datetime]:
    """What was settled at the station of these values today, and what its clock says."""
    totals, zone, *_more = values
    local = clock.now().astimezone(zone_of(zone) or UTC)
    return StationDay.of(row for row in totals if row["day"] == local.date().isoformat()), local


class EnergyToday(columns.Energy):
    """What the charges that ended today took."""

    digits = 1

    def __init__(self, **options: Any) -> None:
        super().__init__(*SOURCES, head=gettext_lazy("kWh today"), total=True, **options)

    def words(self, values: Values, reader: Reader) -> Words:
        return super().words([today(values)[0].energy_wh], reader)

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        return super().typed([today(values)[0].energy_wh], reader)


class RevenueToday(columns.Column):
    """What they were billed. Amounts of two currencies stand side by side, in Excel as words without a sum."""

    css = "c-num"
    form = Form.MONEY

    def __init__(self, **options: Any) -> None:
        super().__init__(*SOURCES, head=gettext_lazy("Revenue today"), **options)

    def words(self, values: Values, reader: Reader) -> Words:
        return figures.sums_text(figures.money_text(amount) for amount in _amounts(values))

    def heads(self) -> list[Head]:
        amount = Head(str(self.verbose_name), self.form, total=True, currency=CURRENCY)
        return [amount, Head(_("Currency"), Form.TEXT, once=CURRENCY)]

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        amounts = _amounts(values)
        if len(amounts) == 1:
            return [amounts[0].decimal, amounts[0].currency]
        return [None, str(self.words(values, reader)) or None]


class UsedToday(columns.Percent):
    """The part of its connectors' time since midnight in which vehicles charged."""

    def __init__(self, connectors: str, **options: Any) -> None:
        super().__init__(*SOURCES, connectors, head=gettext_lazy("Used today"), **options)

    def words(self, values: Values, reader: Reader) -> Words:
        return super().words([_share(values)], reader)

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        return super().typed([_share(values)], reader)


def _amounts(values: Values) -> list[Money]:
    return [Money(amount, currency) for currency, amount in today(values)[0].amounts.items()]


def _share(values: Values) -> Any:
    day, local = today(values)
    return day.share_used(values[2] or 0, local)
