"""The settings of a pile: what the standard ones may be, and how reported ones differ from wanted ones. Pure.

Names are compared without regard to case (CiString50). Values are compared as what they mean: ``0`` is
``false``, ``0300`` is ``300``, the members of a list in any order are the same list, because no standard
list has an order that means anything (OCPP 1.6 §9, errata 3.80-3.91).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MASK: Final = "***"
"""What the gateway leaves of a value that is a secret."""

LONGEST_KEY, LONGEST_VALUE = 50, 500
"""OCPP 1.6 §6.7, §6.8."""

_HIGHEST = 2**31 - 1


class Type(StrEnum):
    BOOL = "bool"
    INT = "int"
    CSL = "csl"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A key of the specification. ``unit`` and the range are of a number; ``words`` are what may stand in it."""

    key: str
    type: Type
    writable: bool = True
    unit: str = ""
    low: int = 0
    high: int = _HIGHEST
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a pile said of a key. ``value`` None: none, or one that is not told. ``known``: it has the key."""

    value: str | None = None
    readonly: bool = False
    known: bool = True


class Drift(StrEnum):
    """How a reported setting stands to the wanted one."""

    SAME = "same"
    DIFFERS = "differs"
    READONLY = "readonly"  # differs, and the pile does not let it be changed
    MISSING = "missing"  # the pile does not know the key
    UNKNOWN = "unknown"  # never read, or not told


PUSHED: Final = frozenset({Drift.DIFFERS, Drift.UNKNOWN})
"""What is worth a ChangeConfiguration."""


class Objection(StrEnum):
    """Why a value may not be sent."""

    KEY = "key"
    LONG = "long"
    BOOL = "bool"
    INT = "int"
    RANGE = "range"
    WORDS = "words"
    MEMBERS = "members"  # more than [Key]MaxLength
    READONLY = "readonly"


def _table() -> Mapping[str, Standard]:
    rows: list[Standard] = []

    def add(type_: Type, names: str, **more: object) -> None:
        rows.extend(Standard(key=name, type=type_, **more) for name in names.split())  # type: ignore[arg-type]

    add(
        Type.BOOL,
        "AllowOfflineTxForUnknownId AuthorizationCacheEnabled AuthorizeRemoteTxRequests LocalAuthorizeOffline"
        " LocalPreAuthorize StopTransactionOnEVSideDisconnect StopTransactionOnInvalidId"
        " UnlockConnectorOnEVSideDisconnect LocalAuthListEnabled SampledDataSignReadings"
        " AlignedDataSignReadings SampledDataSignStartedReadings SampledDataSignUpdatedReadings"
        " AlignedDataSignUpdatedReadings",
    )
    add(
        Type.BOOL,
        "ReserveConnectorZeroSupported ConnectorSwitch3to1PhaseSupported AdditionalRootCertificateCheck",
        writable=False,
    )
    add(
        Type.INT,
        "ClockAlignedDataInterval ConnectionTimeOut HeartbeatInterval MessageTimeout MeterValueSampleInterval"
        " MinimumStatusDuration TransactionMessageRetryInterval WebSocketPingInterval",
        unit="s",
    )
    add(Type.INT, "BlinkRepeat ResetRetries TransactionMessageAttempts")
    add(Type.INT, "LightIntensity", unit="%", high=100)
    add(Type.INT, "MaxEnergyOnInvalidId", unit="Wh")
    add(Type.INT, "SecurityProfile", high=3)
    add(
        Type.INT,
        "ConnectorPhaseRotationMaxLength GetConfigurationMaxKeys MeterValuesAlignedDataMaxLength"
        " MeterValuesSampledDataMaxLength NumberOfConnectors StopTransactionMaxMeterValues"
        " StopTxnAlignedDataMaxLength StopTxnSampledDataMaxLength SupportedFeatureProfilesMaxLength"
        " LocalAuthListMaxLength SendLocalListMaxLength ChargeProfileMaxStackLevel ChargingScheduleMaxPeriods"
        " MaxChargingProfilesInstalled CertificateSignedMaxChainSize CertificateStoreMaxLength",
        writable=False,
    )
    add(
        Type.CSL,
        "ConnectorPhaseRotation MeterValuesAlignedData MeterValuesSampledData StopTxnAlignedData"
        " StopTxnSampledData StartTxnSampledData",
    )
    add(
        Type.CSL,
        "SupportedFeatureProfiles SupportedFileTransferProtocols ChargingScheduleAllowedChargingRateUnit",
        writable=False,
    )
    add(Type.TEXT, "CpoName")
    add(
        Type.TEXT,
        "PublicKeyWithSignedMeterValue",
        words=frozenset({"Never", "OncePerTransaction", "EveryMeterValue"}),
    )
    return {row.key.casefold(): row for row in rows}


STANDARD: Final[Mapping[str, Standard]] = _table()
"""By folded name; AuthorizationKey is left out: it is changed on a page of its own and never read."""

_TRUE = frozenset({"true", "1", "yes", "on", "enabled"})
_FALSE = frozenset({"false", "0", "no", "off", "disabled"})
_INT = re.compile(r"([+-]?)0*([0-9]{1,18})(?:\.0*)?")
_SECRET = re.compile(
    r"authori[sz]ation_?key|passw(?:or)?d|passphrase|secret|private_?key|psk|pwd", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?<=://)[^/@\s\"]*@")


def is_secret(key: str) -> bool:
    """Whether a key holds something that is neither stored nor shown (security white paper A01.FR.08)."""
    return _SECRET.search(key) is not None


def concealed(key: str, value: str) -> str:
    """What may be kept of a value that was typed for a key: nothing of a secret, no password of an address."""
    return MASK if is_secret(key) else _URL_PASSWORD.sub(MASK + "@", value)


def same_key(key: object, other: str) -> bool:
    """Whether two names are one key, however they are written (CiString50)."""
    return str(key).strip().casefold() == other.casefold()


def standard(key: str) -> Standard | None:
    """What the specification says of a key; None for one of a vendor."""
    return STANDARD.get(key.strip().casefold())


def spelled(key: str) -> str:
    """A key as the specification spells it, a vendor's as it is."""
    known = standard(key)
    return known.key if known else key.strip()


