"""Offering stations and piles to the level below, and deciding about what is offered to us."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods

from backoffice.kit import cells, figures
from backoffice.kit.frame import Action, Fact
from backoffice.kit.lists.views import EVERY_ROW, picked_rows
from backoffice.kit.pages import (
    ONCE,
    detail_page,
    form_page,
    form_question,
    question_page,
    requires,
    row_or_404,
)
from stations import selectors, tones
from stations.forms.handovers import AcceptForm, OfferForm, PickForm
from stations.models import Handed, HandoverState
from stations.permissions import StationPerm
from stations.resources import HANDOVERS, PILES, STATIONS
from stations.resources.handovers import what_words
from stations.services import handovers as services

ROWS_SHOWN = 100
LISTS = {Handed.PILES: PILES, Handed.STATIONS: STATIONS}
TITLES = {
    Handed.PILES: gettext_lazy("Hand over terminals"),
    Handed.STATIONS: gettext_lazy("Hand over stations"),
}


def page_of(row):
    return reverse("stations:handover", args=[row.pk])


@requires(StationPerm.HANDOVER)
@require_http_methods(["GET", "POST"])
def offer_piles(request):
    """Terminals: those that were picked, or that a list names."""
    return _offer(request, Handed.PILES)


@requires(StationPerm.HANDOVER_STATIONS)
@require_http_methods(["GET", "POST"])
def offer_stations(request):
    """Stations, with all that stands on them."""
    return _offer(request, Handed.STATIONS)


@requires(StationPerm.VIEW)
def handover(request, pk):
    """What is handed over, and how far it is."""
    row = row_or_404(selectors.handovers(), pk=pk)
    items = selectors.items_of(row)
    return detail_page(
        request,
        "stations/handed.html",
        title=what_words(row.what, row.count),
        back=HANDOVERS.back(),
        badges=[(row.get_state_display(), tones.HANDOVER[row.state])],
        subtitle=f"{row.giver.name} → {row.tenant.name}",
        actions=_actions(request, row),
        facts=_facts(row),
        live=["handovers"],
        row=row,
        of_stations=row.what == Handed.STATIONS,
        ours=row.tenant_id == request.membership.tenant_id,
        items=items[:ROWS_SHOWN],
        more_items=max(0, row.count - ROWS_SHOWN),
    )


@requires(StationPerm.RECEIVE)
def accept(request, pk):
    """Take it over, once it was counted."""
    row = row_or_404(selectors.handovers(), pk=pk)
    tenant = request.membership.tenant
    form = AcceptForm(request.POST or None, row=row)
    return form_question(
        request,
        form,
        title=_("Accept %(what)s") % {"what": what_words(row.what, row.count)},
        text=_("Count what has arrived. From then on it is yours; what happened until then is not."),
        save=lambda data: services.accept(row, by=tenant, actor=request.actor, **data),
        then=page_of(row),
        done=_("Taken over. It belongs to you now."),
        submit_label=_("Accept"),
    )


@requires(StationPerm.RECEIVE)
def decline(request, pk):
    """Say no."""
    row = row_or_404(selectors.handovers(), pk=pk)
    return question_page(
        request,
        title=_("Decline %(what)s") % {"what": what_words(row.what, row.count)},
        text=_("It stays with %(giver)s, who reads why.") % {"giver": row.giver.name},
        do=lambda reason: services.decline(
            row, by=request.membership.tenant, actor=request.actor, reason=reason
        ),
        then=page_of(row),
        submit_label=_("Decline"),
        danger=True,
    )


@requires(StationPerm.HANDOVER, StationPerm.HANDOVER_STATIONS)
def withdraw(request, pk):
    """Take the offer back."""
    row = row_or_404(selectors.handovers(), pk=pk)
    return question_page(
        request,
        title=_("Take back %(what)s") % {"what": what_words(row.what, row.count)},
        text=_("%(receiver)s cannot accept it any more.") % {"receiver": row.tenant.name},
        do=lambda reason: services.withdraw(
            row, by=request.membership.tenant, actor=request.actor, reason=reason
        ),
        then=page_of(row),
        submit_label=_("Take the offer back"),
        danger=True,
    )


def _offer(request, what):
    giver = request.membership.tenant
    keys = _picked(request, what)
    if keys is not None and len(keys) > services.MOST_ROWS:
        messages.error(request, _("At most %(most)d are handed over at once.") % {"most": services.MOST_ROWS})
        return HttpResponseRedirect(LISTS[what].url)
    return _pick(request, what, giver) if keys is None else _ask(request, what, giver, keys)


def _picked(request, what):
    """The ids that were picked; None before anything is."""
    if "keys" in request.POST:
        return [int(key) for key in request.POST["keys"].split(",") if _is_key(key)]
    if EVERY_ROW in request.GET or "pk" in request.POST:
        rows = picked_rows(request, LISTS[what]).order_by().values_list("pk", flat=True)
        return list(rows[: services.MOST_ROWS + 1])
    return None


def _pick(request, what, giver):
    """Ask for a list."""
    form = PickForm(request.POST or None, request.FILES or None, giver=giver, what=what)
    if request.method == "POST" and form.is_valid():
        return _ask(request, what, giver, form.cleaned_data["keys"])
    context = {
        "title": TITLES[what],
        "form": form,
        "submit_label": _("Check"),
        "back": HANDOVERS.back(),
        "cancel_url": HANDOVERS.url,
    }
    return render(request, "kit/form.html", context)


def _ask(request, what, giver, keys):
    """Show what would be offered and what stands in its way; then offer the rest."""
    found = selectors.offered(what, selectors.rows_to_offer(what, keys), giver.pk)
    if not found:
        raise Http404
    fine, blocked = [one for one in found if not one.blocked], [one for one in found if one.blocked]
    offered = [one.key for one in fine]
    form = OfferForm(
        request.POST if ONCE in request.POST and "to" in request.POST else None,
        giver=giver,
        initial={"keys": ",".join(map(str, offered))},
    )
    return form_page(
        request,
        form,
        title=TITLES[what],
        template="stations/offer.html",
        save=lambda data: services.offer(
            giver,
            to=data["to"],
            what=what,
            keys=keys,
            note=data["note"],
            days=data["days"],
            actor=request.actor,
            token=request.POST.get(ONCE, ""),
        ),
        then=page_of,
        done=_("Offered. The receiver has to accept it."),
        submit_label=_("Offer %(what)s") % {"what": what_words(what, len(fine))},
        back=LISTS[what].back(),
        cancel_url=LISTS[what].url,
        blocked=blocked[:ROWS_SHOWN],
        blocked_count=len(blocked),
        fine=fine[:ROWS_SHOWN],
        fine_count=len(fine),
        terminals=sum(one.terminals for one in fine) if what == Handed.STATIONS else 0,
        receivers=selectors.receivers_of(giver).exists(),
        consequences=selectors.consequences_of(what, offered),
    )


def _is_key(text):
    return text.isascii() and text.isdigit() and len(text) < 19


def _actions(request, row):
    """What this side may do while nobody decided."""
    if row.state != HandoverState.OFFERED:
        return []

    def to(name, label, icon, **more):
        return Action(
            label, reverse(f"stations:handover_{name}", args=[row.pk]), icon=icon, asks=True, **more
        )

    own, grants = request.membership.tenant_id, request.grants
    if row.tenant_id == own and StationPerm.RECEIVE in grants:
        return [
            to("decline", _("Decline…"), "close-circle", tone="stop"),
            to("accept", _("Accept…"), "check", tone="primary"),
        ]
    if row.giver_id == own and grants & {StationPerm.HANDOVER, StationPerm.HANDOVER_STATIONS}:
        return [to("withdraw", _("Take back…"), "close-circle", tone="stop")]
    return []


def _facts(row):
    facts = [Fact(pgettext("quantity", "Count"), figures.number_text(row.count))]
    if row.what == Handed.STATIONS:
        facts.append(Fact(_("Terminals"), figures.number_text(row.terminals)))
    facts += [
        Fact(_("Offered"), cells.when(row.offered_at), row.offered_by, big=False),
        Fact(_("Valid until"), cells.when(row.expires_at), big=False),
    ]
    if row.decided_at is not None:
        facts.append(Fact(_("Decided"), cells.when(row.decided_at), row.decided_by, big=False))
    return facts
