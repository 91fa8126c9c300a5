"""Asking a pile to do something. A command is a row first, and leaves once the row is committed.

A pile that cannot be reached is not asked: the command is refused now, never delivered hours later.
Asking for the same thing while it is unanswered is one command. What becomes of it is written by
``stations.outcomes``; nothing here sends anything a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import path_of_tenant
from ocpp_gateway.wire import CommandOrder
from stations import climbing, configuration, dispatch, keys
from stations.models import Command, Connector, Life, Pile, Registration
from stations.outcomes import lock_commands, record_effect
from stations.selectors import lacks_trigger, unsupported
from stations.services import access_requests, profile_checks
from stations.states import CHARGING, STARTABLE, UNANSWERED

TTL_S = 60
TIMEOUT_S = 30
SLOW_TIMEOUT_S = 60
SLOW = frozenset({"GetConfiguration", "SendLocalList", "GetCompositeSchedule"})

EFFECT_WITHIN_S: Mapping[str, int] = {
    "RemoteStartTransaction": 150,
    "RemoteStopTransaction": 120,
    "ChangeAvailability": 60,
    "Reset": 300,
    "TriggerMessage": 30,
    "ExtendedTriggerMessage": 30,
}
"""Seconds from the answer until what was agreed must be seen. The others have done all with their answer."""

NOTHING: Mapping[str, Any] = {}
TRIGGERS = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})
_NOT_WHILE_PENDING = frozenset({"RemoteStartTransaction", "RemoteStopTransaction"})


class Terms(TypedDict, total=False):
    """How long a command may wait to leave, for its answer, and for its effect, in seconds."""

    ttl_s: int
    timeout_s: int
    effect_within_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a pile. ``secret`` is merged into the payload that leaves and kept nowhere.

    ``anyway``: also where the pile does not list the feature profile, or said that it does not know it;
    an unlock also while a vehicle charges.
    """

    action: str
    payload: Mapping[str, Any]
    connector_number: int | None = None
    reason: str = ""
    about: str = ""
    terms: Terms = field(default_factory=Terms)
    anyway: bool = False
    secret: Mapping[str, Any] = field(default_factory=dict)


def send_command(
    pile: Pile,
    *,
    action: str,
    payload: Mapping[str, Any],
    actor: Actor,
    reason: str = "",
    about: str = "",
    connector_number: int | None = None,
    anyway: bool = False,
    **terms: Unpack[Terms],
) -> Command:
    """Ask a pile of the scope. Returns the command, or the same one that is still unanswered.

    ``anyway`` asks a pile that does not know the command as far as it said; only engineers may.
    A value that is a secret goes to the pile and is kept nowhere.
    Raises Refused: ``offline``, ``not_registered``, ``registration``, ``retired``, ``not_now``,
    ``malformed``, ``own_page``, ``lacking``, ``unsupported``, ``reserved``, ``connector_zero``, ``too_long``.
    """
    kept, secret = payload, NOTHING
    if action == "ChangeConfiguration":
        _check_key(payload.get("key"))
        kept, secret = _parted(payload)
    request = Request(
        action=action,
        payload=kept,
        secret=secret,
        connector_number=connector_number,
        reason=reason,
        about=about,
        terms=terms,
        anyway=anyway,
    )
    return order_command(pile, request, actor=actor)


@transaction.atomic
def order_command(pile: Pile, request: Request, *, actor: Actor) -> Command:
    """The same for callers in this room, whose requests may carry a secret."""
    hold_pile(pile.pk)
    pile = Pile.objects.get(pk=pile.pk)
    same = Command.objects.filter(
        pile=pile,
        action=request.action,
        payload=request.payload,
        about=request.about,
        state__in=[state.value for state in UNANSWERED],
        deadline__gt=clock.now() - timedelta(seconds=SLOW_TIMEOUT_S),
    ).first()
    if same is not None and not request.secret:
        return same
    _check_pile(pile, request)
    if not request.anyway and (objection := unsupported(pile, request.action)):
        raise Refused(str(objection), code="unsupported")
    _check_request(pile, request)
    access_requests.check(pile, request.action, request.payload)
    profile_checks.check_request(pile, request.action, request.payload)
    command = _create(pile, request, actor)
    if request.action == "ChangeAvailability":
        _intend(pile, request.payload)
    audit.record(actor, "command.sent", command, after=audit.snapshot(command), reason=request.reason)
    _hand_over(pile, command, request)
    return command


def _check_key(key: object) -> None:
    """Keys are compared as piles compare them, or a password would pass under another spelling."""
    if configuration.same_key(key, keys.KEY_NAME):
        raise Refused(_("Change the password on the page of the pile."), code="own_page", field="key")
    if configuration.same_key(key, climbing.PROFILE_KEY):
        raise Refused(_("Raise the security profile on the page of the pile."), code="own_page", field="key")


