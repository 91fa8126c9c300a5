"""Drivers and cards for tests."""

from __future__ import annotations

from itertools import count
from typing import Any

from backoffice.kit import clock
from backoffice.kit.actor import command_line
from backoffice.kit.scope import unscoped
from drivers import services
from drivers.models import Card, Driver
from tenants.models import Tenant

ACTOR = command_line("tests")

_numbers = count(1)


def make_driver(operator: Tenant, **over: Any) -> Driver:
    """A driver of an operator."""
    number = next(_numbers)
    fields = {"phone": f"+8613{number:09d}", "name": f"Driver {number}", "created_at": clock.now()} | over
    with unscoped(reason="test data"):
        return Driver.objects.create(tenant=operator, **fields)


def make_card(operator: Tenant, **over: Any) -> Card:
    """A card of an operator, without a driver unless one is given."""
    with unscoped(reason="test data"):
        return services.issue_card(operator.pk, actor=ACTOR, **{"uid": f"04A1{next(_numbers):08X}"} | over)
