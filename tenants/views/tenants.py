"""One tenant in full, and what the level above does with it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, pgettext

from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.levels import Level
from backoffice.kit.pages import attempt, detail_page, form_page, requires, row_or_404
from backoffice.kit.staff import Reader
from tenants import selectors
from tenants.forms import companies as forms
from tenants.forms.fields import LANGUAGE_NAMES
from tenants.models import TenantStatus
from tenants.permissions import TenantPerm
from tenants.resources import STATUS_TONES, TENANTS
from tenants.services import tree

NEW = {
    Level.MANUFACTURER: gettext_lazy("New dealer"),
    Level.DEALER: gettext_lazy("New operator"),
    Level.OPERATOR: gettext_lazy("New agency"),
    Level.AGENCY: gettext_lazy("New tenant"),
}
"""What a level creates. An agency is refused by the service, whoever may ask."""


@requires(TenantPerm.VIEW)
def tenant(request, pk):
    """Profile, what stands below, staff, and the last changes."""
    row = row_or_404(selectors.tenants_listed().select_related("parent"), pk=pk)
    seen = request.grants
    return detail_page(
        request,
        "tenants/tenant.html",
        title=row.name,
        back=Link(TENANTS.title, TENANTS.url),
        badges=[(row.get_status_display(), STATUS_TONES[TenantStatus(row.status)])],
        subtitle=f"{row.get_level_display()} · {row.code}",
        actions=_actions(request, row),
        facts=_facts(row),
        profile=_profile(row),
        contract=_contract(row),
        children=[(child, STATUS_TONES[TenantStatus(child.status)]) for child in selectors.children_of(pk)],
        members=selectors.members_of(pk) if TenantPerm.STAFF_VIEW in seen else None,
        history=selectors.history_of(row) if TenantPerm.AUDIT_VIEW in seen else None,
    )


@requires(TenantPerm.MANAGE)
def create(request):
    """A tenant of the next level."""
    parent = request.membership.tenant
    form = forms.NewTenantForm(request.POST or None)
    return form_page(
        request,
        form,
        title=NEW[Level(parent.level)],
        sections=form.sections(),
        save=lambda data: tree.create_tenant(parent, actor=request.actor, **data),
        then=lambda row: reverse("tenants:tenant", args=[row.pk]),
        done=_("Created. Add its first owner now."),
        back=TENANTS.back(),
        cancel_url=TENANTS.url,
    )


@requires(TenantPerm.MANAGE, TenantPerm.PROFILE)
def edit(request, pk):
    """The profile: that of the own tenant, or more of one of the next level."""
    row = row_or_404(selectors.tenants(), pk=pk)
    own = row.pk == request.membership.tenant_id
    if (TenantPerm.PROFILE if own else TenantPerm.MANAGE) not in request.grants:
        raise PermissionDenied
    kind = forms.ContactForm if own else forms.TenantForm
    form = kind(request.POST or None, initial={name: getattr(row, name) for name in kind.base_fields})
    page = reverse("tenants:tenant", args=[pk])
    return form_page(
        request,
        form,
        title=_("Edit %(name)s") % {"name": row.name},
        sections=form.sections(),
        save=lambda data: tree.edit_tenant(row, actor=request.actor, **data),
        then=lambda _row: page,
        done=_("Saved."),
        back=Link(row.name, page),
        cancel_url=page,
    )


@requires(TenantPerm.MANAGE)
def move(request, pk):
    """Under another tenant of the same level as the one above it."""
    row: Any = row_or_404(selectors.tenants_listed(), pk=pk)
    form = forms.MoveForm(request.POST or None, tenant=row)
    page = reverse("tenants:tenant", args=[pk])
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: tree.move_tenant(row, actor=request.actor, **form.cleaned_data))
        if form.is_valid():
            return HttpResponseRedirect(page)
    return render(
        request,
        "kit/confirm.html",
        {
            "title": _("Move %(name)s") % {"name": row.name},
            "text": _("It goes with everything below it: %(stations)s stations, %(piles)s terminals.")
            % {"stations": row.stations or 0, "piles": row.piles or 0},
            "consequences": [
                _("Orders, payments and alarms of the past stay with the chain of their time."),
                _("Sessions that run now stay with it too."),
            ],
            "form": form,
            "submit_label": _("Move"),
            "cancel_url": page,
        },
    )


def _actions(request, row):
    reader = Reader.of(request)
    own = row.pk == request.membership.tenant_id
    below_us = row.parent_id == request.membership.tenant_id
    found = []
    if reader.may(TenantPerm.PROFILE if own else TenantPerm.MANAGE) and (own or below_us):
        found.append(Action(_("Edit"), reverse("tenants:edit", args=[row.pk]), icon="edit", get=True))
    if below_us and reader.may(TenantPerm.STAFF_MANAGE) and not selectors.owners_of(row.pk).exists():
        address = reverse("tenants:first_owner", args=[row.pk])
        found.append(Action(_("Add its owner"), address, icon="person", tone="primary", get=True))
    if not own and not below_us and reader.may(TenantPerm.MANAGE):
        found.append(Action(_("Move…"), reverse("tenants:move", args=[row.pk]), icon="switch", asks=True))
    found += TENANTS.buttons(row, reader)
    if own and reader.may(TenantPerm.MANAGE):
        found.append(
            Action(NEW[Level(row.level)], reverse("tenants:create"), icon="plus", tone="primary", get=True)
        )
    return found


def _facts(row):
    counts = [(_("Stations"), row.stations), (_("Terminals"), row.piles), (_("Online"), row.online)]
    facts = [Fact(label, str(count)) for label, count in counts if count is not None]
    if row.status != TenantStatus.ACTIVE:
        facts.append(Fact(_("Reason"), row.status_reason or "–", big=False))
    return facts


def _profile(row):
    place = selectors.locality_of(row.pk)
    return [
        (_("Level above"), row.parent.name if row.parent_id else "–"),
        (_("Contact"), row.contact or "–"),
        (pgettext("company", "Phone"), row.phone or "–"),
        (_("Hotline for drivers"), row.hotline or "–"),
        (_("Brand on driver pages"), row.display_brand),
        (_("Time zone"), place.timezone),
        (_("Currency"), place.currency),
        (_("Language"), LANGUAGE_NAMES.get(place.locale, place.locale)),
    ]


def _contract(row):
    return [
        (_("From"), date_format(row.contract_from, "DATE_FORMAT") if row.contract_from else "–"),
        (_("To"), date_format(row.contract_to, "DATE_FORMAT") if row.contract_to else "–"),
        (pgettext("time", "Created"), date_format(timezone.localtime(row.created_at), "DATE_FORMAT")),
    ]
