"""The big screen: what happened today, what happens now, for people who only look. Values for ``templates/reports/screen.html``.

Figures over time come from the totals of days, those of now from what runs. Nothing names a driver or an order. What
is shown is made once for all who look at the same tenant within ``KEPT_S``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from alarms.permissions import AlarmPerm
from alarms.selectors import open_alarms
from alarms.wording import SEVERITY_TONES, title_of
from backoffice.kit import clock
from backoffice.kit.enumeration import enumerated
from backoffice.kit.figures import NBSP, energy_text, money_text, number_text, sums_text
from backoffice.kit.frame import AlarmLine, Figure
from backoffice.kit.money import Money
from backoffice.kit.scope import current_scope
from backoffice.kit.staff import Reader
from orders.labels import BAND
from reports import selectors
from reports.charts import first_of, load_chart, month_chart, slices
from reports.periods import Days
from reports.selectors import Totals
from stations import map_answer
from stations.clusters import Viewport
from stations.models.devices import letter_of
from stations.selectors import map as on_map
from tenants.models import Tenant
from tenants.selectors import Locality, tenants

PART = "reports/_screen.html"
KEPT_S = 2
ROWS = 8


@dataclass(frozen=True, slots=True)
class Viewed:
    """Whose screen it is, the tenant of the scope that is active, and who looks at it."""

    tenant: Tenant
    locality: Locality
    reader: Reader

    @classmethod
    def here(cls, locality: Locality, reader: Reader) -> Self:
        """The screen of the active scope."""
        return cls(tenants().get(pk=current_scope().reads.tenant_id or 0), locality, reader)

    @property
    def key(self) -> str:
        """Whatever makes what is shown differ."""
        alarms = self.reader.may(AlarmPerm.VIEW)
        locality = self.locality
        return f"screen:{self.tenant.pk}:{alarms}:{locality.timezone}:{locality.currency}:{translation.get_language()}"


def part_of(viewed: Viewed) -> str:
    """The moving part of the screen as HTML."""
    return str(cache.get_or_set(viewed.key, lambda: render_to_string(PART, build(viewed)), KEPT_S))


def build(viewed: Viewed) -> dict[str, Any]:
    """The context of the moving part."""
    now = clock.now().astimezone(ZoneInfo(viewed.locality.timezone))
    tenant, today = viewed.tenant, now.date()
    sums = selectors.totals(
        tenant.pk,
        {"today": Days(today, today), "month": Days(today.replace(day=1), today)},
    )
    sessions, power = selectors.running_now()
    standings = on_map.count_standings()
    year = Days(first_of(today, 11), today)
    return {
        "as_of": now,
        "figures": _figures(sums["today"], sums["month"], viewed.locality.currency, sessions, power),
        **load_chart(tenant, now, power),
        "connectors": slices(standings),
        "connectors_total": number_text(sum(standings.values())),
        "connectors_label": enumerated(f"{one.label} {one.value}" for one in slices(standings)),
        "months": month_chart(selectors.course(tenant.pk, year), today),
        "bands": _bands(selectors.energy_by_band(tenant.pk, Days(today - timedelta(days=29), today))),
        "ranking": _ranked(today),
        "alarms": _alarms() if viewed.reader.may(AlarmPerm.VIEW) else None,
        "sessions": [_session(row) for row in selectors.newest_sessions(ROWS)],
    }


def marks_in(viewport: Viewport) -> dict[str, Any]:
    """The stations of the scope in a viewport, without what they are opened by."""
    seen = on_map.seen_in(on_map.stations_to_map(), viewport)
    return {"marks": map_answer.marks_of(seen, named=False), "counts": seen.counts}


def config(part: str, live: str, view: str) -> dict[str, Any]:
    """What the script is told: where the moving part, the news and the marks come from."""
    return {
        "part": part,
        "live": live,
        "view": view,
        "extent": on_map.extent_of(on_map.stations_to_map()),
        "legend": map_answer.legend(),
        "words": map_answer.words(),
        "tiles": settings.MAP_TILES,
    }


def address_of(token: str) -> str:
    """The whole public address of a link."""
    return urljoin(settings.PUBLIC_URL, reverse("reports.share", args=[token]))


def _figures(today: Totals, month: Totals, currency: str, sessions: int, power: int) -> list[Figure]:
    def figure(label: str, unit: str, words: Callable[[Totals], str]) -> Figure:
        return Figure(
            label, words(today), unit, wider_label=_("Month"), wider_value=f"{words(month)} {unit}".rstrip()
        )

    own, *others = _amounts(today, currency)
    found = [
        figure(_("Energy today"), "kWh", lambda total: energy_text(total.energy_wh, 1)),
        Figure(
            _("Amount today"),
            own,
            f"+{NBSP}{sums_text(others)}" if others else "",
            wider_label=_("Month"),
            wider_value=sums_text(_amounts(month, currency)),
        ),
        figure(_("Sessions today"), "", lambda total: number_text(total.sessions)),
        Figure(_("Power now"), number_text(power / 1000, 1), "kW"),
        Figure(_("Sessions now"), number_text(sessions)),
    ]
    if grams := settings.CARBON_SAVED_G_PER_KWH:
        found.append(
            figure(_("CO₂ saved today"), "kg", lambda total: number_text(total.energy_wh * grams / 1_000_000))
        )
    return found


def _amounts(total: Totals, currency: str) -> list[str]:
    """The tenant's own currency first; no two are added up."""
    own = money_text(Money(total.amounts.get(currency, 0), currency))
    others = [
        money_text(Money(sum_, name)) for name, sum_ in sorted(total.amounts.items()) if name != currency
    ]
    return [own, *others]


def _bands(energy: dict[str, int]) -> list[dict[str, Any]]:
    """Of the last 30 days: how much of the energy flowed in each kind of tariff period."""
    whole = sum(energy.values())
    return [
        {
            "band": band.name.lower(),
            "word": word,
            "energy": energy_text(energy[band.name.lower()], 0),
            "share": energy[band.name.lower()] / whole if whole else 0.0,
        }
        for band, word in BAND.items()
    ]


def _ranked(today: date) -> list[dict[str, Any]]:
    """Stations by the energy of today."""
    rows = selectors.best_stations(today, ROWS)
    top = max((wh for _name, wh in rows), default=0) or 1
    return [
        {"name": name, "words": f"{energy_text(wh, 1)} kWh", "value": wh, "top": top} for name, wh in rows
    ]


def _alarms() -> list[AlarmLine]:
    rows = open_alarms().select_related("station", "pile")[:ROWS]
    return [
        AlarmLine(
            title=title_of(alarm.code),
            context=" · ".join(str(one) for one in (alarm.station, alarm.pile) if one is not None),
            since=alarm.first_seen_at,
            tone=SEVERITY_TONES.get(alarm.severity, "plain"),
            url="",
        )
        for alarm in rows
    ]


def _session(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "station": row["station__name"],
        "terminal": f"{row['pile__name']} {letter_of(row['connector__number'])}",
        "power": number_text((row["power_w"] or 0) / 1000, 1),
        "energy": energy_text(row["energy_wh"], 1),
        "started_at": row["started_at"],
    }
