"""What may be sent to a pile, and what its answers mean. Pure: no socket, no clock.

A status of OCPP is never lost: ``CommandState`` says whether the pile agreed, the ``answer`` keeps
its word (``Scheduled``, ``RebootRequired``, ``NotSupported``, ``UnlockFailed``, ...).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ocpp_gateway import masking, schemas
from ocpp_gateway.policy import Policy
from ocpp_gateway.reading import as_text, fold, vocabulary
from ocpp_gateway.wire import CommandOrder, CommandState, Registration

_SLOW: Final = frozenset({"GetConfiguration", "SendLocalList", "GetCompositeSchedule"})
_NOT_WHILE_PENDING: Final = frozenset({"RemoteStartTransaction", "RemoteStopTransaction"})
_TRIGGERS: Final = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})

# Action -> the statuses by which a pile agrees, and those by which it does not. Both empty: the
# answer has no status (OCPP 1.6 §6; security white paper §5).
_STATUSES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "CancelReservation": (("Accepted",), ("Rejected",)),
    "CertificateSigned": (("Accepted",), ("Rejected",)),
    "ChangeAvailability": (("Accepted", "Scheduled"), ("Rejected",)),
    "ChangeConfiguration": (("Accepted", "RebootRequired"), ("Rejected", "NotSupported")),
    "ClearCache": (("Accepted",), ("Rejected",)),
    "ClearChargingProfile": (("Accepted",), ("Unknown",)),
    "DataTransfer": (("Accepted",), ("Rejected", "UnknownMessageId", "UnknownVendorId")),
    "DeleteCertificate": (("Accepted",), ("Failed", "NotFound")),
    "ExtendedTriggerMessage": (("Accepted",), ("Rejected", "NotImplemented")),
    "GetCompositeSchedule": (("Accepted",), ("Rejected",)),
    "GetConfiguration": ((), ()),
    "GetDiagnostics": ((), ()),
    "GetInstalledCertificateIds": (("Accepted",), ("NotFound",)),
    "GetLocalListVersion": ((), ()),
    "GetLog": (("Accepted", "AcceptedCanceled"), ("Rejected",)),
    "InstallCertificate": (("Accepted",), ("Rejected", "Failed")),
    "RemoteStartTransaction": (("Accepted",), ("Rejected",)),
    "RemoteStopTransaction": (("Accepted",), ("Rejected",)),
    "ReserveNow": (("Accepted",), ("Faulted", "Occupied", "Rejected", "Unavailable")),
    "Reset": (("Accepted",), ("Rejected",)),
    "SendLocalList": (("Accepted",), ("Failed", "NotSupported", "VersionMismatch")),
    "SetChargingProfile": (("Accepted",), ("Rejected", "NotSupported")),
    "SignedUpdateFirmware": (
        ("Accepted", "AcceptedCanceled"),
        ("Rejected", "InvalidCertificate", "RevokedCertificate"),
    ),
    "TriggerMessage": (("Accepted",), ("Rejected", "NotImplemented")),
    "UnlockConnector": (("Unlocked",), ("UnlockFailed", "NotSupported")),
    "UpdateFirmware": ((), ()),
}
_WORDS: Final = {action: vocabulary([*good, *bad]) for action, (good, bad) in _STATUSES.items()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a CALLRESULT says about its command. ``answer`` is masked."""

    state: CommandState
    answer: dict[str, Any]
    error: str = ""


def objection(order: CommandOrder, registration: Registration, policy: Policy) -> str:
    """Why the command may not be sent, as a short code with details behind a colon; "" if it may.

    OCPP 1.6 §4.2 (what a pile may be sent before it is accepted), errata 3.40 (no
    TriggerMessage(BootNotification) once accepted), §5.11 and errata 3.41 (remote start).
    """
    if order.action not in _STATUSES:
        return "unknown_action"
    return _objection_by_registration(order, registration) or _objection_to_content(order, policy)


def _objection_by_registration(order: CommandOrder, registration: Registration) -> str:
    match registration:
        case Registration.UNKNOWN:
            return "not_registered"
        case Registration.REJECTED:
            return "registration_rejected"
        case Registration.PENDING:
            return "registration_pending" if order.action in _NOT_WHILE_PENDING else ""
        case Registration.ACCEPTED:
            return "already_accepted" if invited_message(order) == "BootNotification" else ""


