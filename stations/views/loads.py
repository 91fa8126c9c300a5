"""Load groups of a station: their limit, and who has how much of it now."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit import cells, figures
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.pages import detail_page, form_page, requires, row_or_404
from stations import selectors
from stations.forms.charging import LoadGroupForm, group_initial
from stations.models import letter_of
from stations.permissions import StationPerm
from stations.services import loads

HISTORY_SHOWN = 20
NOTES = {
    "offline": gettext_lazy("Cannot be heard: it counts with what it had."),
    "no_profiles": gettext_lazy("The terminal has no smart charging: it counts with all it can give."),
    "no_sign": gettext_lazy("An old start without a sign of life: it is told nothing."),
    "refused": gettext_lazy("The terminal refused: it counts with what it had."),
    "no_answer": gettext_lazy("No answer: it counts with the greater of old and new."),
}


def page_of(group):
    return reverse("stations:load_group", args=[group.pk])


@requires(StationPerm.VIEW)
def group(request, pk):
    """The limit, its shares, and how it was shared before."""
    row = row_or_404(selectors.load_groups(), pk=pk)
    shares = list(selectors.shares_of(row))
    state = (_("Sharing"), "charging") if row.on else (_("Off"), "offline")
    return detail_page(
        request,
        "stations/load_group.html",
        title=row.name,
        back=Link(row.station.name, reverse("stations:station", args=[row.station_id])),
        badges=[state],
        subtitle=row.station.code,
        actions=_actions(row) if StationPerm.MANAGE in request.grants else [],
        live=["loads"],
        group=row,
        state_facts=_facts(row, shares),
        shares=[_line(row, share) for share in shares],
        members=selectors.members_of(row),
        history=list(selectors.reshares_of(row)[:HISTORY_SHOWN]),
    )


@requires(StationPerm.MANAGE)
def create(request, pk):
    """A group of a station."""
    station = row_or_404(selectors.stations(), pk=pk)
    form = LoadGroupForm(
        request.POST or None,
        station=station,
        initial={"name": station.name[:80], "limit": station.power_limit_kw},
    )
    return _form(
        request,
        form,
        title=_("New load group"),
        save=lambda data: loads.create_group(station, actor=request.actor, **data),
        back=Link(station.name, reverse("stations:station", args=[station.pk])),
    )


@requires(StationPerm.MANAGE)
def edit(request, pk):
    """Change a group, or switch it off."""
    row = row_or_404(selectors.load_groups(), pk=pk)
    form = LoadGroupForm(request.POST or None, station=row.station, initial=group_initial(row))
    return _form(
        request,
        form,
        title=_("Edit %(name)s") % {"name": row.name},
        save=lambda data: loads.edit_group(row, actor=request.actor, **data),
        back=Link(row.name, page_of(row)),
    )


def _form(request, form, *, back, **context):
    return form_page(
        request,
        form,
        sections=form.sections(),
        then=page_of,
        done=_("Saved. The limit is shared anew."),
        back=back,
        cancel_url=back.url,
        **context,
    )


def _actions(row):
    return [Action(_("Edit"), reverse("stations:load_group_edit", args=[row.pk]), icon="edit", get=True)]


def _facts(row, shares):
    given = sum((share.share for share in shares), 0)
    measured = [share.taken for share in shares if share.taken is not None]
    return [
        Fact(_("Limit"), _figure(row, row.limit), _phases(row)),
        Fact(_("Given"), _figure(row, given)),
        Fact(_("Taken"), _figure(row, sum(measured)) if measured else "–"),
        Fact(_("Charges"), str(len(shares))),
        Fact(_("Without word from us"), _figure(row, row.safety), _("each connector")),
        Fact(_("Last shared"), cells.ago(row.shared_at) if row.shared_at else "–", big=False),
    ]


def _line(row, share):
    """One session with its bar."""
    told = share.obeys if share.asked is None else None
    return {
        "row": share,
        "letter": letter_of(share.connector_number),
        "top": row.limit,
        "given": _figure(row, share.share),
        "told": _figure(row, told) if told is not None else "",
        "asked": _figure(row, share.asked) if share.asked is not None else "",
        "taken": _figure(row, share.taken) if share.taken is not None else "–",
        "why": NOTES.get(share.note) or (_("Pauses until there is room.") if not share.share else ""),
        "tone": "waiting" if share.note or not share.share else "charging",
    }


def _figure(row, value):
    return f"{figures.number_text(value, 1)}{figures.NBSP}{row.unit}"


def _phases(row):
    return _("on %(count)s phases") % {"count": row.phases} if row.unit == "A" else ""
