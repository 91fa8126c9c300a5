"""Roles of a tenant's own: seen, made, changed, and compared with the built-in ones."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit.frame import Action, Link
from backoffice.kit.levels import Level
from backoffice.kit.pages import detail_page, form_page, requires, row_or_404
from backoffice.kit.perms import Role, granted
from backoffice.kit.staff import Reader
from tenants import selectors
from tenants.forms.roles import RoleForm
from tenants.permissions import TenantPerm
from tenants.resources import ROLES, is_not_ours
from tenants.role_table import role_table
from tenants.services import roles


@requires(TenantPerm.STAFF_VIEW)
def role(request, pk):
    """One role: what it may do beside the built-in ones, who has it, and what was changed."""
    row = row_or_404(selectors.roles().select_related("tenant"), pk=pk)
    return detail_page(
        request,
        "tenants/role.html",
        title=row.name,
        back=ROLES.back(),
        subtitle=row.description,
        actions=_actions(request, row),
        blocks=role_table(Level(row.tenant.level), ticked=row.permissions),
        heads=Role.labels,
        own=row.name,
        holders=selectors.holders_of(row),
        history=selectors.history_of(row) if TenantPerm.AUDIT_VIEW in request.grants else None,
    )


@requires(TenantPerm.STAFF_VIEW)
def built_in(request):
    """What the built-in roles may do at this level; each may be the start of an own one."""
    may = TenantPerm.STAFF_MANAGE in request.grants
    return detail_page(
        request,
        "tenants/built_in_roles.html",
        title=_("Built-in roles"),
        back=ROLES.back(),
        blocks=role_table(_level(request)),
        heads=[(one.label, f"{reverse('tenants:role_new')}?from={one.value}" if may else "") for one in Role],
    )


@requires(TenantPerm.STAFF_MANAGE)
def create(request):
    """A new role; ``from`` in the query is the built-in one that it starts as."""
    level, start = _level(request), request.GET.get("from", "")
    given = granted(level, Role(start)) & request.grants if start in Role.values else ()
    form = RoleForm(request.POST or None, level=level, initial={"permissions": [one.value for one in given]})
    return _form(
        request,
        form,
        title=_("New role"),
        save=lambda data: roles.create_role(request.membership.tenant, actor=request.actor, **data),
        back=ROLES.back(),
        cancel_url=ROLES.url,
    )


@requires(TenantPerm.STAFF_MANAGE)
def edit(request, pk):
    """What it is called and what it may do."""
    row = row_or_404(selectors.roles().select_related("tenant"), pk=pk)
    kept = {name: getattr(row, name) for name in RoleForm.base_fields}
    page = reverse("tenants:role", args=[pk])
    return _form(
        request,
        RoleForm(request.POST or None, level=Level(row.tenant.level), initial=kept),
        title=_("Edit %(name)s") % {"name": row.name},
        save=lambda data: roles.edit_role(row, actor=request.actor, **data),
        back=Link(row.name, page),
        cancel_url=page,
    )


def _form(request, form, **page):
    return form_page(
        request,
        form,
        template="tenants/role_form.html",
        then=lambda row: reverse("tenants:role", args=[row.pk]),
        done=_("Saved."),
        blocks=role_table(_level(request), ticked=form.ticked, may=request.grants),
        heads=Role.labels,
        **page,
    )


def _level(request):
    return Level(request.membership.tenant.level)


def _actions(request, row):
    reader = Reader.of(request)
    found = []
    if reader.may(TenantPerm.STAFF_MANAGE) and not is_not_ours(row):
        found.append(Action(_("Edit"), reverse("tenants:role_edit", args=[row.pk]), icon="edit", get=True))
    return found + ROLES.buttons(row, reader)
