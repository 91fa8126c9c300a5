"""The vocabulary of security events: what piles report, and what is noticed at the door. Pure but for its words.

Which are critical is said by the OCPP 1.6 security white paper, section 8. A type that is in no list is kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.frame import Words

CRITICAL: Final = frozenset(
    {
        "FirmwareUpdated",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ResetOrReboot",
        "SecurityLogWasCleared",
        "MemoryExhaustion",
        "TamperDetectionActivated",
    }
)

OF_PILES: Final[Mapping[str, Promise]] = {
    "FirmwareUpdated": _("Firmware updated"),
    "FailedToAuthenticateAtCentralSystem": _("Was not let in here"),
    "CentralSystemFailedToAuthenticate": _("Did not trust us"),
    "SettingSystemTime": _("Clock set"),
    "StartupOfTheDevice": pgettext_lazy("terminal", "Started"),
    "ResetOrReboot": _("Restarted"),
    "SecurityLogWasCleared": _("Security log cleared"),
    "ReconfigurationOfSecurityParameters": _("Security settings changed"),
    "MemoryExhaustion": _("Out of memory"),
    "InvalidMessages": _("Got messages that are none"),
    "AttemptedReplayAttacks": _("Got old messages again"),
    "TamperDetectionActivated": _("Opened or tampered with"),
    "InvalidFirmwareSignature": _("Firmware with a wrong signature"),
    "InvalidFirmwareSigningCertificate": _("Firmware signed with a wrong certificate"),
    "InvalidCentralSystemCertificate": _("Our certificate is wrong to it"),
    "InvalidChargePointCertificate": _("Its new certificate is wrong to it"),
    "InvalidTLSVersion": _("Wrong version of TLS"),
    "InvalidTLSCipherSuite": _("Wrong cipher suite"),
}

AT_THE_DOOR: Final[Mapping[str, Promise]] = {
    "unknown_identity": _("Unknown identity"),
    "bad_identity": _("No identity that a pile may have"),
    "wrong_credentials": _("Wrong password"),
    "wrong_profile": _("Wrong security profile"),
    "wrong_certificate": _("Wrong certificate"),
    "expired_certificate": _("Expired certificate"),
    "revoked_certificate": _("Revoked certificate"),
    "retired": _("Retired terminal"),
    "throttled": _("Too many attempts"),
    "unavailable": _("The database could not be asked"),
    "tls_failed": _("No secure connection came about"),
}

DETAILS: Final[Mapping[str, Promise]] = {
    "plain_http": _("It does not speak TLS"),
    "no_tls": _("It does not speak TLS"),
    "version": _("Its version of TLS is too old"),
    "suite": _("No cipher suite in common"),
    "no_certificate": _("It showed no certificate"),
    "distrusts_us": _("It does not trust our certificate"),
    "expired": _("Its certificate has expired"),
    "not_yet_valid": _("Its certificate is not valid yet"),
    "self_signed": _("Its certificate is signed by itself"),
    "foreign": _("Its certificate is signed by somebody we do not trust"),
    "bad_certificate": _("Its certificate is wrong"),
    "closed": _("It closed the connection"),
    "timeout": _("It took too long"),
    "tls": _("Broken TLS"),
}
"""Why TLS failed (``ocpp_gateway.tls.reason_of``)."""

TYPES: Final[Mapping[str, Promise]] = {**OF_PILES, **AT_THE_DOOR}


def type_words(kind: str) -> Words:
    """What an event is called."""
    return TYPES.get(kind, kind)


def info_words(info: str) -> Words:
    """The details of an event."""
    return DETAILS.get(info, info)
