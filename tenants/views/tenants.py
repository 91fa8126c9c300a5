"""One tenant in full: its profile, quotas, staff and changes; and new ones."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext, pgettext
from django.views.decorators.http import require_POST

from backoffice.kit import clock, figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from backoffice.kit.frame import Action, Fact
from backoffice.kit.levels import Level
from backoffice.kit.pages import form_page, requires, row_or_404
from tenants import selectors
from tenants.forms import companies as forms
from tenants.forms.fields import LANGUAGE_NAMES
from tenants.models import InvitationState, TenantStatus
from tenants.permissions import TenantPerm
from tenants.resources import INVITATION_TONES, STAFF, STATUS_TONES, TENANTS
from tenants.resources.companies import amounts_words
from tenants.services import opening, tree
from tenants.states import SETTING_UP, TenantState, days_left
from tenants.views.company import NEW, address, company_page, seen_company, way_to

CHILDREN_SHOWN = 20
ALMOST_FULL = 0.9


@requires(TenantPerm.VIEW)
def tenant(request, pk):
    """Profile, contract, and what stands below."""
    row = seen_company(pk)
    children = list(selectors.children_of(pk)[: CHILDREN_SHOWN + 1])
    return company_page(
        request,
        row,
        "tenants/tenant.html",
        current="tenant",
        facts=[] if TenantState(row.status) in SETTING_UP else _facts(row),
        profile=_profile(row),
        contract=_contract(row),
        children=[(one, STATUS_TONES[TenantStatus(one.status)]) for one in children[:CHILDREN_SHOWN]],
        more_url=f"{TENANTS.url}?below={row.code}" if len(children) > CHILDREN_SHOWN else "",
        own=row.pk == request.membership.tenant_id,
        missing=enumerated(selectors.missing_for_review(row)) if row.status == TenantStatus.DRAFT else "",
    )


@requires(TenantPerm.VIEW)
def quotas(request, pk):
    """How much of each quota is used: its own, and those of the tenants above that bind it too."""
    row = seen_company(pk)
    used = selectors.usage_of(pk)
    labels = {"users": _("Staff"), "stations": _("Stations"), "terminals": _("Terminals")}
    lines = [
        (
            labels[kind],
            used[kind],
            getattr(row, f"quota_{kind}"),
            _fullness(used[kind], getattr(row, f"quota_{kind}")),
        )
        for kind in selectors.KINDS
    ]
    below_us = row.parent_id == request.membership.tenant_id and TenantPerm.MANAGE in request.grants
    change = Action(_("Change the quotas"), f"{address(row, 'edit')}#id_quota_users", icon="edit", get=True)
    return company_page(
        request,
        row,
        "tenants/quotas.html",
        current="quotas",
        actions=[change] if below_us else [],
        lines=lines,
    )


@requires(TenantPerm.STAFF_VIEW)
def staff_of(request, pk):
    """Who works there, and who is invited."""
    row = seen_company(pk)
    members = [
        (
            one,
            InvitationState(one.invitation).label if one.invitation else "",
            INVITATION_TONES.get(one.invitation),
        )
        for one in selectors.members_of(pk)[: selectors.LATEST]
    ]
    return company_page(
        request,
        row,
        "tenants/staff_of.html",
        current="staff_of",
        members=members,
        all_url=STAFF.url + ("" if row.pk == request.membership.tenant_id else f"?tenant={row.code}"),
        without_owner=not selectors.owners_of(pk).exists(),
    )


@requires(TenantPerm.AUDIT_VIEW)
def trail(request, pk):
    """The last changes at a tenant and below it."""
    row = seen_company(pk)
    own = row.pk == request.membership.tenant_id
    all_url = reverse("audit") + ("" if own else f"?tenant={row.code}")
    return company_page(
        request, row, "tenants/trail.html", current="trail", history=selectors.trail_of(row), all_url=all_url
    )


@requires(TenantPerm.MANAGE)
def create(request):
    """A tenant of the next level, with its first owner."""
    parent = request.membership.tenant
    form = forms.NewTenantForm(request.POST or None, invites=TenantPerm.STAFF_MANAGE in request.grants)
    return form_page(
        request,
        form,
        title=NEW[Level(parent.level)],
        sections=form.sections(),
        save=lambda data: opening.open_tenant(parent, actor=request.actor, **data),
        then=address,
        done=_("Created."),
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
    return form_page(
        request,
        form,
        title=_("Edit %(name)s") % {"name": row.name},
        sections=form.sections(),
        save=lambda data: tree.edit_tenant(row, actor=request.actor, **data),
        then=address,
        done=_("Saved."),
        back=way_to(row),
        cancel_url=address(row),
    )


@requires(TenantPerm.PROFILE)
@require_POST
def submit(request, pk):
    """Ask the level above to look at the own papers."""
    row = row_or_404(selectors.tenants(), pk=pk)
    try:
        tree.submit_tenant(row, actor=request.actor)
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Submitted. The level above looks at it now."))
    return HttpResponseRedirect(address(row))


def _facts(row):
    counts = [(_("Stations"), row.stations), (_("Terminals"), row.piles), (_("Online"), row.online)]
    facts = [Fact(label, figures.number_text(count)) for label, count in counts if count is not None]
    if row.orders_today is not None:
        facts += [
            Fact(_("Orders today"), figures.number_text(row.orders_today)),
            Fact(_("Energy today"), f"{figures.energy_text(row.energy_today, 1)} kWh"),
            Fact(_("Revenue today"), amounts_words(row.revenue_today) or "–"),
        ]
    if row.status != TenantStatus.ACTIVE:
        facts.append(Fact(_("Reason"), row.status_reason or _why(row), big=False))
    return facts


def _why(row):
    return _("The contract has ended.") if row.status == TenantStatus.EXPIRED else "–"


def _profile(row):
    place = selectors.locality_of(row.pk)
    return [
        (_("Level above"), row.parent.name if row.parent_id else "–"),
        (_("Region"), row.region or "–"),
        (_("Licence number"), row.licence_no or "–"),
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
        (_("Contract number"), row.contract_no or "–"),
        (_("From"), _day(row.contract_from)),
        (_("To"), _day(row.contract_to)),
        (_("Days left"), _left(row)),
        (pgettext("time", "Created"), date_format(timezone.localtime(row.created_at), "DATE_FORMAT")),
    ]


def _left(row):
    left = days_left(row.contract_to, timezone.localdate(clock.now()))
    if left is None:
        return _("without end")
    if left < 0:
        return ngettext("over for %(n)d day", "over for %(n)d days", -left) % {"n": -left}
    return ngettext("%(n)d day", "%(n)d days", left) % {"n": left}


def _fullness(used, most):
    """How loud a quota is: nothing is said where there is no limit."""
    if most is None:
        return ""
    if used >= most:
        return "fault"
    return "waiting" if used >= most * ALMOST_FULL else "charging"


def _day(day):
    return date_format(day, "DATE_FORMAT") if day else "–"
