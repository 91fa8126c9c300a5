"""What pages of stations and piles show of alarms: asked for through the hooks of their room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from alarms import selectors
from alarms.models import LIVE, Alarm, AlarmClass, AlarmState
from alarms.permissions import AlarmPerm
from alarms.resources import CENTRE, STATE_TONES, where
from alarms.wording import SEVERITIES, SEVERITY_TONES, title_of
from backoffice.kit.frame import Tone, Words
from backoffice.kit.staff import Reader
from stations.hooks import Part
from stations.models import Pile, Station

SHOWN = 8
PAST = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One alarm in short."""

    row: Alarm
    title: str
    url: str
    place: str
    severity: Words
    tone: Tone
    state_tone: Tone


def alarms_of_station(station: Station, reader: Reader) -> Part | None:
    """What is wrong at a station and its piles now."""
    if not reader.may(AlarmPerm.VIEW):
        return None
    rows = selectors.alarms_of_station(station.pk).select_related("pile")
    found = list(rows[: SHOWN + 1])
    context = {
        "title": _("Open alarms"),
        "open": _lines(found[:SHOWN]),
        "more": len(found) > SHOWN,
        "all_url": _listed(AlarmClass.FAILURE, terminal=station.name),
        "place": "station",
    }
    return Part("alarms/_here.html", context, order=20, beside=True)


def alarms_of_pile(pile: Pile, reader: Reader) -> Part | None:
    """What is wrong with a pile now, and what was."""
    if not reader.may(AlarmPerm.VIEW):
        return None
    rows = selectors.alarms_of_pile(pile.pk).select_related("pile")
    found = list(rows.filter(LIVE).order_by("severity", "-last_seen_at", "-pk")[: SHOWN + 1])
    context = {
        "title": _("Alarms"),
        "open": _lines(found[:SHOWN]),
        "more": len(found) > SHOWN,
        "past": _lines(rows.exclude(LIVE)[:PAST]),
        "all_url": _listed(AlarmClass.FAILURE, terminal=pile.identity, tab=""),
        "place": "pile",
    }
    return Part("alarms/_here.html", context, order=20, beside=True)


def _lines(rows: Iterable[Alarm]) -> list[Line]:
    return [
        Line(
            row,
            title_of(row.code),
            CENTRE[row.alarm_class].detail_url(row),
            where(row.pile.name if row.pile else None, row.connector_number),
            SEVERITIES[row.severity],
            SEVERITY_TONES[row.severity],
            STATE_TONES[AlarmState(row.state)],
        )
        for row in rows
    ]


def _listed(alarm_class: AlarmClass, **filters: str) -> str:
    return f"{reverse(f'alarms.{alarm_class.value}')}?{urlencode(filters)}"
