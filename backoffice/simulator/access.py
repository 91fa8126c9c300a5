"""What a pile does about cards that it knows by itself, and about connectors that it keeps free (OCPP 1.6 §5.13, §5.15). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from backoffice.simulator.machine import Machine
from backoffice.simulator.outlet import Kept, Outlet

Payload = Mapping[str, Any]
OCCUPIED = frozenset({"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Reserved"})


def get_local_list_version(
    machine: Machine, payload: Payload, at: datetime, chance: Random
) -> dict[str, Any]:
    """0 is an empty list, whatever its version was (§5.10)."""
    return {"listVersion": machine.list_version if machine.cards else 0}


def send_local_list(machine: Machine, payload: Payload, at: datetime, chance: Random) -> dict[str, Any]:
    """All of it is taken, or nothing."""
    version, entries = int(payload["listVersion"]), payload.get("localAuthorizationList") or []
    is_full = payload["updateType"] == "Full"
    if not is_full and version <= machine.list_version:
        return {"status": "VersionMismatch"}
    cards = {} if is_full else dict(machine.cards)
    for entry in entries:
        tag = str(entry["idTag"]).upper()
        if "idTagInfo" in entry:
            cards[tag] = dict(entry["idTagInfo"])
        else:
            cards.pop(tag, None)
    fixed = machine.settings.fixed
    if len(entries) > int(fixed["SendLocalListMaxLength"]) or len(cards) > int(
        fixed["LocalAuthListMaxLength"]
    ):
        return {"status": "Failed"}
    machine.cards, machine.list_version = cards, version
    return {"status": "Accepted"}


def remember_list(machine: Machine, payload: Payload) -> None:
    """Have what it kept when it was switched off."""
    machine.list_version = int(payload["listVersion"])
    entries = payload["localAuthorizationList"]
    machine.cards = {str(entry["idTag"]).upper(): dict(entry["idTagInfo"]) for entry in entries}


def reserve_now(machine: Machine, payload: Payload, at: datetime, chance: Random) -> dict[str, Any]:
    """The same number replaces (§5.13). Any one of the connectors cannot be kept free here."""
    outlet = machine.outlet(payload["connectorId"])
    if outlet is None:
        return {"status": "Rejected"}
    number = int(payload["reservationId"])
    until = datetime.fromisoformat(str(payload["expiryDate"]))
    replaces = outlet.kept is not None and outlet.kept.number == number
    if outlet.status in {"Faulted", "Unavailable"}:
        return {"status": outlet.status}
    if outlet.status in OCCUPIED and not replaces:
        return {"status": "Occupied"}
    kept = Kept(number, str(payload["idTag"]), str(payload.get("parentIdTag", "")), until)
    _let_go(machine, number)
    outlet.kept = kept
    machine.at(until, lambda _when: _end(outlet, kept))
    return {"status": "Accepted"}


def cancel_reservation(machine: Machine, payload: Payload, at: datetime, chance: Random) -> dict[str, Any]:
    return {"status": "Accepted" if _let_go(machine, int(payload["reservationId"])) else "Rejected"}


def _let_go(machine: Machine, number: int) -> bool:
    found = [one for one in machine.outlets if one.kept is not None and one.kept.number == number]
    for one in found:
        one.kept = None
    return bool(found)


def _end(outlet: Outlet, kept: Kept) -> None:
    if outlet.kept is kept:
        outlet.kept = None
