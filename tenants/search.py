"""Tenants of the scope as something to find."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.kit.search import SHOWN, Hit, Provider
from backoffice.kit.staff import Reader
from tenants.models import Tenant
from tenants.permissions import TenantPerm


def find_tenants(words: str, _reader: Reader) -> Iterator[Hit]:
    """By part of the name, or the beginning of the code; there are a few thousand at most."""
    rows = Tenant.objects.filter(Q(name__icontains=words) | Q(code__istartswith=words))
    for row in rows.order_by("depth", "name", "pk")[:SHOWN]:
        context = f"{row.get_level_display()} · {row.code}"
        yield Hit(row.name, reverse("tenants:tenant", args=[row.pk]), context, "tenants")


TENANTS = Provider(
    name="tenants",
    label=_("Tenants"),
    find=find_tenants,
    perm=TenantPerm.VIEW,
    order=60,
    model=Tenant,
    by="code",
)
