"""Signed-in staff for tests of pages."""

from __future__ import annotations

from django.test import Client

from backoffice.kit.perms import Role
from tenants.models import Membership, Tenant, User
from tests.factories.tenants import make_member


def client_of(user: User) -> Client:
    """A browser in which this user is signed in."""
    client = Client()
    client.force_login(user)
    return client


def client_for(tenant: Tenant, role: Role = Role.OWNER) -> Client:
    """A browser of a new member of this tenant."""
    return client_of(member_of(tenant, role).user)


def member_of(tenant: Tenant, role: Role = Role.OWNER) -> Membership:
    """A new member with a user of his own."""
    return make_member(tenant, role)