def _objection_to_content(order: CommandOrder, policy: Policy) -> str:
    try:
        schemas.check_request(order.action, order.payload)
    except schemas.SchemaError as error:
        return f"malformed: {error}"
    if len(orjson.dumps(order.payload)) > policy.max_outbound_bytes:
        return "too_large"
    if order.action == "RemoteStartTransaction":
        return _objection_to_start(order.payload)
    if order.action == "UnlockConnector" and order.payload["connectorId"] <= 0:
        return "malformed: /connectorId: must be above 0"
    return ""


def _objection_to_start(payload: Mapping[str, Any]) -> str:
    if payload.get("connectorId", 0) <= 0:
        return "malformed: /connectorId: must be above 0"
    if not payload["idTag"].strip():
        return "malformed: /idTag: must not be blank"
    profile = payload.get("chargingProfile")
    if profile is not None:
        if profile["chargingProfilePurpose"] != "TxProfile":
            return "malformed: /chargingProfile/chargingProfilePurpose: must be TxProfile"
        if "transactionId" in profile:
            return "malformed: /chargingProfile/transactionId: must be absent"
    return ""


def timeout_for(order: CommandOrder, policy: Policy) -> float:
    """Seconds to wait for the answer."""
    if order.timeout_s is not None:
        return order.timeout_s
    return policy.slow_call_timeout_s if order.action in _SLOW else policy.call_timeout_s


def invited_message(order: CommandOrder) -> str | None:
    """The action that a trigger asks for; such a message is welcome even from a pending pile (§4.2)."""
    if order.action not in _TRIGGERS:
        return None
    wanted = str(order.payload.get("requestedMessage", ""))
    return "SignCertificate" if wanted == "SignChargePointCertificate" else wanted  # white paper A02


def read_result(action: str, payload: dict[str, Any] | None, secrets: tuple[str, ...] = ()) -> Verdict:
    """Read a CALLRESULT leniently: the status first, whatever else is there is kept and not judged.

    ``secrets`` are values of the request that the answer may not repeat.
    """
    if payload is None:
        return Verdict(CommandState.ERROR, {}, "unreadable_answer")
    answer = masking.mask(payload, secrets)
    good, bad = _STATUSES[action]
    if not good and not bad:
        return Verdict(CommandState.ACCEPTED, _CLEANERS[action](answer) if action in _CLEANERS else answer)
    status = as_text(payload.get("status") or "").strip()
    if not status:
        return Verdict(CommandState.ERROR, answer, "empty_answer" if not payload else "no_status")
    word = _WORDS[action].get(fold(status))
    if word is None:
        return Verdict(CommandState.REJECTED, answer, "unknown_status")
    answer["status"] = word
    return Verdict(CommandState.ACCEPTED if word in good else CommandState.REJECTED, answer)


def _clean_configuration(answer: dict[str, Any]) -> dict[str, Any]:
    """GetConfiguration.conf as it should be: texts as values, real booleans, lists where lists belong."""
    entries = answer.get("configurationKey")
    unknown = answer.get("unknownKey")
    return {
        "configurationKey": [
            _clean_entry(entry)
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, dict) and entry.get("key")
        ],
        "unknownKey": [as_text(key) for key in unknown] if isinstance(unknown, list) else [],
    }


def _clean_entry(entry: dict[str, Any]) -> dict[str, Any]:
    readonly = entry.get("readonly")
    clean: dict[str, Any] = {
        "key": as_text(entry["key"]),
        "readonly": readonly.strip().casefold() == "true" if isinstance(readonly, str) else bool(readonly),
    }
    if entry.get("value") is not None:
        clean["value"] = as_text(entry["value"])
    return clean


_CLEANERS: Final = {"GetConfiguration": _clean_configuration}

MAX_KEYS: Final = "GetConfigurationMaxKeys"


def keys_at_once(answer: Mapping[str, Any]) -> int | None:
    """How many keys a pile takes in one GetConfiguration, where its answer says so (OCPP 1.6 §9.1.7)."""
    for entry in answer.get("configurationKey", ()):
        if fold(entry["key"]) == fold(MAX_KEYS):
            text = str(entry.get("value", "")).strip()
            return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 10_000 else None
    return None


def requests_for(payload: dict[str, Any], at_once: int | None) -> list[dict[str, Any]]:
    """A GetConfiguration in as many requests as the pile needs; all keys at once where nothing is known."""
    keys = payload.get("key") or []
    if at_once is None or len(keys) <= at_once:
        return [payload]
    return [{**payload, "key": keys[first : first + at_once]} for first in range(0, len(keys), at_once)]


def join_configurations(answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The answers to those requests as one."""
    return {
        name: [entry for answer in answers for entry in answer.get(name, ())]
        for name in ("configurationKey", "unknownKey")
    }