def _parted(payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """A change of a setting as it is kept, and what only the pile is told (white paper A01.FR.08)."""
    value = str(payload.get("value", ""))
    shown = configuration.concealed(str(payload.get("key", "")), value)
    return (payload, NOTHING) if shown == value else ({**payload, "value": shown}, {"value": value})


def hold_pile(pile_id: int) -> None:
    """Take turns with whoever asks this pile for something, after those who have the pile for themselves."""
    locks.share(Pile, pile_id)
    locks.hold(f"stations.command:{pile_id}")


@transaction.atomic
def mark_effect(command: Command, *, note: str, at: datetime | None = None) -> Command:
    """Record what shows that a command took effect. The second piece of evidence changes nothing."""
    row = lock_commands([command.pk])[command.pk]
    record_effect(row, note=note, at=at or clock.now())
    return row


@transaction.atomic
def mark_effects(about: str, *, action: str, note: str, at: datetime | None = None) -> None:
    """The same for every command of this action that was sent for ``about`` and still awaits its effect."""
    waiting = Command.objects.filter(about=about, action=action, effect_at__isnull=True)
    for row in lock_commands(waiting.values_list("pk", flat=True)).values():
        record_effect(row, note=note, at=at or clock.now())


def _create(pile: Pile, request: Request, actor: Actor) -> Command:
    at = clock.now()
    slow = SLOW_TIMEOUT_S if request.action in SLOW else TIMEOUT_S
    timeout_s = request.terms.get("timeout_s", slow)
    within_s = request.terms.get("effect_within_s", EFFECT_WITHIN_S.get(request.action))
    deadline = at + timedelta(seconds=request.terms.get("ttl_s", TTL_S))
    return Command.objects.create(
        **path_of_tenant(pile.tenant_id).as_columns(),
        pile=pile,
        connector_number=request.connector_number,
        action=request.action,
        payload=dict(request.payload),
        actor_ref=actor.ref[:80],
        actor_label=actor.label[:120],
        reason=request.reason[:300],
        about=request.about[:80],
        timeout_s=timeout_s,
        created_at=at,
        deadline=deadline,
        effect_within_s=within_s,
        effect_deadline=None if within_s is None else deadline + timedelta(seconds=timeout_s + within_s),
    )


def _hand_over(pile: Pile, command: Command, request: Request) -> None:
    order = CommandOrder(
        command_id=command.pk,
        pile_id=command.pile_id,
        action=command.action,
        payload={**request.payload, **request.secret},
        deadline=command.deadline,
        timeout_s=command.timeout_s,
        generation=pile.generation,
    )
    transaction.on_commit(partial(dispatch.push, pile.gateway, order))
    live.publish("commands", f"command:{command.pk}", command.path)
    live.publish("piles", f"pile:{command.pile_id}", command.path)


def _intend(pile: Pile, payload: Mapping[str, Any]) -> None:
    """What we want of the connector is as asked, whatever the pile will say to it."""
    number, intent = payload["connectorId"], payload["type"]
    if number:
        Connector.objects.filter(pile=pile, number=number).update(intent=intent)
    else:
        Pile.objects.filter(pk=pile.pk).update(intent=intent)


def _check_pile(pile: Pile, request: Request) -> None:
    """OCPP 1.6 §4.2: what may be sent in which state of registration."""
    if pile.life == Life.RETIRED:
        raise Refused(_("This pile is retired."), code="retired")
    if not pile.online:
        raise Refused(_("The pile is offline. Nothing was sent."), code="offline")
    if pile.registration == Registration.UNKNOWN:
        raise Refused(_("The pile is connected and has not booted yet."), code="not_registered")
    if pile.registration == Registration.REJECTED or (
        pile.registration == Registration.PENDING and request.action in _NOT_WHILE_PENDING
    ):
        raise Refused(_("The pile has not been accepted yet."), code="registration")
    if (
        request.action in TRIGGERS
        and pile.registration == Registration.ACCEPTED
        and request.payload.get("requestedMessage") == "BootNotification"
    ):
        raise Refused(_("A pile that is accepted is not asked to boot again."), code="not_now")


def _check_request(pile: Pile, request: Request) -> None:
    payload = request.payload
    match request.action:
        case "TriggerMessage" | "ExtendedTriggerMessage":
            message = str(payload.get("requestedMessage", ""))
            if not request.anyway and lacks_trigger(pile, message):
                raise Refused(
                    _("Terminals of this model and firmware cannot be asked for this message."),
                    code="lacking",
                )
        case "RemoteStartTransaction":
            id_tag = str(payload.get("idTag", "")).strip()
            if not 1 <= len(id_tag) <= 20:
                raise Refused(_("A card number has 1 to 20 characters."), code="malformed", field="id_tag")
            connector = _connector(pile, payload)
            _check_startable(pile, connector)
            access_requests.check_not_reserved(pile, connector, id_tag)
        case "UnlockConnector":
            if _connector(pile, payload).status in CHARGING and not request.anyway:
                raise Refused(_("A vehicle is charging here: stop it instead."), code="not_now")
        case "ChangeAvailability":
            if payload.get("connectorId") != 0:
                _connector(pile, payload)
            if payload.get("type") not in {"Operative", "Inoperative"}:
                raise Refused(_("In operation or out of operation?"), code="malformed", field="type")
        case "ChangeConfiguration":
            if not 1 <= len(str(payload.get("key", ""))) <= 50:
                raise Refused(_("A key has 1 to 50 characters."), code="malformed", field="key")
            if len(str({**payload, **request.secret}.get("value", ""))) > 500:
                raise Refused(_("A value has at most 500 characters."), code="malformed", field="value")


def _check_startable(pile: Pile, connector: Connector) -> None:
    if pile.status in {"Unavailable", "Faulted"} or connector.status not in STARTABLE:
        status = (
            connector.get_status_display() if connector.status not in STARTABLE else pile.get_status_display()
        )
        raise Refused(
            _("Charging cannot start at connector %(letter)s now: %(status)s.")
            % {"letter": connector.letter, "status": status},
            code="not_now",
        )


def _connector(pile: Pile, payload: Mapping[str, Any]) -> Connector:
    number = payload.get("connectorId")
    if isinstance(number, int) and number > 0:
        connector = Connector.objects.filter(pile=pile, number=number).first()
        if connector is not None:
            return connector
    raise Refused(_("The pile has no such connector."), code="malformed", field="connector")
