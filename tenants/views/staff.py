"""Letting people in, and as what they work."""

from __future__ import annotations

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _, pgettext

from backoffice.kit import clock, figures
from backoffice.kit.frame import Action, Link
from backoffice.kit.levels import Level
from backoffice.kit.pages import detail_page, form_page, requires, row_or_404
from backoffice.kit.perms import Role
from backoffice.kit.staff import Reader
from tenants import selectors
from tenants.forms import people as forms
from tenants.models import InvitationState
from tenants.permissions import TenantPerm
from tenants.resources import INVITATION_TONES, STAFF, WORKS, is_not_ours
from tenants.rights import grants_of, role_of
from tenants.services import staff


@requires(TenantPerm.STAFF_VIEW)
def member(request, pk):
    """One person at one tenant."""
    row = row_or_404(selectors.members_listed(), pk=pk)
    seen = TenantPerm.AUDIT_VIEW in request.grants
    return detail_page(
        request,
        "tenants/member.html",
        title=row.user.name,
        back=Link(STAFF.title, STAFF.url),
        badges=_badges(row),
        subtitle=row.user.email,
        actions=_actions(request, row),
        facts_first=True,
        work=_work(row),
        access=_access(row),
        history=selectors.history_of(row) if seen else None,
        sign_ins=selectors.sign_ins_in_scope(row.user) if seen else None,
    )


@requires(TenantPerm.STAFF_MANAGE)
def invite(request):
    """A person for the own tenant."""
    form = forms.NewMemberForm(request.POST or None, roles=_givable(request))
    return form_page(
        request,
        form,
        title=_("Add a person"),
        save=lambda data: staff.add_member(request.membership.tenant, actor=request.actor, **data),
        then=lambda row: reverse("tenants:member", args=[row.pk]),
        done=_("Added. A link to sign in was sent."),
        back=STAFF.back(),
        cancel_url=STAFF.url,
    )


@requires(TenantPerm.STAFF_MANAGE)
def first_owner(request, pk):
    """The first owner of a tenant of the next level."""
    row = row_or_404(selectors.tenants(), pk=pk)
    page = reverse("tenants:staff_of", args=[pk])
    return form_page(
        request,
        forms.PersonForm(request.POST or None),
        title=_("Add the owner of %(name)s") % {"name": row.name},
        save=lambda data: staff.add_member(row, actor=request.actor, role=Role.OWNER, **data),
        then=lambda _row: page,
        done=_("Added. A link to sign in was sent."),
        back=Link(row.name, page),
        cancel_url=page,
    )


@requires(TenantPerm.STAFF_MANAGE)
def edit(request, pk):
    """The role and its days."""
    row = row_or_404(selectors.members(), pk=pk)
    page = reverse("tenants:member", args=[pk])
    kept = {"valid_from": row.valid_from, "valid_to": row.valid_to, "role": forms.key_of(role_of(row))}
    return form_page(
        request,
        forms.MemberForm(request.POST or None, initial=kept, roles=_givable(request, role_of(row))),
        title=_("Role of %(name)s") % {"name": row.user.name},
        save=lambda data: staff.edit_member(row, actor=request.actor, **data),
        then=lambda _row: page,
        done=_("Saved."),
        back=Link(row.user.name, page),
        cancel_url=page,
    )


def _actions(request, row):
    reader = Reader.of(request)
    found = []
    if reader.may(TenantPerm.STAFF_MANAGE) and not is_not_ours(row):
        found.append(Action(_("Edit"), reverse("tenants:member_edit", args=[row.pk]), icon="edit", get=True))
    if reader.may(TenantPerm.IMPERSONATE) and is_not_ours(row) and row.is_active:
        address = reverse("tenants:act_as", args=[row.pk])
        found.append(Action(_("Log in as…"), address, icon="switch", get=True))
    return found + STAFF.buttons(row, reader)


def _givable(request, *kept):
    """The roles that this reader may give here; ``kept`` are in the menu in any case."""
    level = Level(request.membership.tenant.level)
    every = [*Role, *selectors.roles_of(request.membership.tenant_id)]
    return list(dict.fromkeys([*(one for one in every if grants_of(level, one) <= request.grants), *kept]))


def _badges(row):
    found = [(WORKS[row.is_active], "charging" if row.is_active else "offline")]
    if row.invitation not in {None, InvitationState.ACCEPTED}:
        state = InvitationState(row.invitation)
        found.append((state.label, INVITATION_TONES[state]))
    return found


def _work(row):
    return [
        (_("Tenant"), f"{row.tenant.name} · {row.tenant.get_level_display()}"),
        (_("Role"), _role(row)),
        (_("First day"), _day(row.valid_from)),
        (_("Last day"), _day(row.valid_to)),
    ]


def _role(row):
    if row.custom_role_id is None:
        return row.role_name
    address = reverse("tenants:role", args=[row.custom_role_id])
    return format_html('<a href="{}">{}</a>', address, row.role_name)


def _access(row):
    seen = row.user.last_login
    factor = {True: _("On"), False: pgettext("two-factor", "Off"), None: "–"}
    return [
        (_("Invitation"), InvitationState(row.invitation).label if row.invitation else "–"),
        (_("Two-factor"), factor[row.mfa]),
        (_("Last sign-in"), figures.moment_text(seen, now=clock.now()) if seen else "–"),
    ]


def _day(day):
    return date_format(day, "DATE_FORMAT") if day else "–"
