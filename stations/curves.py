"""The composite schedule of a pile as a chart and as a table: ours, and what the pile answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _, pgettext

from backoffice.kit import clock, figures
from backoffice.kit.frame import Chart, Series, Words
from ocpp_gateway.wire import CommandState
from stations.composite import USUAL_SUPPLY, Limit, Running, Step, composite
from stations.models import Command, Pile
from stations.profiles import Unit
from stations.reported import read_composite
from stations.selectors import composites_of, installed_profiles, place_of_pile, sessions_at

KILO = Decimal(1000)
ASKED_WITHIN = timedelta(hours=24)
Span = tuple[datetime, datetime, Decimal | None]


@dataclass(frozen=True, slots=True)
class Curves:
    """``ours`` and ``theirs`` are lines of a table: (from, limit in words). ``asked`` is the pile's last answer.

    Unless ``is_limited`` there is nothing to draw.
    """

    chart: Chart
    is_limited: bool
    legend: tuple[tuple[Words, str], ...]
    ours: Sequence[tuple[datetime, str]]
    theirs: Sequence[tuple[datetime, str]]
    asked: Command | None
    zone: ZoneInfo


def schedule_curves(pile: Pile, connector: int, duration_s: int, unit: Unit) -> Curves:
    """The limits of a connector from now on, in kW or A."""
    at = clock.now().replace(microsecond=0)
    zone = ZoneInfo(place_of_pile(pile.pk).zone)
    ours = _spans(_own_steps(pile, connector, at, duration_s, unit), at, at + timedelta(seconds=duration_s))
    asked = _last_answer(pile, connector)
    theirs = _told_spans(asked, unit) if asked is not None else []
    midnight = _midnight(at, zone)
    series = [Series(_("By our account"), _points(ours, midnight, unit), tone="accent", area=True)]
    legend: list[tuple[Words, str]] = [(_("By our account"), "s-accent")]
    if theirs:
        series.append(
            Series(_("The terminal says"), _points(theirs, midnight, unit), tone="ink", dashed=True)
        )
        legend.append((_("The terminal says"), "s-ink"))
    is_limited = any(amount is not None for _start, _end, amount in [*ours, *theirs])
    chart = Chart(series, [_words(unit)])
    return Curves(chart, is_limited, tuple(legend), _lines(ours, unit), _lines(theirs, unit), asked, zone)


def _own_steps(pile: Pile, connector: int, at: datetime, duration_s: int, unit: Unit) -> list[Step]:
    session = next((one for one in sessions_at(pile.pk) if one.connector_number == connector), None)
    running = None if session is None else Running(session.transaction_id, session.started_at)
    return composite(
        installed_profiles(pile.pk), connector, at=at, duration_s=duration_s, unit=unit, running=running
    )


def _last_answer(pile: Pile, connector: int) -> Command | None:
    """Old answers say nothing of now."""
    since = clock.now() - ASKED_WITHIN
    asked = composites_of(pile.pk).filter(connector_number=connector, answered_at__gt=since)
    return asked.filter(state=CommandState.ACCEPTED).first()


def _told_spans(asked: Command, unit: Unit) -> list[Span]:
    told = read_composite(asked.answer)
    if told is None or asked.answered_at is None:
        return []
    start = (told.start or asked.answered_at).replace(microsecond=0)
    last = told.periods[-1].start_s
    length = told.duration_s or max(int(asked.payload.get("duration", 0)), last + 1)
    steps = [
        Step(
            period.start_s,
            Limit(period.limit, told.unit, period.phases).within(unit, USUAL_SUPPLY),
            period.phases,
        )
        for period in told.periods
        if period.start_s < length
    ]
    return _spans(steps, start, start + timedelta(seconds=length))


def _spans(steps: Sequence[Step], at: datetime, until: datetime) -> list[Span]:
    starts = [at + timedelta(seconds=step.start_s) for step in steps]
    return [
        (start, end, step.limit) for start, end, step in zip(starts, [*starts[1:], until], steps, strict=True)
    ]


def _points(spans: Sequence[Span], midnight: datetime, unit: Unit) -> list[tuple[float, float | None]]:
    """Two points for each step, so that a line drawn through them is one of stairs; a hole where nothing limits."""
    found: list[tuple[float, float | None]] = []
    for start, end, amount in spans:
        value = None if amount is None else float(amount / KILO if unit is Unit.WATTS else amount)
        found += [(_minute(start, midnight), value), (_minute(end, midnight), value)]
    return found


def _minute(at: datetime, midnight: datetime) -> float:
    return round((at - midnight).total_seconds() / 60, 2)


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    return at - timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)


def _lines(spans: Sequence[Span], unit: Unit) -> list[tuple[datetime, str]]:
    return [(start, limit_text(amount, unit)) for start, _end, amount in spans]


def limit_text(amount: Decimal | None, unit: Unit) -> str:
    """``11.0 kW``, ``16.0 A``, or that nothing limits."""
    if amount is None:
        return pgettext("power", "no limit")
    shown = amount / KILO if unit is Unit.WATTS else amount
    return f"{figures.number_text(shown, 1)}{figures.NBSP}{_words(unit)}"


def _words(unit: Unit) -> str:
    return "kW" if unit is Unit.WATTS else "A"
