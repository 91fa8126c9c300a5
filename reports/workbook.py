"""The overview as a workbook: the tenant day by day, and every tenant of its scope over the whole period."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.export import Cell, Form, Head, Sheet
from backoffice.kit.levels import Level
from backoffice.kit.lists.paths import verbose_name
from backoffice.kit.money import Money
from backoffice.kit.staff import StaffRequest
from reports import selectors
from reports.models import DayTotal
from reports.periods import Days, Kind, days_of
from reports.sql.days import FIGURES

ENERGIES = frozenset(name for name in FIGURES if name.endswith("_wh"))
COUNTS = frozenset({"sessions", "failed"})


def sheets(request: StaffRequest, kind: Kind) -> list[Sheet]:
    """Two sheets with the same figures; the second says what the first is about too."""
    days = _days(request, kind)
    about: list[tuple[str, Cell]] = [
        (_("Tenant"), request.shown[-1].name),
        (_("From"), days.first or _("the beginning")),
        (_("To"), days.last),
        (_("What counts"), _("settled orders, on the local day of the station on which they ended")),
        (_("Failed"), _("of the sessions: at most 0.2 kWh and two minutes")),
        (_("Made by"), request.actor.label),
        (_("Made at"), formats.date_format(clock.now(), "DATETIME_FORMAT")),
    ]
    heads = _heads(total=True)
    by_day = Sheet(_("By day"), [Head(_("Day"), Form.DAY), *heads], _by_day(request, days))
    by_tenant = Sheet(
        _("By tenant"),
        [Head(_("Code")), Head(_("Tenant")), Head(_("Level")), *_heads(total=False)],
        _by_tenant(days),
        about=about,
    )
    return [by_day, by_tenant]


def file_name(request: StaffRequest, kind: Kind) -> str:
    """``overview-sunrise-2026-11-01-2026-11-22.xlsx``."""
    days = _days(request, kind)
    span = "-".join(str(day) for day in (days.first, days.last) if day)
    return f"overview-{slugify(request.shown[-1].code)}-{span}.xlsx"


def _days(request: StaffRequest, kind: Kind) -> Days:
    return days_of(kind, clock.now().astimezone(ZoneInfo(request.locality.timezone)).date())


def _heads(*, total: bool) -> list[Head]:
    """The columns of the figures. Rows of a tenant and of those below it are not added up."""
    heads = [Head(_("Currency"), once="currency")]
    for name in FIGURES:
        label = str(verbose_name(DayTotal, name))
        if name in ENERGIES:
            heads.append(Head(f"{label}, kWh", Form.NUMBER, digits=3, total=total, currency="currency"))
        elif name in COUNTS:
            heads.append(Head(label, Form.NUMBER, total=total, currency="currency"))
        elif name == "seconds":
            heads.append(Head(label, Form.DURATION, total=total, currency="currency"))
        else:
            heads.append(Head(label, Form.MONEY, total=total, currency="currency"))
    return heads


def _by_day(request: StaffRequest, days: Days) -> Iterator[list[Cell]]:
    for row in selectors.days_of_tenant(request.shown[-1].id, days):
        yield [row["day"], *_cells(row)]


def _by_tenant(days: Days) -> Iterator[list[Cell]]:
    for row in selectors.totals_below(days):
        level = str(Level(row["tenant__level"]).label)
        yield [row["tenant__code"], row["tenant__name"], level, *_cells(row)]


def _cells(row: dict[str, Any]) -> list[Cell]:
    cells: list[Cell] = [row["currency"]]
    for name in FIGURES:
        value = int(row[name])
        if name in ENERGIES:
            cells.append(Decimal(value) / 1000)
        elif name in COUNTS:
            cells.append(value)
        elif name == "seconds":
            cells.append(Decimal(value) / 86_400)
        else:
            cells.append(Money(value, row["currency"]).decimal)
    return cells
