"""The alarm centre: one list for each of the three classes, with the same columns and filters."""

from __future__ import annotations

from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from alarms import selectors, services
from alarms.catalogue import CATALOGUE, DANGER
from alarms.models import Alarm, AlarmClass, AlarmSource, AlarmState
from alarms.permissions import AlarmPerm
from alarms.wording import SEVERITIES, SEVERITY_TONES, TITLES, info_words, reported_words, title_of
from backoffice.kit import clock
from backoffice.kit.frame import Empty, Tone
from backoffice.kit.lists import (
    ListFilters,
    ListTable,
    Place,
    Resource,
    RowAction,
    Tab,
    columns,
    filters,
)

STATE_TONES: dict[AlarmState, Tone] = {
    AlarmState.OPEN: "fault",
    AlarmState.ACKNOWLEDGED: "waiting",
    AlarmState.CLEARED: "idle",
    AlarmState.CLOSED: "offline",
}

ACKNOWLEDGE = RowAction(
    name="acknowledge",
    label=_("Acknowledge"),
    run=services.acknowledge_alarm,
    perm=AlarmPerm.HANDLE,
    icon="check",
    direct=True,
    bulk=True,
    done=_("Acknowledged."),
    hidden=lambda row: row.state != AlarmState.OPEN,
    needs=("state",),
)


def _called(row):
    """An alarm by its place too: many are called alike."""
    station, pile, connector = selectors.place_of(row.pk)
    return " · ".join(filter(None, [str(row), station, where(pile, connector)]))


CLOSE = RowAction(
    name="close",
    label=_("Close the alarm…"),
    run=services.close_alarm,
    perm=AlarmPerm.HANDLE,
    icon="close",
    reason=True,
    bulk=True,
    text=_("If its cause is seen again, that is a new alarm."),
    called=_called,
    done=_("Closed."),
    hidden=lambda row: row.state == AlarmState.CLOSED,
    needs=("state",),
)


def where(pile: str | None, connector: int | None) -> str:
    """``HQ-07 · A``; connectors are letters, as on the labels."""
    letter = chr(ord("A") + connector - 1) if connector and connector <= 26 else str(connector or "")
    return " · ".join(filter(None, [pile, letter]))


def whose(handler, suppressed):
    """Who acknowledged it; nobody has to where an alarm of the whole station says the same."""
    return handler or (_("In station alarm") if suppressed else "")


class Severity(columns.Badge):
    """Not the state of the row: on a phone that stands in the corner of the card."""

    css = ""


def kind_column(to):
    """The title as the link to the alarm, the code below."""
    return columns.Link(
        "code", "info", to=to, head=_("Alarm"), show=title_of, second=columns.Text("code"), css="c-title"
    )


class SafetyTable(ListTable):
    kind = kind_column("alarms:safety")
    severity = Severity(choices=SEVERITIES, tones=SEVERITY_TONES, sort=True)
    state = columns.Badge(
        tones=STATE_TONES,
        second=columns.Text("acknowledged_by", "suppressed", head=_("Handler"), show=whose),
    )
    place = columns.Text(
        "station__name",
        head=_("Station"),
        second=columns.Text("pile__name", "connector_number", head=_("Terminal"), show=where),
    )
    agency = columns.Text(
        "agency__name",
        head=_("Agency"),
        second=columns.Text("operator__name", head=_("Operator")),
        css="c-tight",
    )
    error_code = columns.Text(
        "error_code",
        "code",
        "info",
        head=_("Reported"),
        show=reported_words,
        second=columns.Text("vendor_error_code"),
    )
    info = columns.Text("code", "vendor_error_code", "info", show=info_words, shown=False)
    first_seen_at = columns.When(sort=True, second=columns.Duration("open_for", head=_("Open for")))
    last_seen_at = columns.Ago(sort=True, second=columns.Number("count"))
    about = columns.About(shown=False)
    source = columns.Text(shown=False)
    note = columns.Text(shown=False, second=columns.Text("closed_by"))
    cleared_at = columns.When(shown=False)


class FailureTable(SafetyTable):
    kind = kind_column("alarms:failure")


class StationTable(SafetyTable):
    kind = kind_column("alarms:station")


def _untouched(minutes):
    return Q(state=AlarmState.OPEN, first_seen_at__lte=clock.ago(minutes=minutes))


