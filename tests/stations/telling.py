"""Piles that tell of their settings, and templates that want some."""

from __future__ import annotations

from typing import Any

from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import Command, ConfigurationKey, ConfigurationTemplate, Pile, PileModel
from stations.services import settings
from tenants.models import Tenant
from tests.factories.stations import ACTOR, outcome


def entry(key: str, value: str | None, *, readonly: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"key": key, "readonly": readonly}
    return found if value is None else found | {"value": value}


def answer(command: Command, state: CommandState = CommandState.ACCEPTED, **said: Any) -> None:
    intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, state, latency_ms=5, **said)])


def read(pile: Pile, *entries: dict[str, Any], unknown: tuple[str, ...] = (), **asked: Any) -> None:
    """The pile is asked for its settings and tells these."""
    command = settings.read_settings(pile, actor=ACTOR, **asked)
    answer(command, answer={"configurationKey": list(entries), "unknownKey": list(unknown)})


def template(model: PileModel, owner: Tenant | None = None, **wanted: str) -> ConfigurationTemplate:
    row = settings.create_template(owner or model.tenant, model=model, actor=ACTOR)
    for key, value in wanted.items():
        settings.want_setting(row, key=key, value=value, actor=ACTOR)
    return row


def drifts(pile: Pile) -> dict[str, str]:
    rows = ConfigurationKey.objects.filter(pile=pile, wanted__isnull=False)
    return dict(rows.values_list("key", "drift"))


def latest(action: str) -> Command:
    found = Command.objects.filter(action=action).order_by("-pk").first()
    assert found is not None
    return found
