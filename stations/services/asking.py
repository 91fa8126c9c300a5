"""One command to many piles: the kind of campaign whose outcome is that of its command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _, gettext_lazy, pgettext

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from ocpp_gateway.wire import CommandState
from stations import configuration
from stations.campaigns import Kind, Outcome, Params
from stations.models import CampaignPile, Command, CommandStatus
from stations.outcomes import WHATEVER_TAKES
from stations.permissions import StationPerm
from stations.services import settings
from stations.services.commands import send_command
from stations.states import NEVER_SENT, UNANSWERED, UNKNOWN_OUTCOME

IN_BULK: Final[Mapping[str, StationPerm]] = {
    "ChangeAvailability": StationPerm.COMMAND_BASIC,
    "Reset": StationPerm.COMMAND_BASIC,
    "ChangeConfiguration": StationPerm.COMMAND_ENGINEER,
    "ClearCache": StationPerm.COMMAND_ENGINEER,
    "DataTransfer": StationPerm.COMMAND_ENGINEER,
    "GetConfiguration": StationPerm.COMMAND_ENGINEER,
    "TriggerMessage": StationPerm.COMMAND_ENGINEER,
}
"""What makes sense to be asked of many piles, and who may. Nothing here names one connector."""


def outcome_of(command: Command) -> Outcome | None:
    """What became of a command, its effect included where one is awaited; None while it is open."""
    state, status = CommandState(command.state), str(command.answer.get("status", ""))
    if state in UNANSWERED:
        return None
    if state is CommandState.EFFECT_SEEN:
        return Outcome(True, status or command.effect_note)
    if state is CommandState.ACCEPTED:
        awaited = command.effect_within_s is not None and status != WHATEVER_TAKES
        return None if awaited else Outcome(True, status)
    if state is CommandState.EFFECT_MISSING:
        return Outcome(False, _("The terminal agreed, and nothing was seen to happen."))
    if state in UNKNOWN_OUTCOME:
        # What cut the connection may be what was asked for: a restart.
        if command.effect_within_s is not None and command.action == "Reset":
            return None
        return Outcome(False, CommandStatus(state).label)
    if state in NEVER_SENT:
        return Outcome(False, pgettext("command", "Not sent: %(why)s") % {"why": command.error or state})
    return Outcome(False, status or command.error or CommandStatus(state).label)


def _start(item: CampaignPile, actor: Actor) -> None:
    campaign = item.campaign
    item.command = send_command(
        item.pile,
        action=campaign.params["action"],
        payload=campaign.params["payload"],
        actor=actor,
        reason=campaign.reason,
        about=item.about,
        anyway=campaign.send_anyway,
    )


def _outcome(item: CampaignPile) -> Outcome | None:
    return None if item.command is None else outcome_of(item.command)


def _check(params: Params) -> None:
    payload: Any = params.get("payload")
    if params.get("action") not in IN_BULK or not isinstance(payload, dict) or payload.get("connectorId"):
        raise Refused(_("This is not asked of many terminals at once."), code="malformed")
    if params["action"] == "ChangeConfiguration":
        _check_setting(str(payload.get("key", "")), str(payload.get("value", "")))


def _check_setting(key: str, value: str) -> None:
    """What is asked of many is kept with it, so it holds no secret."""
    if configuration.is_secret(key) or configuration.concealed(key, value) != value:
        raise Refused(
            _("A password is changed at one terminal after the other."), code="own_page", field="key"
        )
    settings.check_value(key, value)


COMMAND = Kind(
    name="command",
    label=gettext_lazy("Command"),
    start=_start,
    outcome=_outcome,
    check=_check,
    perm=lambda params: IN_BULK.get(str(params.get("action")), StationPerm.COMMAND_ENGINEER),
)
