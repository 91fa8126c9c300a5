"""Reads about tenants as companies: what they have, what keeps them open, their contacts and papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, JSONField, OuterRef, QuerySet, Subquery, Value
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _, ngettext

from backoffice.kit.frame import Link, Words
from backoffice.kit.scope import current_scope, unscoped
from tenants import hooks
from tenants.models import Contact, Membership, Paper, PaperKind, Tenant, TenantStatus
from tenants.selectors.tree import children_of, path_of, subtree_ids

KINDS = ("users", "stations", "terminals")
"""What quotas are about; the limit of each is the column ``quota_<kind>``."""

NUMBERS = ("stations", "piles", "online", "orders_today", "energy_today")


@dataclass(frozen=True, slots=True)
class Limit:
    """A quota in the chain of somebody: whose it is, of what, how many."""

    tenant_id: int
    name: str
    kind: str
    most: int


def tenants_listed() -> QuerySet[Tenant]:
    """The tenants of the scope in no order, with the name of the tenant ``above`` (if the scope shows it), how many
    ``stations``, ``piles`` and piles ``online`` are there and below, and what happened today; None where nobody counts.
    """
    counts: dict[str, Any] = {name: Value(None, IntegerField(null=True)) for name in NUMBERS}
    counts["revenue_today"] = Value(None, JSONField(null=True))
    answers: list[Mapping[str, Any]] = [*hooks.equipment(), *hooks.todays()]
    for answer in answers:
        counts.update(answer)
    above = Tenant.objects.filter(pk=OuterRef("parent_id")).values("name")[:1]
    return Tenant.objects.annotate(above=Subquery(above), **counts)


def waiting_for_review() -> QuerySet[Tenant]:
    """Those of the next level whose papers wait for the tenant of the scope."""
    return Tenant.objects.filter(parent=current_scope().tenant_id, status=TenantStatus.SUBMITTED)


def blockers_of(tenant: Tenant) -> list[Link]:
    """What keeps a tenant from being closed, with the way to it."""
    found = [one for answer in hooks.closing_blockers(tenant) for one in answer]
    open_ones = children_of(tenant.pk).exclude(status=TenantStatus.CLOSED).count()
    if open_ones:
        words = ngettext(
            "%(count)d tenant below it is not closed", "%(count)d tenants below it are not closed", open_ones
        )
        address = f"{reverse('tenants')}?{urlencode({'below': tenant.code})}"
        found.insert(0, Link(words % {"count": open_ones}, address))
    return found


def missing_for_review(tenant: Tenant) -> list[Words]:
    """What the level above needs before it looks at a tenant that is being set up, as far as it is not there."""
    licence = papers_of(tenant).filter(kind=PaperKind.LICENCE).exists()
    wanted = [
        (tenant.contact, _("a contact")),
        (tenant.phone, _("a phone")),
        (licence, _("the business licence")),
    ]
    return [words for given, words in wanted if not given]


def contacts_of(tenant: Tenant) -> QuerySet[Contact]:
    """Whom to reach at a tenant."""
    return contacts().filter(tenant=tenant).order_by("name", "pk")


def contacts() -> QuerySet[Contact]:
    """Contacts of the scope."""
    return Contact.objects.select_related("tenant")


def papers_of(tenant: Tenant) -> QuerySet[Paper]:
    """The files of a tenant, the newest first."""
    return papers().filter(tenant=tenant).order_by("-created_at", "-pk")


def papers() -> QuerySet[Paper]:
    """Files of tenants of the scope."""
    return Paper.objects.select_related("tenant")


def logo_url(logo: str) -> str:
    """Where everybody sees a logo; empty where there is none."""
    return reverse("tenants:logo", args=[logo.rpartition("/")[2]]) if logo else ""


def limits_of(tenant_id: int) -> list[Limit]:
    """Every quota that holds for a tenant: its own, and those of the tenants above."""
    with unscoped(reason="the quotas of those above bind everybody below"):
        rows = Tenant.objects.filter(pk__in=path_of(tenant_id).ids).order_by("depth")
        return [
            Limit(row.pk, row.name, kind, most)
            for row in rows
            for kind in KINDS
            if (most := getattr(row, f"quota_{kind}")) is not None
        ]


def usage_of(tenant_id: int) -> dict[str, int]:
    """How many of each kind a tenant and everything below it has: staff who work, stations that are not closed,
    terminals that are not retired."""
    with unscoped(reason="a quota is counted over everything below whoever has it"):
        ids = subtree_ids(tenant_id)
        used: dict[str, Any] = dict.fromkeys(KINDS, 0)
        used["users"] = Membership.objects.filter(tenant_id__in=ids, is_active=True).count()
        for answer in hooks.usage(ids):
            used.update(answer)
    return used
