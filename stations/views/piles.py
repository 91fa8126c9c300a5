"""Registering piles, and what is done with one. Its own page is in ``views.pile``."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from backoffice.kit.frame import Link
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.pages import attempt, form_page, form_question, requires, row_or_404
from stations import selectors
from stations.forms.fields import initial_quirks
from stations.forms.sites import ConnectorForm, KeyForm, MovePileForm, NewPileForm, PileForm
from stations.forms.tariffs import AssignForm
from stations.permissions import StationPerm
from stations.provisioning import address_of, handover_of
from stations.quirks import read_quirks
from stations.resources import PILES, UNCLAIMED
from stations.services import devices, tariffs, tokens


def page_of(pile):
    return reverse("stations:pile", args=[pile.pk])


@never_cache
@requires(StationPerm.MANAGE, StationPerm.CLAIM)
def create(request):
    """Register a pile; the answer shows its password, once."""
    return _register(request, PILES.back(), {"station": request.GET.get("station", "")}, _("New terminal"))


@never_cache
@requires(StationPerm.CLAIM)
def claim(request, pk):
    """Register an identity that knocked."""
    waiting = row_or_404(selectors.unclaimed(), pk=pk)
    title = _("Claim %(identity)s") % {"identity": waiting.identity}
    return _register(request, UNCLAIMED.back(), {"identity": waiting.identity}, title)


@requires(StationPerm.MANAGE)
def edit(request, pk):
    """What is known of it, and how it is spoken to."""
    row = row_or_404(selectors.piles(), pk=pk)
    kept = {name: getattr(row, name) for name in PileForm.OWN}
    form = PileForm(request.POST or None, initial=kept | initial_quirks(row.quirks))
    inherited = read_quirks([row.model.quirks if row.model else None])
    form.show_inherited(inherited, _("As the model: %(value)s"))
    return form_page(
        request,
        form,
        title=_("Edit %(name)s") % {"name": row.name},
        sections=form.sections(),
        save=lambda data: devices.edit_pile(row, actor=request.actor, **data),
        then=page_of,
        done=_("Saved."),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.MANAGE)
def move(request, pk):
    """To another station."""
    row = row_or_404(selectors.piles(), pk=pk)
    return form_question(
        request,
        MovePileForm(request.POST or None),
        save=lambda data: devices.move_pile(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Move %(name)s") % {"name": row.name},
        consequences=[_("What happened until now stays with %(station)s.") % {"station": row.station.name}],
        submit_label=_("Move"),
    )


@requires(StationPerm.MANAGE)
def retire(request, pk):
    """For good."""
    row = row_or_404(selectors.piles(), pk=pk)
    return form_question(
        request,
        ReasonForm(request.POST or None),
        save=lambda data: devices.retire_pile(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Retire %(name)s") % {"name": row.name},
        text=_("For good: it is not let in again, and its codes are dead."),
        submit_label=_("Retire"),
        danger=True,
    )


@requires(StationPerm.TARIFF_MANAGE)
def assign(request, pk):
    """A tariff of its own."""
    row = row_or_404(selectors.piles(), pk=pk)
    return form_question(
        request,
        AssignForm(request.POST or None, tenant_id=row.tenant_id, initial={"tariff": row.tariff_id}),
        save=lambda data: tariffs.assign_tariff(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Tariff of %(name)s") % {"name": row.name},
        text=_("For charges that start from now on. Without one, that of its station counts."),
        submit_label=_("Save"),
    )


@never_cache
@requires(StationPerm.CREDENTIALS)
def key(request, pk):
    """A new password; the answer shows it, once."""
    row = row_or_404(selectors.piles(), pk=pk)
    form = KeyForm(request.POST or None, initial={"how": "send" if row.online and row.key_hash else "hand"})
    if request.method == "POST" and form.is_valid():
        new = attempt(form, lambda: _new_key(row, request.actor, **form.cleaned_data))
        if form.is_valid():
            return _show_key(request, row, new, sent=form.cleaned_data["how"] == "send")
    context = {"title": _("New password for %(name)s") % {"name": row.name}, "form": form}
    return render(
        request, "kit/form.html", context | {"cancel_url": page_of(row), "submit_label": _("Make one")}
    )


@requires(StationPerm.CREDENTIALS)
def open_up(request, pk):
    """Let it in without a password."""
    row = row_or_404(selectors.piles(), pk=pk)
    return form_question(
        request,
        ReasonForm(request.POST or None),
        save=lambda data: devices.open_pile(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Let %(name)s in without a password") % {"name": row.name},
        text=_("From trusted networks only. Whoever is there can pretend to be this terminal."),
        submit_label=_("Let it in"),
        danger=True,
    )


@requires(StationPerm.MANAGE)
def edit_connector(request, pk):
    """What is known of a connector; one that only the pile knew of is registered by it."""
    row = row_or_404(selectors.connectors(), pk=pk)
    page = page_of(row.pile)
    return form_page(
        request,
        ConnectorForm(request.POST or None, initial={"type": row.type, "rated_kw": row.rated_kw}),
        title=_("Edit connector %(letter)s of %(name)s") % {"letter": row.letter, "name": row.pile.name},
        save=lambda data: devices.edit_connector(row, actor=request.actor, **data),
        then=lambda _row: page,
        done=_("Saved."),
        back=Link(row.pile.name, page),
        cancel_url=page,
    )


@requires(StationPerm.MANAGE)
def replace_code(request, pk):
    """A new code for a sticker that is gone."""
    row = row_or_404(selectors.connectors(), pk=pk)
    return form_question(
        request,
        ReasonForm(request.POST or None),
        save=lambda data: tokens.replace_token(row, actor=request.actor, **data),
        then=page_of(row.pile),
        title=_("New code for connector %(letter)s of %(name)s")
        % {"letter": row.letter, "name": row.pile.name},
        text=_("The old sticker stops working and says that it was replaced. Print the new one after this."),
        submit_label=_("Replace"),
    )


def _register(request, back, initial, title):
    form = NewPileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        new = attempt(form, lambda: devices.create_pile(actor=request.actor, **form.cleaned_data))
        if form.is_valid():
            context = {"title": new.pile.name, "back": back, "pile": new.pile, "handover": handover_of(new)}
            return render(request, "stations/handover.html", context)
    context = {"title": title, "form": form, "sections": form.sections(), "back": back}
    return render(request, "kit/form.html", context | {"cancel_url": back.url, "submit_label": _("Register")})


def _new_key(pile, actor, *, how, reason):
    if how == "send":
        return devices.rotate_key(pile, actor=actor, reason=reason)[0]
    return devices.replace_key(pile, actor=actor, reason=reason)


def _show_key(request, pile, new, *, sent):
    handover = {
        "identity": pile.identity,
        "url": address_of(pile),
        "username": pile.identity,
        "password": new,
    }
    context = {"title": pile.name, "back": Link(pile.name, page_of(pile)), "pile": pile, "handover": handover}
    return render(request, "stations/handover.html", context | {"sent": sent})
