"""The settings of a pile (OCPP 1.6 §9): what may be read, what may be changed, and to what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

KEY: Final = "AuthorizationKey"
"""Write-only (security white paper A01): it is never read back."""

READ_ONLY: Final[Mapping[str, str]] = {
    "ChargeProfileMaxStackLevel": "20",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": "24",
    "GetConfigurationMaxKeys": "50",
    "LocalAuthListMaxLength": "200",
    "MeterValuesAlignedDataMaxLength": "5",
    "MeterValuesSampledDataMaxLength": "5",
    "MaxChargingProfilesInstalled": "40",
    "ReserveConnectorZeroSupported": "false",
    "SendLocalListMaxLength": "20",
    "SupportedFeatureProfiles": (
        "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging"
    ),
    "SupportedFileTransferProtocols": "HTTP,HTTPS",
}
NUMBERS: Final[Mapping[str, int]] = {
    "ClockAlignedDataInterval": 900,
    "ConnectionTimeOut": 120,
    "HeartbeatInterval": 300,
    "MeterValueSampleInterval": 10,
    "MinimumStatusDuration": 0,
    "ResetRetries": 1,
    "TransactionMessageAttempts": 5,
    "TransactionMessageRetryInterval": 20,
    "WebSocketPingInterval": 60,
}
SWITCHES: Final[Mapping[str, bool]] = {
    "AllowOfflineTxForUnknownId": False,
    "AuthorizationCacheEnabled": True,
    "AuthorizeRemoteTxRequests": False,
    "LocalAuthListEnabled": True,
    "LocalAuthorizeOffline": True,
    "LocalPreAuthorize": False,
    "StopTransactionOnEVSideDisconnect": True,
    "StopTransactionOnInvalidId": True,
    "UnlockConnectorOnEVSideDisconnect": True,
}
TEXTS: Final[Mapping[str, str]] = {
    "ConnectorPhaseRotation": "NotApplicable",
    "MeterValuesAlignedData": "Energy.Active.Import.Register",
    "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC",
    "StopTxnAlignedData": "",
    "StopTxnSampledData": "",
}
NEEDS_REBOOT: Final = frozenset({"WebSocketPingInterval"})
HIGHEST: Final = 86_400
KEY_DIGITS: Final = range(32, 41)


@dataclass(slots=True)
class Configuration:
    """The settings of one pile; ``key`` is its Basic password as hexadecimal digits."""

    connectors: int
    key: str
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        defaults = {name: str(number) for name, number in NUMBERS.items()}
        defaults |= {name: str(switch).lower() for name, switch in SWITCHES.items()}
        self.values = {**defaults, **TEXTS, **self.values}

    def number(self, name: str) -> int:
        return int(self.values[name])

    def switch(self, name: str) -> bool:
        return self.values[name] == "true"

    @property
    def fixed(self) -> Mapping[str, str]:
        """What may be read only."""
        return {**READ_ONLY, "NumberOfConnectors": str(self.connectors)}

    def read(self, names: Iterable[str]) -> dict[str, Any]:
        """The answer to GetConfiguration: all settings where none is named."""
        known = {name: (value, False) for name, value in self.values.items()}
        known |= {name: (value, True) for name, value in self.fixed.items()}
        wanted = list(names) or sorted(known)
        answer: dict[str, Any] = {
            "configurationKey": [
                {"key": name, "readonly": known[name][1], "value": known[name][0]}
                for name in wanted
                if name in known
            ]
        }
        if unknown := [name for name in wanted if name not in known]:
            answer["unknownKey"] = unknown
        return answer

    def change(self, name: str, value: str) -> str:
        """The status of the answer to ChangeConfiguration (OCPP 1.6 §7.22)."""
        if name == KEY:
            return self._change_key(value)
        if name in READ_ONLY or name == "NumberOfConnectors":
            return "Rejected"
        if name not in self.values:
            return "NotSupported"
        if name in NUMBERS and not (value.isascii() and value.isdigit() and int(value) <= HIGHEST):
            return "Rejected"
        if name in SWITCHES:
            value = value.lower()
            if value not in {"true", "false"}:
                return "Rejected"
        self.values[name] = value
        return "RebootRequired" if name in NEEDS_REBOOT else "Accepted"

    def _change_key(self, value: str) -> str:
        if len(value) not in KEY_DIGITS or any(digit not in "0123456789abcdefABCDEF" for digit in value):
            return "Rejected"
        self.key = value
        return "Accepted"
