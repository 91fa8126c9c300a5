"""One alarm in full."""

from __future__ import annotations

from django.utils.translation import gettext as _

from alarms import selectors
from alarms.models import AlarmState
from alarms.permissions import AlarmPerm
from alarms.resources import CENTRE, STATE_TONES, where
from alarms.wording import SEVERITIES, SEVERITY_TONES, info_words, title_of
from backoffice.kit import cells, figures, references
from backoffice.kit.frame import Fact
from backoffice.kit.pages import detail_page, requires, row_or_404
from backoffice.kit.staff import Reader

LATEST = 10


@requires(AlarmPerm.VIEW)
def alarm(request, pk, alarm_class):
    """What was seen where, who did what, and what else was wrong with the same terminal."""
    listed = CENTRE[alarm_class]
    reader = Reader.of(request)
    rows = selectors.alarms_listed(alarm_class).select_related("station", "pile", "agency", "operator")
    row = row_or_404(rows, pk=pk)
    others = selectors.alarms_of_pile(row.pile_id).exclude(pk=pk)[:LATEST] if row.pile_id else ()
    return detail_page(
        request,
        "alarms/alarm.html",
        title=title_of(row.code),
        back=listed.back(),
        badges=[
            (SEVERITIES[row.severity], SEVERITY_TONES[row.severity]),
            (row.get_state_display(), STATE_TONES[AlarmState(row.state)]),
        ],
        subtitle=row.code,
        actions=listed.buttons(row, reader),
        facts=_facts(row),
        alarm=row,
        place=_place(row),
        reported=_reported(reader, row),
        course=_course(row),
        others=[
            (
                other,
                title_of(other.code),
                CENTRE[other.alarm_class].detail_url(other),
                STATE_TONES[AlarmState(other.state)],
            )
            for other in others
        ],
    )


def _facts(row):
    return [
        Fact(_("First seen"), cells.when(row.first_seen_at)),
        Fact(_("Last seen"), cells.ago(row.last_seen_at)),
        Fact(_("Open for"), figures.duration_text(int(row.open_for.total_seconds()))),
        Fact(_("Seen"), figures.number_text(row.count), note=_came_back(row)),
    ]


def _came_back(row):
    return _("came back %(n)s times") % {"n": row.reopened} if row.reopened else ""


def _place(row):
    found = [
        (_("Operator"), row.operator),
        (_("Agency"), row.agency),
        (_("Station"), row.station),
        (_("Terminal"), where(row.pile.name if row.pile else "", row.connector_number)),
    ]
    return [(label, value) for label, value in found if value]


def _reported(reader, row):
    found = [
        (_("Error code"), row.error_code),
        (_("Vendor code"), row.vendor_error_code),
        (_("Text"), info_words(row.code, row.vendor_error_code, row.info)),
        (_("About"), references.cell(row.about, reader)),
        (_("Source"), row.get_source_display()),
    ]
    return [(label, value) for label, value in found if value]


def _course(row):
    """The steps of its life, with who took them."""
    steps = [
        (row.first_seen_at, _("Raised"), ""),
        (row.acknowledged_at, _("Acknowledged"), row.acknowledged_by),
        (row.cleared_at, _("Cleared"), ""),
        (row.closed_at, _("Closed"), " · ".join(filter(None, [row.closed_by or _("by itself"), row.note]))),
    ]
    return sorted((step for step in steps if step[0]), key=lambda step: step[0])
