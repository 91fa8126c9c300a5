"""Local lists: who is on them, where they count, and which piles are in step."""

from __future__ import annotations

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit import cells
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.pages import (
    detail_page,
    form_page,
    form_question,
    question_page,
    requires,
    row_or_404,
)
from stations import selectors, tones
from stations.forms.access import AssignListForm, ListForm
from stations.models import ListState
from stations.permissions import StationPerm
from stations.resources.access import LOCAL_LISTS
from stations.services import local_lists
from stations.views.station import page_of as page_of_station
from stations.wording import list_note

CARDS_SHOWN, PILES_SHOWN = 25, 25
FIELDS = ("name", "rule", "groups", "picked", "refused_too")
STANDING = {"Accepted": "charging", "Blocked": "offline"}


def page_of(row):
    return reverse("stations:local_list", args=[row.pk])


@requires(StationPerm.VIEW)
def local_list(request, pk):
    """One list: its cards, and the piles that have it."""
    row = row_or_404(selectors.local_list_list().select_related("tenant"), pk=pk)
    may = StationPerm.LIST_MANAGE in request.grants and row.in_scope()
    return detail_page(
        request,
        "stations/local_list.html",
        title=row.name,
        back=LOCAL_LISTS.back(),
        badges=[(_("Default"), "accent")] if row.is_default else [],
        subtitle=row.tenant.name,
        actions=_actions(row) if may else [],
        live=["lists"],
        **_shown(row, selectors.list_states().filter(list=row), may),
    )


@requires(StationPerm.VIEW)
def of_station(request, pk):
    """The list that counts at a station, and its piles there."""
    station = row_or_404(selectors.stations(), pk=pk)
    row = selectors.list_of_station(station)
    may = StationPerm.LIST_MANAGE in request.grants
    change = Action(
        _("Other list…"), reverse("stations:station_assign_list", args=[pk]), icon="switch", asks=True
    )
    return detail_page(
        request,
        "stations/local_list.html",
        title=_("Local list of %(name)s") % {"name": station.name},
        back=Link(station.name, page_of_station(station)),
        actions=[change] if may else [],
        live=["lists"],
        **_shown(row, selectors.list_states().filter(pile__station=station), may),
    )


@requires(StationPerm.LIST_MANAGE)
def create(request):
    """A list of the operator."""
    return _form(
        request,
        ListForm(request.POST or None),
        title=_("New list"),
        save=lambda data: local_lists.create_list(request.membership.tenant, actor=request.actor, **data),
        done=_("Created. Make it the default, or choose it at stations."),
        back=LOCAL_LISTS.back(),
        cancel_url=LOCAL_LISTS.url,
    )


@requires(StationPerm.LIST_MANAGE)
def edit(request, pk):
    """Who stands on it."""
    row = row_or_404(selectors.local_lists(), pk=pk)
    return _form(
        request,
        ListForm(request.POST or None, initial={name: getattr(row, name) for name in FIELDS}),
        title=_("Edit %(name)s") % {"name": row.name},
        save=lambda data: local_lists.edit_list(row, actor=request.actor, **data),
        done=_("Saved. Its terminals follow within a minute."),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.LIST_MANAGE)
def make_default(request, pk):
    """Let it count where no other is named, or not any more."""
    row = row_or_404(selectors.local_lists(), pk=pk)
    becomes = not row.is_default
    return question_page(
        request,
        title=(_("Make %(name)s the default") if becomes else _("%(name)s is the default no longer"))
        % {"name": row.name},
        do=lambda _reason: local_lists.make_default(row, actor=request.actor, is_default=becomes),
        then=page_of(row),
        reason=False,
        text=_("It counts at all stations that name no other.")
        if becomes
        else _("Terminals of stations that name no list are emptied."),
        danger=not becomes,
    )


@requires(StationPerm.LIST_MANAGE)
def delete(request, pk):
    """Take it away."""
    row = row_or_404(selectors.local_lists(), pk=pk)
    return question_page(
        request,
        title=_("Delete %(name)s") % {"name": row.name},
        submit_label=_("Delete"),
        do=lambda reason: local_lists.delete_list(row, actor=request.actor, reason=reason),
        then=LOCAL_LISTS.url,
        cancel_url=page_of(row),
        text=_("Its terminals are emptied, or get the default."),
        danger=True,
    )


@requires(StationPerm.LIST_MANAGE)
def assign(request, pk):
    """Which list counts at a station."""
    row = row_or_404(selectors.stations(), pk=pk)
    form = AssignListForm(
        request.POST or None, tenant_id=row.tenant_id, initial={"local_list": row.local_list_id}
    )
    return form_question(
        request,
        form,
        title=_("Local list of %(name)s") % {"name": row.name},
        save=lambda data: local_lists.assign_list(row, actor=request.actor, **data),
        then=reverse("stations:station_list", args=[pk]),
        submit_label=_("Save"),
    )


def _form(request, form, **context):
    return form_page(request, form, then=page_of, **context)


def _actions(row):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]), icon=icon, **more)

    default = _("Default no longer…") if row.is_default else _("Make it the default…")
    return [
        to("local_list_default", default, "check", asks=True),
        to("local_list_delete", _("Delete…"), "trash", asks=True, tone="stop"),
        to("local_list_edit", _("Edit"), "edit", get=True),
    ]


def _shown(row, states, may):
    """The cards, for those who may look after lists; the piles with what differs."""
    total, in_step = states.count(), states.filter(state=ListState.IN_STEP).count()
    left_out = states.aggregate(most=Max("left_out"))["most"] or 0
    rows = list(selectors.out_of_step_first(states)[:PILES_SHOWN])
    entries = selectors.entries_of(row) if row is not None and may else []
    facts = [
        Fact(_("Who is on it"), row.get_rule_display() if row is not None else "–", big=False),
        Fact(_("Terminals in step"), f"{in_step} / {total}", big=False),
        Fact(
            _("Last built"),
            cells.ago(row.checked_at) if row is not None and row.checked_at else "–",
            big=False,
        ),
    ]
    if may:
        facts.insert(1, Fact(_("Cards"), str(len(entries)), big=False))
    return {
        "local_list": row,
        "facts": facts,
        "piles": [
            (one, one.get_state_display(), tones.LOCAL_LIST[one.state], list_note(one)) for one in rows
        ],
        "cards": [(one, STANDING[one.status]) for one in entries[:CARDS_SHOWN]],
        "more_cards": max(0, len(entries) - CARDS_SHOWN),
        "may_see_cards": may,
        "more_piles": max(0, total - PILES_SHOWN),
        "left_out": left_out,
        "unknown": selectors.unknown_picks(row) if row is not None and may else [],
    }
