"""What this room asks of the rooms above it, and tells them."""

from __future__ import annotations

from django.utils.functional import Promise

from backoffice.kit.hooks import Listeners, Questions
from stations.models import Command

command_finished: Listeners[[Command]] = Listeners("command_finished")
"""The pile answered, or never will. Runs in the transaction that recorded it; tells each command once."""

effect_missing: Listeners[[Command]] = Listeners("effect_missing")
"""The pile agreed, and what it agreed to was not seen in time. Tells each command once."""

retiring_blockers: Questions[[int], str | Promise] = Questions("retiring_blockers")
"""Answered with one sentence each by whatever still needs the pile of this id: open orders."""
