"""Tenants, users and memberships for tests. They go through the services, so the tree is always right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from backoffice.kit import clock
from backoffice.kit.actor import command_line
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Membership, Tenant, User
from tenants.services import tree

ACTOR = command_line("tests")
PASSWORD = "a-long-enough-secret"

_numbers = count(1)


def make_tenant(parent: Tenant | None = None, **over: Any) -> Tenant:
    """A manufacturer, or with ``parent`` a tenant one level below it."""
    number = next(_numbers)
    fields = {"code": f"T{number}", "name": f"Tenant {number}"} | over
    with unscoped(reason="test data"):
        if parent is None:
            return tree.create_manufacturer(actor=ACTOR, **fields)
        return tree.create_tenant(parent, actor=ACTOR, **fields)


@cache
def _hashed(password: str) -> str:
    return PBKDF2PasswordHasher().encode(password, "salt", iterations=1)


def make_user(**over: Any) -> User:
    """A user with the password ``PASSWORD`` and no membership."""
    number = next(_numbers)
    fields = {
        "email": f"user{number}@example.org",
        "name": f"User {number}",
        "created_at": clock.now(),
    } | over
    return User.objects.create(**{"password": _hashed(PASSWORD)} | fields)


def make_member(tenant: Tenant, role: Role = Role.OWNER, user: User | None = None, **over: Any) -> Membership:
    """A membership, with a user of its own unless one is given."""
    with unscoped(reason="test data"):
        return Membership.objects.create(
            tenant=tenant, user=user or make_user(), role=role, created_at=clock.now(), **over
        )


@dataclass(frozen=True)
class Forest:
    """Two chains below one manufacturer that part at every level, and a manufacturer beside it."""

    manufacturer: Tenant
    dealer: Tenant
    operator: Tenant
    agency: Tenant
    sibling_agency: Tenant
    sibling_operator: Tenant
    sibling_dealer: Tenant
    cousin_operator: Tenant
    cousin_agency: Tenant
    other_manufacturer: Tenant

    @property
    def chain(self) -> list[Tenant]:
        """The four levels of one chain, from the top."""
        return [self.manufacturer, self.dealer, self.operator, self.agency]


def make_forest() -> Forest:
    """A small world: every relation that a row can have to its viewer."""
    manufacturer = make_tenant()
    dealer = make_tenant(manufacturer)
    operator = make_tenant(dealer)
    sibling_dealer = make_tenant(manufacturer)
    cousin_operator = make_tenant(sibling_dealer)
    return Forest(
        manufacturer=manufacturer,
        dealer=dealer,
        operator=operator,
        agency=make_tenant(operator),
        sibling_agency=make_tenant(operator),
        sibling_operator=make_tenant(dealer),
        sibling_dealer=sibling_dealer,
        cousin_operator=cousin_operator,
        cousin_agency=make_tenant(cousin_operator),
        other_manufacturer=make_tenant(),
    )
