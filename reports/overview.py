"""The start page: figures over time, what happens now, what waits. Values for ``templates/overview.html``.

Currencies stand beside each other. The tenant's own comes first, in the big figure; the others are
small. What a role may not open is not on its page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Model, Subquery, Value
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from alarms.models import Alarm
from alarms.permissions import AlarmPerm
from alarms.selectors import WORST_FIRST, open_alarms
from alarms.wording import SEVERITY_TONES, title_of
from backoffice.kit import clock
from backoffice.kit.enumeration import enumerated
from backoffice.kit.figures import NBSP, energy_text, money_text, number_text, span_text, sums_text
from backoffice.kit.frame import AlarmLine, Figure, Tab, Task, Words
from backoffice.kit.lists import registered
from backoffice.kit.money import Money
from backoffice.kit.staff import Reader, StaffRequest
from finance.models import Refund
from finance.permissions import FinancePerm
from orders.models import Case
from orders.permissions import OrderPerm
from reports import selectors
from reports.charts import load_chart, slices
from reports.periods import Days, Kind, change, compared, course, days_of
from reports.permissions import ReportPerm
from reports.selectors import Awaited, Totals, Waiting
from stations import map_answer
from stations.models import Connector, Handover, UnclaimedPile
from stations.permissions import StationPerm
from stations.selectors import map as on_map
from tenants.models import Tenant
from tenants.permissions import TenantPerm
from tenants.resources import REVIEW

ALARMS_SHOWN = 5
LIVE = "orders connectors alarms cases"
HOUR = 3600
FEW_HOURS = 10

PERIODS: dict[Kind, Words] = {
    Kind.TODAY: gettext_lazy("Today"),
    Kind.MONTH: gettext_lazy("Month"),
    Kind.YEAR: gettext_lazy("Year"),
    Kind.ALL: gettext_lazy("All"),
}
CHANGES: dict[Kind, Words] = {
    Kind.TODAY: gettext_lazy("week on week"),
    Kind.MONTH: gettext_lazy("vs last month"),
    Kind.YEAR: gettext_lazy("vs last year"),
    Kind.ALL: "",
}
COURSES: dict[Kind, Words] = {
    Kind.TODAY: gettext_lazy("Course of the last 14 days"),
    Kind.MONTH: gettext_lazy("Course of the last 30 days"),
    Kind.YEAR: gettext_lazy("Course of the last 12 months"),
    Kind.ALL: gettext_lazy("Course of the last two years"),
}


def build(request: StaffRequest, kind: Kind) -> dict[str, Any]:
    """The context of the page."""
    reader = Reader.of(request)
    now = clock.now().astimezone(ZoneInfo(request.locality.timezone))
    tenant = request.shown[-1]
    standings = on_map.count_standings()
    return {
        "as_of": now,
        "live": LIVE,
        "periods": [Tab(words, _address(one), current=one is kind) for one, words in PERIODS.items()],
        "export_url": f"{reverse('reports.overview.export')}?period={kind}"
        if reader.may(ReportPerm.EXPORT)
        else "",
        "figures": _figures(tenant.id, kind, now.date(), request.locality.currency),
        **load_chart(tenant, now, selectors.power_now()),
        "connectors": slices(standings),
        "connectors_total": number_text(sum(standings.values())),
        "connectors_label": enumerated(f"{part.label} {part.value}" for part in slices(standings)),
        "devices_url": _list_of(Connector, reader),
        "map": _map() if reader.may(StationPerm.VIEW) else None,
        "tasks": _tasks(reader, now),
        **_alarms(reader),
    }


def _figures(tenant_id: int, kind: Kind, today: date, currency: str) -> list[Figure]:
    pair = compared(kind, today)
    spans = {"now": days_of(kind, today), "wider": days_of(kind.wider, today)}
    if pair is not None:
        spans |= {"this": pair[0], "before": pair[1]}
    sums = selectors.totals(tenant_id, spans)
    curve = _curve(selectors.course(tenant_id, course(kind, today)), kind, course(kind, today))

    def figure(
        label: Words, unit: Words, words: Callable[[Totals], str], value: Callable[[Totals], int]
    ) -> Figure:
        return Figure(
            label,
            words(sums["now"]),
            unit,
            course=[value(total) for total in curve],
            course_label=str(COURSES[kind]),
            wider_label=PERIODS[kind.wider],
            wider_value=f"{words(sums['wider'])} {unit}".rstrip(),
            change=change(value(sums["this"]), value(sums["before"])) if pair else None,
            change_label=CHANGES[kind],
            url=_days_url(spans["now"]),
        )

    amount = figure(
        _("Amount"), "", lambda total: _own(total, currency), lambda t: t.amounts.get(currency, 0)
    )
    others = {name: _others(total, currency) for name, total in sums.items()}
    return [
        figure(_("Energy"), "kWh", lambda total: energy_text(total.energy_wh, 1), lambda t: t.energy_wh),
        figure(_("Charging time"), _("h"), _hours, lambda t: t.seconds),
        figure(_("Sessions"), "", lambda total: number_text(total.sessions), lambda t: t.sessions),
        _beside(amount, others["now"], others["wider"]),
    ]


def _beside(figure: Figure, now: str, wider: str) -> Figure:
    """The amount with the other currencies beside it."""
    return Figure(
        figure.label,
        figure.value,
        f"+{NBSP}{now}" if now else "",
        figure.course,
        figure.course_label,
        figure.wider_label,
        figure.wider_value,
        wider,
        figure.change,
        figure.change_label,
        figure.url,
    )


def _hours(total: Totals) -> str:
    """Few hours with their tenths: three short charges are not 0 h."""
    hours = total.seconds / HOUR
    return number_text(hours, 0 if not hours or hours >= FEW_HOURS else 1)


def _own(total: Totals, currency: str) -> str:
    return money_text(Money(total.amounts.get(currency, 0), currency))


def _others(total: Totals, currency: str) -> str:
    return sums_text(
        money_text(Money(amount, other))
        for other, amount in sorted(total.amounts.items())
        if other != currency
    )


def _curve(days: dict[date, Totals], kind: Kind, span: Days) -> list[Totals]:
    """One value a day; for a year and more one a month. Days without orders are there and empty."""
    if span.first is None:
        return []
    every = [date.fromordinal(n) for n in range(span.first.toordinal(), span.last.toordinal() + 1)]
    if kind in {Kind.TODAY, Kind.MONTH}:
        return [days.get(day, Totals()) for day in every]
    months: dict[tuple[int, int], Totals] = {(day.year, day.month): Totals() for day in every}
    for day, total in days.items():
        month = months[day.year, day.month]
        month.sessions += total.sessions
        month.energy_wh += total.energy_wh
        month.seconds += total.seconds
        for currency, amount in total.amounts.items():
            month.amounts[currency] = month.amounts.get(currency, 0) + amount
    return list(months.values())


def _map() -> dict[str, Any]:
    """What the script of the small map is told."""
    return {
        "view": reverse("stations:map_view"),
        "page": reverse("stations:map"),
        "extent": on_map.extent_of(on_map.stations_to_map()),
        "legend": map_answer.legend(),
        "words": map_answer.words(),
        "tiles": settings.MAP_TILES,
    }


def _tasks(reader: Reader, now: datetime) -> list[Task]:
    """What waits for this reader, the urgent first; nothing that is empty."""
    kinds = (
        (OrderPerm.CASE_VIEW, Case, "order", _("Abnormal cases open"), Awaited.CASES, ""),
        (FinancePerm.REFUND, Refund, "money", _("Refunds refused by the channel"), Awaited.REFUNDS, ""),
        (StationPerm.CLAIM, UnclaimedPile, "pile", _("Piles waiting to be claimed"), Awaited.PILES, ""),
        (StationPerm.RECEIVE, Handover, "switch", _("Hand-overs to accept"), Awaited.OFFERS, ""),
        (TenantPerm.MANAGE, Tenant, "tenants", _("Tenants to be reviewed"), Awaited.PAPERS, f"?tab={REVIEW}"),
    )
    offered = [
        (kind, url + part, icon, label)
        for perm, model, icon, label, kind, part in kinds
        if (url := _list_of(model, reader)) and reader.may(perm)
    ]
    heads = selectors.waiting([kind for kind, *_rest in offered])
    found = []
    for kind, url, icon, label in offered:
        waiting = heads[kind]
        if waiting.count:
            found.append(
                Task(
                    label,
                    url,
                    waiting.count,
                    icon,
                    note=_note(waiting, now),
                    stake=sums_text(
                        money_text(Money(amount, currency)) for currency, amount in waiting.stakes
                    ),
                    count_kind="bad" if waiting.overdue else "warn",
                )
            )
    return found


def _note(waiting: Waiting, now: datetime) -> str:
    if waiting.overdue:
        return _("%(count)s over 24 h") % {"count": number_text(waiting.overdue)}
    if waiting.oldest is not None:
        return _("oldest %(age)s") % {"age": span_text((now - waiting.oldest).total_seconds())}
    return ""


def _alarms(reader: Reader) -> dict[str, Any]:
    if not reader.may(AlarmPerm.VIEW):
        return {"alarms": [], "alarms_total": 0, "alarms_url": ""}
    total = open_alarms().order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n")
    # The worst are picked before their stations and terminals are looked up, or all would be.
    worst = open_alarms().values("pk")[:ALARMS_SHOWN]
    rows = (
        Alarm.objects.filter(pk__in=Subquery(worst))
        .select_related("station", "pile")
        .annotate(total=Subquery(total))
        .order_by(*WORST_FIRST)
    )
    return {
        "alarms": [_alarm_line(alarm, reader) for alarm in rows],
        "alarms_total": rows[0].total if rows else 0,
        "alarms_url": _list_of(Alarm, reader),
    }


def _alarm_line(alarm: Alarm, reader: Reader) -> AlarmLine:
    place = [alarm.get_alarm_class_display(), alarm.station, alarm.pile]
    return AlarmLine(
        title=title_of(alarm.code),
        context=" · ".join(str(one) for one in place if one is not None),
        since=alarm.first_seen_at,
        tone=SEVERITY_TONES.get(alarm.severity, "plain"),
        url=_list_of(Alarm, reader),
    )


def _address(kind: Kind) -> str:
    home = reverse("reports.overview")
    return home if kind is Kind.TODAY else f"{home}?period={kind}"


def _days_url(days: Days) -> str:
    first = f"day_from={days.first}&" if days.first else ""
    return f"{reverse('reports.days')}?{first}day_to={days.last}"


def _list_of(model: type[Model], reader: Reader) -> str:
    """The address of the first list of these rows that the reader may open; empty where there is none."""
    return next((one.url for one in registered() if one.model is model and reader.may(one.view)), "")
