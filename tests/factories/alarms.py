"""Alarms for tests. They go through the book, so there is one live row per key."""

from __future__ import annotations

from itertools import count
from typing import Any

from alarms import services
from alarms.models import Alarm
from backoffice.kit.scope import unscoped
from stations.models import Pile
from tests.factories.stations import make_pile

_numbers = count(1)


def make_alarm(pile: Pile | None = None, code: str = "F14", **over: Any) -> Alarm:
    """An open alarm of a pile; a different one each time."""
    fields = {"vendor_error_code": f"V{next(_numbers)}"} | over
    with unscoped(reason="test data"):
        return services.raise_alarm(code, pile=pile or make_pile(), **fields)
