"""What a pile knows of cards by itself, and for whom its connectors are kept free."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit import cells
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.pages import form_page, question_page, requires, row_or_404
from drivers.permissions import DriverPerm
from stations import selectors, tones
from stations.forms.access import ExtendForm, ReserveForm
from stations.models import Life
from stations.permissions import StationPerm
from stations.resources.access import connector_words, number_words
from stations.services import list_sync, reservations
from stations.views.workbench import pile_page
from stations.wording import list_note, reservation_note

RESERVATIONS_SHOWN = 12
HOLDERS = frozenset({StationPerm.FRAMES_VIEW, DriverPerm.VIEW})
"""Who sees for whom a connector is kept free: the card, or the driver."""

WAYS = {
    "build": (
        gettext_lazy("Build"),
        gettext_lazy("The list is made anew from the cards, and what differs is sent."),
        "refresh",
    ),
    "differences": (gettext_lazy("Send differences"), gettext_lazy("Only what differs is sent."), "upload"),
    "full": (
        gettext_lazy("Send whole…"),
        gettext_lazy("The whole list replaces what the terminal has."),
        "upload",
    ),
    "version": (
        gettext_lazy("Ask for the version"),
        gettext_lazy("Where it is another one than we think, the whole list is sent."),
        "eye",
    ),
    "clear": (
        gettext_lazy("Clear…"),
        gettext_lazy("The terminal forgets all cards, and gets none until the list is sent again."),
        "trash",
    ),
}


def page_of(pile):
    return reverse("stations:pile_access", args=[pile.pk])


@requires(StationPerm.VIEW)
def access(request, pk):
    """The local list of a pile and its reservations."""
    row = row_or_404(selectors.piles(), pk=pk)
    state = selectors.list_state_of(row)
    own_list, ways = selectors.list_of_station(row.station), _ways(row, request.grants)
    terms = selectors.list_terms(row.pk)
    return pile_page(
        request,
        row,
        "stations/access.html",
        current="pile_access",
        live=["piles"],
        state=state,
        state_facts=_facts(state, own_list),
        shows_list=bool(ways) or not _is_named(state, own_list),
        note=list_note(state) if state is not None else "",
        own_list=own_list,
        terms=terms,
        ways=ways,
        reserving=_reserving(row, request.grants),
        shows_holders=not HOLDERS.isdisjoint(request.grants),
        no_reservations=selectors.unsupported(row, "ReserveNow"),
        reservations=[
            _line(one, request.grants) for one in selectors.reservations_of(row.pk)[:RESERVATIONS_SHOWN]
        ],
    )


@requires(StationPerm.LIST_MANAGE)
def look_after(request, pk, how):
    """Do something about the list of a pile now."""
    if how not in WAYS:
        raise Http404
    row = row_or_404(selectors.piles(), pk=pk)
    label, text, _icon = WAYS[how]
    return question_page(
        request,
        title=f"{str(label).removesuffix('…')} · {row.name}",
        do=lambda reason: list_sync.look_after(row, how=how, actor=request.actor, reason=reason),
        then=page_of(row),
        reason=how == "clear",
        done=_("Asked. What becomes of it stands here.")
        if row.online
        else _("It is done when the terminal is back."),
        text=text,
        danger=how == "clear",
    )


@requires(StationPerm.RESERVE)
def reserve(request, pk):
    """Keep a connector free for a card."""
    row = row_or_404(selectors.piles(), pk=pk)
    engineer = StationPerm.COMMAND_ENGINEER in request.grants
    form = ReserveForm(
        request.POST or None, pile=row, objection=selectors.unsupported(row, "ReserveNow") if engineer else ""
    )
    return form_page(
        request,
        form,
        title=_("Reserve at %(name)s") % {"name": row.name},
        save=lambda data: reservations.reserve(row, actor=request.actor, **data),
        then=lambda _row: page_of(row),
        done=_("Asked. Whether the terminal agrees stands here."),
        submit_label=_("Reserve"),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.RESERVE)
def extend(request, pk):
    """Give a reservation another end."""
    row = row_or_404(selectors.reservations(), pk=pk)
    return form_page(
        request,
        ExtendForm(request.POST or None, initial={"expires_at": row.expires_at}),
        title=_("Another end for %(name)s") % {"name": row},
        save=lambda data: reservations.extend(row, actor=request.actor, **data),
        then=lambda saved: page_of(saved.pile),
        done=_("Asked. Until the terminal agrees, the old end counts."),
        back=Link(row.pile.name, page_of(row.pile)),
        cancel_url=page_of(row.pile),
    )


@requires(StationPerm.RESERVE)
def cancel(request, pk):
    """End a reservation."""
    row = row_or_404(selectors.reservations(), pk=pk)
    return question_page(
        request,
        title=_("Cancel %(name)s") % {"name": row},
        do=lambda reason: reservations.cancel(row, actor=request.actor, reason=reason),
        then=page_of(row.pile),
        done=_("Being cancelled."),
        text=_("The terminal is told. One that is offline is told when it is back."),
        danger=True,
    )


def _is_named(state, own_list):
    """Whether the facts name the list that counts at the station."""
    return state is not None and own_list is not None and state.list_id == own_list.pk


def _facts(state, own_list):
    if state is None:
        return []
    name = state.list.name if state.list else ""
    if _is_named(state, own_list):
        name = format_html('<a href="{}">{}</a>', reverse("stations:local_list", args=[own_list.pk]), name)
    badge = cells.badge(state.get_state_display(), tones.LOCAL_LIST[state.state])
    room = _("room for %(most)s") % {"most": state.in_all} if state.in_all else ""
    facts = [
        Fact(_("Local list"), badge, name, big=False),
        Fact(_("Version"), _shown(state.held_version), "", big=False),
        Fact(_("It last said"), _shown(state.reported_version), _said(state), big=False),
        Fact(_("Cards on the list"), str(state.wanted_count), room, big=False),
        Fact(_("Entries that differ"), str(state.behind_by), "", big=False),
        Fact(_("In step since"), _ago(state.synced_at) or "–", big=False),
    ]
    if state.conflict_at:
        facts.append(Fact(_("Last conflict"), _ago(state.conflict_at), big=False))
    return facts


def _said(state):
    """When it last told its version; an older word than our last sending does not speak against it."""
    if not state.reported_at:
        return ""
    sent_since = state.reported_version != state.held_version and state.synced_at is not None
    if sent_since and state.reported_at < state.synced_at:
        return format_html("{} · {}", _ago(state.reported_at), _("before our last sending"))
    return _ago(state.reported_at)


def _ago(at):
    return cells.ago(at) if at else ""


def _shown(value):
    return "–" if value is None else str(value)


def _ways(row, grants):
    """Buttons for whoever looks after lists."""
    if StationPerm.LIST_MANAGE not in grants or row.life == Life.RETIRED:
        return []
    return [
        Action(
            label,
            reverse("stations:pile_list", args=[row.pk, how]),
            icon=icon,
            asks=True,
            tone="stop" if how == "clear" else "",
        )
        for how, (label, _text, icon) in WAYS.items()
    ]


def _reserving(row, grants):
    if StationPerm.RESERVE not in grants or row.life == Life.RETIRED:
        return None
    dead = "" if row.online else _("The terminal is offline")
    return Action(
        _("Reserve…"), reverse("stations:reserve", args=[row.pk]), icon="plus", get=True, refused=dead
    )


def _line(row, grants):
    """A reservation with its badge, what there is to say of it, and its buttons."""
    may = StationPerm.RESERVE in grants and row.is_open and row.cancel_asked_at is None
    actions = [
        Action(
            _("Another end…"), reverse("stations:reservation_extend", args=[row.pk]), icon="clock", get=True
        ),
        Action(
            _("Cancel…"),
            reverse("stations:reservation_cancel", args=[row.pk]),
            icon="close-circle",
            asks=True,
            tone="stop",
        ),
    ]
    return {
        "row": row,
        "card": row.id_tag if StationPerm.FRAMES_VIEW in grants else "",
        "number": number_words(row.pk),
        "connector": connector_words(row.connector_number),
        "badge": (row.get_state_display(), tones.RESERVATION[row.state]),
        "note": reservation_note(row),
        "driver": str(row.driver) if row.driver_id and DriverPerm.VIEW in grants else "",
        "actions": actions if may else [],
    }