def members(value: str) -> list[str]:
    """The members of a list, blanks around them and empty ones left out."""
    return [part for part in (part.strip() for part in value.split(",")) if part]


def meaning(key: str, value: str) -> str:
    """A value in the one spelling by which two of them are compared."""
    value, known = value.strip(), standard(key)
    folded = value.casefold()
    match known.type if known else None:
        case Type.BOOL:
            return "true" if folded in _TRUE else "false" if folded in _FALSE else folded
        case Type.INT:
            found = _INT.fullmatch(value)
            return (found[1].replace("+", "") + found[2]) if found else folded
        case Type.CSL:
            return ",".join(sorted(member.casefold() for member in members(value)))
        case Type.TEXT:
            return folded if known and known.words else value
    return folded if folded in {"true", "false"} else value


def drift(key: str, wanted: str, seen: Seen | None) -> Drift:
    """How what was seen stands to what is wanted."""
    if seen is None:
        return Drift.UNKNOWN
    if not seen.known:
        return Drift.MISSING
    if seen.value is None:
        return Drift.UNKNOWN
    if meaning(key, seen.value) == meaning(key, wanted):
        return Drift.SAME
    return Drift.READONLY if seen.readonly else Drift.DIFFERS


def sent_as(key: str, value: str) -> str:
    """A value as it is best sent: truths in the specification's words, lists without blanks."""
    known = standard(key)
    if known is not None and known.type is Type.BOOL:
        return meaning(key, value)
    return ",".join(members(value)) if known is not None and known.type is Type.CSL else value.strip()


def objection(
    key: str, value: str, *, readonly: bool = False, most_members: int | None = None
) -> Objection | None:
    """Why a value makes no sense for a key, if it does not.

    ``most_members`` is what the pile said in [Key]MaxLength. Of keys of a vendor only lengths are known.
    """
    if not 1 <= len(key.strip()) <= LONGEST_KEY:
        return Objection.KEY
    if len(value) > LONGEST_VALUE:
        return Objection.LONG
    if readonly:
        return Objection.READONLY
    known = standard(key)
    if known is None:
        return None
    if not known.writable and known.type is not Type.BOOL:
        return Objection.READONLY
    return _objection_to_value(known, value, most_members)


def _objection_to_value(known: Standard, value: str, most_members: int | None) -> Objection | None:
    match known.type:
        case Type.BOOL:
            return None if meaning(known.key, value) in {"true", "false"} else Objection.BOOL
        case Type.INT:
            if _INT.fullmatch(value.strip()) is None:
                return Objection.INT
            return None if known.low <= int(meaning(known.key, value)) <= known.high else Objection.RANGE
        case Type.CSL if most_members is not None and len(members(value)) > most_members:
            return Objection.MEMBERS
        case Type.TEXT if known.words and value.strip() not in known.words:
            return Objection.WORDS
    return None


def most_members_key(key: str) -> str:
    """The key in which a pile says how many members a list may have (OCPP 1.6 §9)."""
    return f"{spelled(key)}MaxLength"
