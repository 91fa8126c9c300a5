"""Charging profiles of piles: sent, cleared, and what became of them.

A row is what we want; its state is what the pile said. Without an answer nobody knows, so it stays
asked for. What one profile replaces (same purpose, level and connector, OCPP 1.6 §5.16.4) is cleared
with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from ocpp_gateway.wire import CommandState
from stations.models import ChargingProfile, Command, LoadGroup, Pile, ProfileState
from stations.profiles import Profile, Purpose
from stations.selectors.charging import WITHOUT, group_of_pile, open_profiles
from stations.services import commands
from stations.services.commands import Request

OPEN = (ProfileState.WANTED, ProfileState.INSTALLED)
REMOTE_START_ID = 2_000_000_000
"""The chargingProfileId of a profile that travels with a start: it is gone with the transaction."""


@transaction.atomic
def set_profile(
    pile: Pile,
    *,
    profile: Profile,
    connector: int,
    actor: Actor,
    reason: str = "",
    group: LoadGroup | None = None,
    anyway: bool = False,
) -> ChargingProfile:
    """Send a profile to a pile of the scope; its id becomes the key of the row. ``anyway`` as in ``commands``.

    Raises Refused: ``group`` where a load group gives the charge its share, and what
    ``commands.order_command`` refuses; then there is no row either.
    """
    if group is None:
        _require_free(pile, profile, connector)
    row = ChargingProfile.objects.create(
        tenant_id=pile.tenant_id,
        pile=pile,
        connector_number=max(connector, 0),
        purpose=profile.purpose.value,
        stack_level=max(profile.stack_level, 0),
        transaction_id=profile.transaction_id,
        group=group,
        created_by=actor.label[:120],
        created_at=clock.now(),
    )
    row.content = replace(profile, id=row.pk).to_json()
    row.set_command = commands.order_command(
        pile,
        Request(
            action="SetChargingProfile",
            payload={"connectorId": connector, "csChargingProfiles": row.content},
            connector_number=connector,
            reason=reason,
            about=audit.reference(row),
            anyway=anyway,
        ),
        actor=actor,
    )
    row.save(update_fields=["content", "set_command"])
    audit.record(actor, "profile.set", row, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def clear_profile(row: ChargingProfile, *, actor: Actor, reason: str = "") -> ChargingProfile:
    """Take one profile off its pile. Raises Refused: ``ended``, ``group``, and what a command is refused for."""
    row = locks.locked(ChargingProfile.objects.filter(pk=row.pk)).get()
    if row.state not in OPEN:
        raise Refused(_("This profile is not there any more."), code="ended")
    if row.group_id is not None and row.group is not None and row.group.on:
        raise Refused(_("A load group holds this limit: change it there."), code="group")
    before = audit.snapshot(row)
    row.clear_command = clear_profiles(row.pile, what={"id": row.pk}, actor=actor, reason=reason)
    row.save(update_fields=["clear_command"])
    audit.record(actor, "profile.cleared", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def clear_profiles(
    pile: Pile,
    *,
    what: Mapping[str, Any],
    actor: Actor,
    reason: str = "",
    about: str = "",
    anyway: bool = False,
) -> Command:
    """Take off a pile whatever matches: an id, or connector, purpose and level; everything where nothing is named."""
    return commands.send_command(
        pile,
        action="ClearChargingProfile",
        payload=what,
        actor=actor,
        reason=reason,
        about=about,
        anyway=anyway,
    )


def start_payload(connector: int, id_tag: str, profile: Profile | None = None) -> dict[str, Any]:
    """A RemoteStart that may carry a limit for the charge to come (OCPP 1.6 §5.16.2).

    Such a profile is a TxProfile that names no transaction; ``commands`` refuses any other.
    """
    payload: dict[str, Any] = {"connectorId": connector, "idTag": id_tag}
    if profile is not None:
        payload["chargingProfile"] = replace(profile, id=REMOTE_START_ID).to_json()
    return payload


def hear_of_command(command: Command) -> None:
    """What the answer to a command means for the profiles of its pile (a listener of ``command_finished``)."""
    if command.action == "SetChargingProfile":
        _hear_of_set(command)
    elif command.action == "ClearChargingProfile":
        _hear_of_clear(command)


def end_with_transaction(pile: Pile, transaction_id: int) -> None:
    """A TxProfile is gone with its transaction (OCPP 1.6 §3.13.1). A second time changes nothing."""
    mine = ChargingProfile.objects.filter(pile=pile, transaction_id=transaction_id, state__in=OPEN)
    _end(mine, "ended")


def note_of(command: Command) -> str:
    """Why a command about profiles achieved nothing, as a short code; "" where it did.

    A pile without smart charging answers with a CALLERROR (errata 3.38), one that has it and does not
    take this profile with a status (§7.12).
    """
    state, said = CommandState(command.state), str(command.answer.get("status", ""))
    if state is CommandState.ERROR:
        return "no_smart_charging" if command.error in WITHOUT else "error"
    if state is CommandState.REJECTED:
        return {"NotSupported": "not_supported", "Unknown": "unknown"}.get(said, "rejected")
    if state in {CommandState.TIMED_OUT, CommandState.CONNECTION_LOST}:
        return "no_answer"
    return "not_sent" if state in {CommandState.REFUSED, CommandState.EXPIRED} else ""


def _require_free(pile: Pile, profile: Profile, connector: int) -> None:
    group = group_of_pile(pile)
    if group is None:
        return
    is_safety = profile.purpose is Purpose.DEFAULT and (connector, profile.stack_level) == (0, 0)
    if profile.purpose is Purpose.TRANSACTION or is_safety:
        message = _(
            "The load group “%(name)s” shares the power here: change its limit, or use another purpose."
        )
        raise Refused(message % {"name": group.name}, code="group", field="purpose")


def _hear_of_set(command: Command) -> None:
    own = ChargingProfile.objects.filter(set_command=command).first()
    if own is None:
        return
    same = Q(
        pile=own.pile_id,
        connector_number=own.connector_number,
        purpose=own.purpose,
        stack_level=own.stack_level,
        transaction_id=own.transaction_id,
        state__in=OPEN,
    )
    rows = {row.pk: row for row in locks.locked(ChargingProfile.objects.filter(same))}
    row, note = rows.pop(own.pk, None), note_of(command)
    if row is None:
        return
    row.note = note
    if not note:
        row.state = ProfileState.INSTALLED
        older = [key for key, one in rows.items() if (one.created_at, key) < (row.created_at, row.pk)]
        _end(ChargingProfile.objects.filter(pk__in=older), "replaced")
    elif note != "no_answer":
        row.state, row.ended_at = ProfileState.REFUSED, clock.now()
    row.save(update_fields=["state", "note", "ended_at"])


def _hear_of_clear(command: Command) -> None:
    """Accepted, and nothing that matched is there any more; Unknown, and nothing was (errata 3.26)."""
    note = note_of(command)
    if note not in {"", "unknown"}:
        return
    asked = command.payload
    rows = open_profiles(command.pile_id).filter(created_at__lte=command.created_at)
    if "id" in asked:
        rows = rows.filter(pk=asked["id"])
    else:
        names = {
            "connectorId": "connector_number",
            "chargingProfilePurpose": "purpose",
            "stackLevel": "stack_level",
        }
        rows = rows.filter(**{column: asked[name] for name, column in names.items() if name in asked})
    _end(rows, note or "cleared")


def _end(rows: QuerySet[ChargingProfile], note: str) -> None:
    keys = [row.pk for row in locks.locked(rows)]
    ChargingProfile.objects.filter(pk__in=keys).update(
        state=ProfileState.CLEARED, note=note, ended_at=clock.now()
    )
