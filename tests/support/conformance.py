"""What a frame of a central system must be, by the schemas with formats checked; nothing of the gateway's."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any, Final

import jsonschema_rs

ERROR_CODES: Final = frozenset(
    [
        "NotImplemented",
        "NotSupported",
        "InternalError",
        "ProtocolError",
        "SecurityError",
        "FormationViolation",
        "PropertyConstraintViolation",
        "OccurenceConstraintViolation",
        "TypeConstraintViolation",
        "GenericError",
    ]
)
COMMANDS: Final = frozenset(
    [
        "CancelReservation",
        "CertificateSigned",
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "ClearChargingProfile",
        "DataTransfer",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetCompositeSchedule",
        "GetConfiguration",
        "GetDiagnostics",
        "GetInstalledCertificateIds",
        "GetLocalListVersion",
        "GetLog",
        "InstallCertificate",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "SetChargingProfile",
        "SignedUpdateFirmware",
        "TriggerMessage",
        "UnlockConnector",
        "UpdateFirmware",
    ]
)
_UTC_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_TIME_FIELDS: Final = frozenset({"currentTime", "expiryDate", "retrieveDate", "validFrom", "validTo"})


class Violation(AssertionError):
    """The central system broke the protocol."""


def check_schema(name: str, payload: Any) -> None:
    """Raises Violation."""
    try:
        _validator(name).validate(payload)
    except jsonschema_rs.ValidationError as error:
        raise Violation(f"{name}: {error}") from None


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    text = (resources.files("ocpp.v16") / "schemas" / f"{name}.json").read_text("utf-8-sig")
    return jsonschema_rs.validator_for(json.loads(text), validate_formats=True)


def require(condition: bool, what: str) -> None:
    if not condition:
        raise Violation(what)


def check_times(value: Any) -> None:
    """Piles on the market refuse offsets and microseconds."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name in _TIME_FIELDS:
                require(_UTC_SECONDS.fullmatch(str(item)) is not None, f"{name}: {item}")
            check_times(item)
    elif isinstance(value, list):
        for item in value:
            check_times(item)
