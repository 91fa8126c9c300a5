"""The charging profiles that a simulated pile holds, and what they let through (OCPP 1.6 §3.13). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backoffice.simulator.outlet import Outlet
from stations.composite import Installed, Running, Supply, composite, limit_at
from stations.profiles import Profile, Purpose, Unit

SUPPLY = Supply()
CRITERIA = {"chargingProfilePurpose": "purpose", "stackLevel": "stack_level"}


@dataclass(slots=True)
class Limits:
    """What is installed, by its id. One takes the place of another of the same purpose, level and connector."""

    installed: dict[int, Installed] = field(default_factory=dict)

    def install(self, connector: int, data: Mapping[str, Any]) -> None:
        """Raises ValueError for what is no profile."""
        profile = Profile.from_json(data)
        place = (profile.purpose, profile.stack_level, connector)
        self.installed = {
            key: one
            for key, one in self.installed.items()
            if (one.profile.purpose, one.profile.stack_level, one.connector) != place
        }
        self.installed[profile.id] = Installed(profile, connector)

    def clear(self, payload: Mapping[str, Any]) -> bool:
        """Forget what matches: an id, or all that is named. False when nothing did."""
        before = len(self.installed)
        self.installed = {key: one for key, one in self.installed.items() if not _matches(one, payload)}
        return len(self.installed) < before

    def end(self, connector: int) -> None:
        """A TxProfile is gone with its transaction."""
        self.installed = {
            key: one
            for key, one in self.installed.items()
            if one.profile.purpose is not Purpose.TRANSACTION or one.connector != connector
        }

    def apply(self, outlets: list[Outlet], at: datetime) -> None:
        """Let each connector give what it may; one that may give less than a vehicle can take pauses."""
        rows = list(self.installed.values())
        for outlet in outlets:
            limit = None
            if rows:
                running = _running(outlet)
                began = running.began if running is not None else at
                limit = limit_at(rows, outlet.number, at, began=began, running=running, supply=SUPPLY)
            outlet.limit_w = None if limit is None else float(limit.watts(SUPPLY))

    def schedule(self, outlet: Outlet, duration_s: int, unit: Unit, at: datetime) -> list[dict[str, Any]]:
        """The composite schedule; without a limit what the connector is rated for."""
        steps = composite(
            list(self.installed.values()),
            outlet.number,
            at=at,
            duration_s=duration_s,
            unit=unit,
            running=_running(outlet),
        )
        volts = 1 if unit is Unit.WATTS else SUPPLY.volts * SUPPLY.phases
        rated = outlet.rated_w // volts
        return [
            {"startPeriod": step.start_s, "limit": rated if step.limit is None else float(step.limit)}
            for step in steps
        ]


def _running(outlet: Outlet) -> Running | None:
    session = outlet.session
    return None if session is None else Running(session.id or 0, session.started_at)


def _matches(one: Installed, payload: Mapping[str, Any]) -> bool:
    """OCPP 1.6 errata 3.25: an id stands alone, the others must all fit, none at all is everything."""
    if "id" in payload:
        return bool(one.profile.id == payload["id"])
    named = all(
        getattr(one.profile, mine) == payload[name] for name, mine in CRITERIA.items() if name in payload
    )
    return named and bool(payload.get("connectorId", one.connector) == one.connector)
