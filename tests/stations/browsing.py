"""Somebody of the staff in a browser, and what his page says."""

from __future__ import annotations

from typing import Any

from django.test import Client

from backoffice.kit.perms import Role
from stations.models import Pile, Station
from tenants.models import Tenant
from tests.factories.tenants import make_member


def browser(tenant: Tenant, role: Role = Role.OWNER) -> Client:
    """Somebody of this tenant, signed in."""
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def operator_of(row: Station | Pile) -> Tenant:
    return Tenant.objects.get(pk=Tenant.objects.get(pk=row.tenant_id).parent_id)


def errors(response: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = response.context["form"].errors
    return found
