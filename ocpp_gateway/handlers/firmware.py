"""FirmwareManagement profile: progress reports, always answered and kept (OCPP 1.6 §4.4, §4.5)."""

from __future__ import annotations

from typing import Final

from ocpp.v16 import enums

from ocpp_gateway import wire
from ocpp_gateway.handlers.handler import Handler, write_nothing
from ocpp_gateway.reading import Inbound, vocabulary

_DIAGNOSTICS: Final = vocabulary(member.value for member in enums.DiagnosticsStatus)
_FIRMWARE: Final = vocabulary(member.value for member in enums.FirmwareStatus)
_FIELDS: Final = frozenset({"status"})


def read_diagnostics_status(message: Inbound) -> wire.UploadReported:
    message.note_extras(_FIELDS)
    return wire.UploadReported(
        action="DiagnosticsStatusNotification",
        status=message.word("status", _DIAGNOSTICS, default="", required=True),
        diagnostics=True,
        **message.envelope(),
    )


def read_firmware_status(message: Inbound) -> wire.FirmwareReported:
    message.note_extras(_FIELDS)
    return wire.FirmwareReported(
        action="FirmwareStatusNotification",
        status=message.word("status", _FIRMWARE, default="", required=True),
        **message.envelope(),
    )


HANDLERS: Final = {
    "DiagnosticsStatusNotification": Handler(read=read_diagnostics_status, write=write_nothing),
    "FirmwareStatusNotification": Handler(read=read_firmware_status, write=write_nothing),
}
