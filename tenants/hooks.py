"""What this room asks of the rooms above it."""

from __future__ import annotations

from django.utils.functional import Promise

from backoffice.kit.hooks import Questions

closing_blockers: Questions[[int], str | Promise] = Questions("closing_blockers")
"""Answered with one sentence each by whatever still needs the tenant: stations, open orders, balances."""
