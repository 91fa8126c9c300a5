"""The calendar of a tenant: its own holidays, and which of those handed down are usual days here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import current_scope
from tenants.models import Holiday, Tenant
from tenants.selectors import calendar_of

LONGEST_NAME = 60
MOST_LINES = 400
YEARS = range(2020, 2100)
LINE = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:\s*(?:\.\.|–|to|至)\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2}))?[\s,;，；]*(.*)"
)
"""``2027-02-17 Spring Festival``, or ``2027-02-17 .. 2027-02-23 Spring Festival``."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day that somebody typed."""

    date: date
    name: str


def read_days(text: str) -> list[Day]:
    """The days of a text with one day or one span a line. Raises Refused naming the first line that is none."""
    days: dict[date, Day] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = _days_of(line)
        except ValueError:
            raise Refused(
                _("Line %(number)s: “%(line)s” is no day with a name.")
                % {"number": number, "line": line[:60]},
                code="line",
                field="days",
            ) from None
        days |= {one.date: one for one in found}
        if len(days) > MOST_LINES:
            raise Refused(
                _("At most %(most)s days at once.") % {"most": MOST_LINES}, code="many", field="days"
            )
    if not days:
        raise Refused(_("Write one day a line."), code="empty", field="days")
    return [days[day] for day in sorted(days)]


@transaction.atomic
def put_days(tenant: Tenant, days: Iterable[Day], *, actor: Actor) -> int:
    """Add days to the calendar, or rename those that are there; how many changed."""
    rows = _locked_rows(tenant)
    before = _picture(rows.values())
    for day in days:
        row = rows.get(day.date) or Holiday(tenant=tenant, date=day.date)
        row.name, row.observed = day.name[:LONGEST_NAME], True
        rows[day.date] = row
    changed = [row for row in rows.values() if before.get(row.date.isoformat()) != row.name]
    for row in changed:
        row.save()
    _record(tenant, actor, before, _picture(rows.values()))
    return len(changed)


@transaction.atomic
def drop_day(tenant: Tenant, day: date, *, actor: Actor) -> None:
    """Make it a usual day: an own holiday is taken out, one that is handed down is struck out here and below.

    Raises Refused when it is no holiday.
    """
    rows = _locked_rows(tenant)
    held = next((row for row in calendar_of(tenant.pk, day, day) if row.observed), None)
    if held is None:
        raise Refused(_("This is no holiday."), code="none")
    before = _picture(rows.values())
    own = rows.pop(day, None)
    if own is not None:
        own.delete()
        held = next((row for row in calendar_of(tenant.pk, day, day) if row.observed), None)
    if held is not None:
        rows[day] = Holiday.objects.create(tenant=tenant, date=day, name=held.name, observed=False)
    _record(tenant, actor, before, _picture(rows.values()))


@transaction.atomic
def restore_day(tenant: Tenant, day: date, *, actor: Actor) -> None:
    """Observe again what is handed down."""
    rows = _locked_rows(tenant)
    before = _picture(rows.values())
    row = rows.get(day)
    if row is not None and not row.observed:
        row.delete()
        del rows[day]
    _record(tenant, actor, before, _picture(rows.values()))


def copy_year(tenant: Tenant, year: int, *, actor: Actor) -> int:
    """Put the own holidays of a year into the next one, on the same dates; 29 February has none. How many changed."""
    own = [
        row
        for row in calendar_of(tenant.pk, *bounds_of_year(year))
        if row.tenant_id == tenant.pk and row.observed
    ]
    if not own:
        raise Refused(_("There is no own holiday in %(year)s.") % {"year": year}, code="none")
    there = {row.date for row in calendar_of(tenant.pk, *bounds_of_year(year + 1))}
    days = [
        Day(next_year, row.name)
        for row in own
        if (next_year := _a_year_later(row.date)) and next_year not in there
    ]
    return put_days(tenant, days, actor=actor)


def bounds_of_year(year: int) -> tuple[date, date]:
    """Its first and last day."""
    return date(year, 1, 1), date(year, 12, 31)


def _days_of(line: str) -> list[Day]:
    match = LINE.fullmatch(line.strip())
    if match is None or not match[7].strip() or "\0" in line:
        raise ValueError(line)
    first = date(int(match[1]), int(match[2]), int(match[3]))
    last = date(int(match[4]), int(match[5]), int(match[6])) if match[4] else first
    length = (last - first).days + 1
    if first.year not in YEARS or last.year not in YEARS or not 1 <= length <= MOST_LINES:
        raise ValueError(line)
    return [Day(first + timedelta(days=n), match[7].strip()[:LONGEST_NAME]) for n in range(length)]


def _a_year_later(day: date) -> date | None:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return None


def _locked_rows(tenant: Tenant) -> dict[date, Holiday]:
    if tenant.pk != (current_scope().tenant_id or tenant.pk):
        raise Refused(_("Each level keeps its own calendar."), code="not_own_level")
    locks.hold(f"holidays:{tenant.pk}")
    return {row.date: row for row in Holiday.objects.filter(tenant=tenant)}


def _picture(rows: Iterable[Holiday]) -> Mapping[str, str]:
    """The calendar as the audit trail keeps it: names by day, empty where the day is struck out."""
    return {row.date.isoformat(): row.name if row.observed else "" for row in rows}


def _record(tenant: Tenant, actor: Actor, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    if before != after:
        audit.record(actor, "calendar.changed", tenant, before=before, after=after)
