"""Columns of time: moments in the zone of the reader or of the station, and days."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import models
from django.utils import timezone

from backoffice.kit import cells, clock, figures
from backoffice.kit.export import Cell, Form
from backoffice.kit.frame import Words
from backoffice.kit.lists.columns.base import Column, Values
from backoffice.kit.staff import Reader


class When(Column):
    """An instant, in the reader's time zone, or in that of the station at path ``zone``."""

    css = "c-num c-time"
    form = Form.MOMENT
    newest_first = True

    def __init__(self, *sources: str, zone: str = "", **options: Any) -> None:
        super().__init__(*sources, **options)
        self.zone = zone

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        if self.zone:
            self.own = (*self.own, self.zone)

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        return cells.when(values[0], second, zone=self._place(values))

    def words(self, values: Values, reader: Reader) -> Words:
        if values[0] is None:
            return ""
        return figures.moment_text(values[0], now=clock.now(), zone=self._place(values))

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        if values[0] is None:
            return [None]
        return [timezone.localtime(values[0], self._place(values)).replace(tzinfo=None, microsecond=0)]

    def _place(self, values: Values) -> tzinfo | None:
        return zone_of(values[-1]) if self.zone else None


class Ago(When):
    """An instant as the time since then, ticking; in Excel the instant."""

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        return cells.two_lines(cells.ago(values[0], zone=self._place(values)), second)


class Day(Column):
    """A date without a time."""

    form = Form.DAY
    newest_first = True

    def words(self, values: Values, reader: Reader) -> Words:
        return "" if values[0] is None else figures.day_text(values[0])

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        day: date | None = values[0]
        return [day]


def zone_of(name: object) -> tzinfo | None:
    """The zone of an IANA name; None (the reader's) for an empty or unknown one."""
    try:
        return ZoneInfo(str(name)) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
