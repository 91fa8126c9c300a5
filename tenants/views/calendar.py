"""Holidays of a tenant over a year: its own, those handed down, and those that are usual days here."""

from __future__ import annotations

from calendar import Calendar
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import get_format
from django.utils.translation import gettext as _, ngettext, pgettext
from django.views.decorators.http import require_POST

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.frame import Link
from backoffice.kit.pages import form_page, requires
from tenants import selectors
from tenants.forms.settings import DaysForm
from tenants.permissions import TenantPerm
from tenants.services import calendar
from tenants.views.settings import tabs


@requires(TenantPerm.SETTINGS_VIEW)
def year_page(request):
    """Twelve months with their holidays, and the list of them."""
    year = _year_of(request.GET)
    own, names = request.membership.tenant_id, {one.id: one.name for one in request.lineage}
    rows = selectors.calendar_of(own, *calendar.bounds_of_year(year))
    kinds = {row.date: _kind(row, own) for row in rows}
    return render(
        request,
        "tenants/settings/holidays.html",
        {
            "title": _("System settings"),
            "tabs": tabs(request, "tenants:holidays"),
            "year": year,
            "years": [_address(one) for one in (year - 1, year + 1)],
            "weekdays": _weekdays(),
            "months": _months(year, kinds, {row.date: row.name for row in rows}),
            "lines": [(row, kinds[row.date], names.get(row.tenant_id, "")) for row in rows],
            "may": TenantPerm.SETTINGS in request.grants,
            "own_count": sum(kind == "own" for kind in kinds.values()),
        },
    )


@requires(TenantPerm.SETTINGS)
def add_days(request):
    """Days from a list that somebody pastes."""
    page = reverse("tenants:holidays")
    return form_page(
        request,
        DaysForm(request.POST or None),
        title=_("Add holidays"),
        save=lambda data: _add(request, data["days"]),
        then=_address,
        done=_("Saved."),
        back=Link(_("Holidays"), page),
        cancel_url=page,
    )


@requires(TenantPerm.SETTINGS)
@require_POST
def copy_year(request):
    """The own holidays of a year, once more in the next."""
    year = _year_of(request.POST)
    try:
        count = calendar.copy_year(request.membership.tenant, year, actor=request.actor)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return HttpResponseRedirect(_address(year))
    words = ngettext(
        "%(n)s day was copied. Move those that are not on the same date.",
        "%(n)s days were copied. Move those that are not on the same date.",
        count,
    )
    messages.success(request, words % {"n": count} if count else _("They are all there already."))
    return HttpResponseRedirect(_address(year + 1))


@requires(TenantPerm.SETTINGS)
@require_POST
def drop_day(request):
    """A holiday that is a usual day here."""
    return _change(request, calendar.drop_day)


@requires(TenantPerm.SETTINGS)
@require_POST
def restore_day(request):
    """One that is a holiday here again."""
    return _change(request, calendar.restore_day)


def _add(request, text):
    days = calendar.read_days(text)
    calendar.put_days(request.membership.tenant, days, actor=request.actor)
    return days[0].date.year


def _change(request, service):
    try:
        day = date.fromisoformat(request.POST.get("date", ""))
    except ValueError as nonsense:
        raise Http404 from nonsense
    try:
        service(request.membership.tenant, day, actor=request.actor)
    except Refused as refused:
        messages.error(request, str(refused.message))
    return HttpResponseRedirect(_address(day.year))


def _year_of(data):
    given = data.get("year", "")
    year = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else None
    return year if year in calendar.YEARS else timezone.localtime(clock.now()).year


def _address(year):
    return f"{reverse('tenants:holidays')}?year={year}"


def _kind(row, own):
    if not row.observed:
        return "struck"
    return "own" if row.tenant_id == own else "above"


def _weeks():
    """Weeks as the reader's language begins them."""
    return Calendar((get_format("FIRST_DAY_OF_WEEK") - 1) % 7)


def _weekdays():
    """``(short, whole)`` of each day, in the order of the weeks."""
    short = (
        pgettext("weekday", "Mo"),
        pgettext("weekday", "Tu"),
        pgettext("weekday", "We"),
        pgettext("weekday", "Th"),
        pgettext("weekday", "Fr"),
        pgettext("weekday", "Sa"),
        pgettext("weekday", "Su"),
    )
    return [(short[day], WEEKDAYS[day]) for day in _weeks().iterweekdays()]


def _months(year, kinds, names):
    """For each month its first day, and weeks of (day, kind, name); days of other months are None."""
    return [
        (
            date(year, month, 1),
            [
                [
                    (day.day, kinds.get(day, ""), names.get(day, "")) if day.month == month else None
                    for day in week
                ]
                for week in _weeks().monthdatescalendar(year, month)
            ],
        )
        for month in range(1, 13)
    ]
