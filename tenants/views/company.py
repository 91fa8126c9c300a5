"""The pages of one tenant: a tab for each side of it, all under the same head."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, pgettext_lazy

from backoffice.kit.frame import Action, Link, Tab, Words
from backoffice.kit.levels import Level
from backoffice.kit.pages import detail_page, row_or_404
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader
from tenants import hooks, selectors
from tenants.models import TenantStatus
from tenants.permissions import TenantPerm
from tenants.resources import STATUS_TONES, TENANTS

NEW = {
    Level.MANUFACTURER: gettext_lazy("New dealer"),
    Level.DEALER: gettext_lazy("New operator"),
    Level.OPERATOR: gettext_lazy("New agency"),
    Level.AGENCY: gettext_lazy("New tenant"),
}
"""What a level creates. An agency is refused by the service, whoever may ask."""

KEEP = (TenantPerm.PROFILE, TenantPerm.MANAGE)
"""Either lets somebody keep contacts, files and brand: of the own tenant, or of one of the next level."""


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """One tab: the name of its URL, which takes the key of the tenant, and who may open it."""

    name: str
    label: Words
    perms: frozenset[Perm]


PAGES = (
    CompanyPage("tenant", gettext_lazy("Profile"), frozenset({TenantPerm.VIEW})),
    CompanyPage("contacts", gettext_lazy("Contacts"), frozenset({TenantPerm.VIEW})),
    CompanyPage("papers", pgettext_lazy("of a tenant", "Files"), frozenset(KEEP)),
    CompanyPage("quotas", gettext_lazy("Quotas"), frozenset({TenantPerm.VIEW})),
    CompanyPage("brand", gettext_lazy("Brand"), frozenset({TenantPerm.VIEW})),
    CompanyPage("staff_of", gettext_lazy("Staff"), frozenset({TenantPerm.STAFF_VIEW})),
    CompanyPage("trail", gettext_lazy("Changes"), frozenset({TenantPerm.AUDIT_VIEW})),
)


def company_page(request, row, template, *, current, actions=(), **context):
    """Render a page about a tenant; ``current`` is the name of its URL, the context that of ``kit/detail.html``."""
    tabs = [
        Tab(page.label, address(row, page.name), current=page.name == current)
        for page in PAGES
        if page.perms & request.grants and (page.name != "papers" or is_kept_by(request, row))
    ]
    reader = Reader.of(request)
    elsewhere = [tab for answer in hooks.lists_about(row, reader) for tab in answer]
    return detail_page(
        request,
        template,
        title=row.name,
        back=TENANTS.back(),
        badges=[(row.get_status_display(), STATUS_TONES[TenantStatus(row.status)])],
        subtitle=f"{row.get_level_display()} · {row.code}",
        actions=[*actions, *(_actions(request, row, reader) if current == "tenant" else ())],
        tabs=[*tabs, *elsewhere],
        company=row,
        **context,
    )


def seen_company(pk):
    """The tenant with this key, with its counts; 404 for one outside the scope."""
    return row_or_404(selectors.tenants_listed().select_related("parent"), pk=pk)


def is_kept_by(request, row):
    """May this reader keep contacts, files and brand of a tenant: by the service's rule and by permission?"""
    own = row.pk == request.membership.tenant_id
    near = own or row.parent_id == request.membership.tenant_id
    return near and (TenantPerm.PROFILE if own else TenantPerm.MANAGE) in request.grants


def require_kept(request, row):
    """403 for whoever may only look."""
    if not is_kept_by(request, row):
        raise PermissionDenied
    return row


def require_near(request, row):
    """404 for whoever stands neither at the tenant nor directly above it: its files are not shown further."""
    if not is_kept_by(request, row):
        raise Http404
    return row


def address(row, name="tenant"):
    """Where a page about a tenant is."""
    return reverse(f"tenants:{name}", args=[row.pk])


def way_to(row, name="tenant"):
    """The link from a form back to the page it belongs to."""
    return Link(row.name, address(row, name))


def _actions(request, row, reader):
    own = row.pk == request.membership.tenant_id
    below_us = row.parent_id == request.membership.tenant_id
    found = []
    if is_kept_by(request, row):
        found.append(Action(_("Edit"), address(row, "edit"), icon="edit", get=True))
    if own and row.status == TenantStatus.DRAFT and TenantPerm.PROFILE in request.grants:
        found.append(Action(_("Submit for review"), address(row, "submit"), icon="check", tone="primary"))
    if below_us and reader.may(TenantPerm.STAFF_MANAGE) and not selectors.owners_of(row.pk).exists():
        found.append(
            Action(_("Add its owner"), address(row, "first_owner"), icon="person", tone="primary", get=True)
        )
    if not own and not below_us and reader.may(TenantPerm.MANAGE):
        found.append(Action(_("Move…"), address(row, "move"), icon="switch", get=True))
    found += TENANTS.buttons(row, reader)
    if below_us and reader.may(TenantPerm.CLOSE) and row.status != TenantStatus.CLOSED:
        found.append(Action(_("Close…"), address(row, "close"), icon="close-circle", tone="stop", asks=True))
    if own and reader.may(TenantPerm.MANAGE):
        found.append(
            Action(NEW[Level(row.level)], reverse("tenants:create"), icon="plus", tone="primary", get=True)
        )
    return found