def kind_filter(alarm_class):
    """One of the kinds of a class."""
    kinds = {
        code: format_lazy("{} {}", code, TITLES[kind.text])
        for code, kind in CATALOGUE.items()
        if kind.alarm_class == alarm_class
    }
    return filters.Choice("code", choices=kinds, label=_("Kind"))


class AlarmFilters(ListFilters):
    state = filters.Choice()
    severity = filters.Choice(choices=SEVERITIES)
    terminal = filters.Search("station__name", "pile__name", "pile__identity", label=_("Station or terminal"))
    last_seen_at = filters.Period()
    vendor_error_code = filters.Text()
    tenant = filters.Subtree()
    handler = filters.Text("acknowledged_by")
    waiting = filters.Cases(
        {
            "10": (_("Over 10 minutes"), lambda: _untouched(10)),
            "30": (_("Over 30 minutes"), lambda: _untouched(30)),
            "120": (_("Over 2 hours"), lambda: _untouched(120)),
        },
        label=_("Not acknowledged"),
    )
    more = filters.Cases(
        {
            "order": (_("Hit an order"), lambda: ~Q(about="")),
            "again": (_("Came back"), lambda: Q(reopened__gt=0)),
            "parts": (_("Without parts of a station alarm"), lambda: Q(suppressed=False)),
            "worked_on": (_("Silenced by maintenance"), selectors.silenced),
        },
        label=_("More"),
    )
    source = filters.Choice(choices=AlarmSource)


class SafetyFilters(AlarmFilters):
    kind = kind_filter(AlarmClass.SAFETY)


class FailureFilters(AlarmFilters):
    kind = kind_filter(AlarmClass.FAILURE)


class StationFilters(AlarmFilters):
    kind = kind_filter(AlarmClass.STATION)


TABS = (
    Tab(
        name="open",
        label=_("Open"),
        rows=lambda: Q(state=AlarmState.OPEN, suppressed=False) & ~selectors.silenced(),
        kind="bad",
    ),
    Tab(name="acknowledged", label=_("Acknowledged"), rows=lambda: Q(state=AlarmState.ACKNOWLEDGED)),
    Tab(
        name="over",
        label=_("Danger over, to be closed"),
        rows=lambda: Q(state=AlarmState.CLEARED, severity=DANGER),
        kind="warn",
    ),
)


def _list(alarm_class, **given):
    """One of the three."""
    return Resource(
        name=f"alarms.{alarm_class.value}",
        path=f"alarms/{alarm_class.value}/",
        model=Alarm,
        view=AlarmPerm.VIEW,
        export=AlarmPerm.EXPORT,
        label="code",
        order=("-last_seen_at", "-id"),
        detail=f"alarms:{alarm_class.value}",
        tabs=TABS,
        actions=(ACKNOWLEDGE, CLOSE),
        live="alarms",
        **given,
    )


SAFETY = _list(
    AlarmClass.SAFETY,
    title=_("Safety alarms"),
    rows=selectors.safety_alarms,
    table=SafetyTable,
    filters=SafetyFilters,
    menu=Place(
        "alarms",
        10,
        label=pgettext_lazy("menu", "Safety"),
        waiting=selectors.open_safety,
        count_kind="bad",
    ),
    empty=Empty(_("No safety alarm"), _("Heat, leakage, over-current and the like would stand here.")),
)
FAILURE = _list(
    AlarmClass.FAILURE,
    title=_("Failure alarms"),
    rows=selectors.failure_alarms,
    table=FailureTable,
    filters=FailureFilters,
    menu=Place("alarms", 20, label=pgettext_lazy("menu", "Failure")),
    empty=Empty(
        _("No failure"), _("What piles report as broken, and piles that are gone, would stand here.")
    ),
)
STATION = _list(
    AlarmClass.STATION,
    title=_("Station alarms"),
    rows=selectors.station_alarms,
    table=StationTable,
    filters=StationFilters,
    menu=Place("alarms", 30, label=pgettext_lazy("menu", "Station")),
    empty=Empty(_("No station alarm"), _("What concerns a whole station would stand here.")),
)

CENTRE: dict[str, Resource] = {
    AlarmClass.SAFETY: SAFETY,
    AlarmClass.FAILURE: FAILURE,
    AlarmClass.STATION: STATION,
}
"""The list of each class."""
