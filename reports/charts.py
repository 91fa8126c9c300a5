"""Charts that the overview and the big screen share: the load, the months, the connectors by state. No query here
but those of the load; words are those of the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from backoffice.kit.drawings import Slice
from backoffice.kit.figures import number_text
from backoffice.kit.frame import Chart, Series
from reports import selectors
from reports.selectors import Totals
from stations import tones
from stations.standing import Standing
from stations.wording import STANDINGS
from tenants.models import Tenant
from tenants.selectors import Ancestor

HALF_HOUR_MINUTES = 30
MW = 10_000_000
"""From this many W on the load is shown in MW."""

MWH = 10_000_000
"""From this many Wh on energy is shown in MWh."""

SHOWN = (
    Standing.CHARGING,
    Standing.IDLE,
    Standing.WAITING,
    Standing.CLOSED,
    Standing.OFFLINE,
    Standing.FAULT,
)
"""The order of the ring."""


def load_chart(tenant: Tenant | Ancestor, now: datetime, power_w: int) -> dict[str, Any]:
    """Mean power of each half hour, today and yesterday, and the power that flows now (``now`` in the reader's zone)."""
    days = (now.date(), now.date() - timedelta(days=1))
    loads = selectors.load(tenant, days)
    minute = now.hour * 60 + now.minute
    today, yesterday = (
        [(number * 30 + 15.0, wh * 2.0) for number, wh in enumerate(loads[day])] for day in days
    )
    done = [point for point in today if point[0] + HALF_HOUR_MINUTES / 2 <= minute]
    ends = [(0.0, None), *yesterday, (1440.0, None)]
    highest = max([power_w, *(w for _minute, w in [*done, *yesterday])])
    unit, scale = ("MW", 1_000_000) if highest >= MW else ("kW", 1_000)

    def scaled(points: Sequence[tuple[float, float | None]]) -> list[tuple[float, float | None]]:
        return [(at, None if w is None else round(w / scale, 2)) for at, w in points]

    current = f"{number_text(power_w / scale, 1)} {unit}"
    return {
        "load": Chart(
            series=[
                Series(_("Today"), scaled([*done, (float(minute), float(power_w))]), area=True),
                Series(_("Yesterday"), scaled(ends), tone="quiet", dashed=True),
            ],
            units=[unit],
            now=_("%(power)s now") % {"power": current},
        ),
        "load_label": _("Power by the half hour, today and yesterday; now %(power)s") % {"power": current},
        "load_legend": [(_("Today"), "s-accent"), (_("Yesterday"), "s-offline")],
    }


def month_chart(days: Mapping[date, Totals], today: date) -> Chart:
    """Energy of this month and the eleven before it, as bars."""
    months = {first_of(today, back): 0 for back in range(11, -1, -1)}
    for day, total in days.items():
        if (first := day.replace(day=1)) in months:
            months[first] += total.energy_wh
    unit, scale = ("MWh", 1_000_000) if max(months.values()) >= MWH else ("kWh", 1_000)
    return Chart(
        series=[Series(_("Energy"), [round(wh / scale, 1) for wh in months.values()], bars=True)],
        units=[unit],
        labels=[formats.date_format(month, "M") for month in months],
    )


def first_of(today: date, back: int) -> date:
    """The first day of the month so many months before."""
    months = today.year * 12 + today.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def slices(counts: Mapping[Standing, int]) -> list[Slice]:
    """Connectors by state, for a ring."""
    return [
        Slice(str(STANDINGS[standing]), counts.get(standing, 0), tones.STANDING[standing])
        for standing in SHOWN
        if counts.get(standing) or standing is not Standing.CLOSED
    ]
