"""What this room asks of the rooms above it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Expression, Q

from backoffice.kit.actor import Actor
from backoffice.kit.frame import Link, Tab, Words
from backoffice.kit.hooks import Hook, Listeners, Questions
from backoffice.kit.staff import Reader
from tenants.models import Tenant
from tenants.obstacles import LeftBehind, Obstacle

closing_blockers: Questions[[Tenant], Sequence[Link]] = Questions("closing_blockers")
"""Answered by whatever still needs the tenant (stations, open orders, balances): how many of what, and where to see them."""

moving: Questions[[Tenant], Sequence[tuple[Words, Words]]] = Questions("moving")
"""Answered with what runs or lies below a tenant that may be moved: (what, how much), for the preview."""

tenant_moved: Listeners[[Tenant, Actor]] = Listeners("tenant_moved")
"""A tenant stands under another parent, and nothing is looked at yet. Who keeps what only the old chain had gives it
up here. The scope is lifted.
"""

obstacle: Questions[[LeftBehind], Obstacle] = Questions("obstacle")
"""Answered by the room whose rows would be left behind by a move: what they are, where, and what to do first."""

lists_about: Questions[[Tenant, Reader], Sequence[Tab]] = Questions("lists_about")
"""Answered by rooms whose lists show what is below a tenant: each with the tenant as its filter."""

usage: Questions[[Collection[int]], Mapping[str, int]] = Questions("usage")
"""Answered with how many ``stations`` and ``terminals`` the tenants of these ids have that count against quotas.

The asker lifts the scope: a quota is counted over the whole subtree of whoever has it.
"""

todays: Questions[[], Mapping[str, Any]] = Questions("todays")
"""Answered with what happened today at a tenant and below it, as annotations of tenants.

``orders_today``, ``energy_today`` (Wh) and ``revenue_today``: a list of ``{"currency", "total"}``, minor units.
"""

alarmed: Hook[[], Q] = Hook("alarmed")
"""Answers the condition on tenants that something at or below them has an open alarm."""

equipment: Questions[[], Mapping[str, Expression]] = Questions("equipment")
"""Answered with what a tenant and everything below it has, as annotations of tenants: ``stations``, ``piles``, ``online``."""
