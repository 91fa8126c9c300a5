"""What this room asks of the rooms above it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Expression
from django.utils.functional import Promise

from backoffice.kit.hooks import Questions

closing_blockers: Questions[[int], str | Promise] = Questions("closing_blockers")
"""Answered with one sentence each by whatever still needs the tenant: stations, open orders, balances."""

equipment: Questions[[], Mapping[str, Expression]] = Questions("equipment")
"""Answered with what a tenant and everything below it has, as annotations of tenants: ``stations``, ``piles``, ``online``."""
