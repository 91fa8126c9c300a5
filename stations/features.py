"""Feature profiles: which commands a pile must know by what it lists (OCPP 1.6 §3.3, errata 3.2). Pure.

A pile that never listed its profiles is asked for everything: unknown is not unsupported. Commands of
the security extension belong to no profile that a pile could list.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

KEY: Final = "SupportedFeatureProfiles"
"""The configuration key in which a pile lists them (OCPP 1.6 §9.1.29)."""

CORE: Final = "Core"
SMART_CHARGING: Final = "SmartCharging"
PROFILE_OF: Final[Mapping[str, str]] = {
    "CancelReservation": "Reservation",
    "ClearChargingProfile": "SmartCharging",
    "GetCompositeSchedule": "SmartCharging",
    "GetDiagnostics": "FirmwareManagement",
    "GetLocalListVersion": "LocalAuthListManagement",
    "ReserveNow": "Reservation",
    "SendLocalList": "LocalAuthListManagement",
    "SetChargingProfile": "SmartCharging",
    "TriggerMessage": "RemoteTrigger",
    "UpdateFirmware": "FirmwareManagement",
}
"""Action to the profile that it belongs to; those of Core, and of no profile, are left out."""

_SPELLINGS: Final[Mapping[str, str]] = {
    "core": CORE,
    "coreprofile": CORE,
    "firmware": "FirmwareManagement",
    "firmwaremanagement": "FirmwareManagement",
    "localauthlist": "LocalAuthListManagement",
    "localauthlistmanagement": "LocalAuthListManagement",
    "localauthorizationlistmanagement": "LocalAuthListManagement",
    "remotetrigger": "RemoteTrigger",
    "trigger": "RemoteTrigger",
    "reservation": "Reservation",
    "smartcharging": "SmartCharging",
}
_LONGEST = 40
_MOST = 30


def read_profiles(value: str) -> list[str] | None:
    """What a pile lists, in the specification's spelling and sorted; unknown words as they are.

    None where it lists nothing, or nothing that is a profile: then nothing is known.
    """
    parts = [part for part in re.split(r"[,;|\n]+", value) if part.strip()]
    if len(parts) == 1 and _folded(parts[0]) not in _SPELLINGS:
        parts = parts[0].split()
    found = {_SPELLINGS.get(_folded(part), part.strip()[:_LONGEST]) for part in parts[:_MOST]}
    return sorted(found) if found & set(_SPELLINGS.values()) else None


def missing_profile(profiles: Collection[str] | None, action: str) -> str:
    """The profile that a pile would have to list and does not; "" where nothing stands in the way."""
    profile = PROFILE_OF.get(action, "")
    return "" if profiles is None or not profile or profile in profiles else profile


def _folded(word: str) -> str:
    return re.sub(r"[\s_\-\"']+", "", word).casefold()
