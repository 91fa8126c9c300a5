"""FirmwareManagement profile: progress reports, always answered and kept (OCPP 1.6 §4.4, §4.5)."""

from __future__ import annotations

from typing import Final

from ocpp_gateway import wire
from ocpp_gateway.handlers.handler import Handler, write_nothing
from ocpp_gateway.reading import Inbound


def read_diagnostics_status(message: Inbound) -> wire.Noted:
    return wire.Noted(action="DiagnosticsStatusNotification", **message.envelope())


def read_firmware_status(message: Inbound) -> wire.Noted:
    return wire.Noted(action="FirmwareStatusNotification", **message.envelope())


HANDLERS: Final = {
    "DiagnosticsStatusNotification": Handler(read=read_diagnostics_status, write=write_nothing),
    "FirmwareStatusNotification": Handler(read=read_firmware_status, write=write_nothing),
}
