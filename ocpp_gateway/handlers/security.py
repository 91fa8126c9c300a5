"""Security extension: log, security event and signed firmware reports, always answered and kept.

White paper "Improved security for OCPP 1.6-J", edition 3, A04, L01 and N01.
"""

from __future__ import annotations

from typing import Final

from ocpp_gateway import wire
from ocpp_gateway.handlers.handler import Handler, write_nothing
from ocpp_gateway.reading import Inbound


def read_log_status(message: Inbound) -> wire.Noted:
    return wire.Noted(action="LogStatusNotification", **message.envelope())


def read_security_event(message: Inbound) -> wire.Noted:
    return wire.Noted(action="SecurityEventNotification", **message.envelope())


def read_signed_firmware_status(message: Inbound) -> wire.Noted:
    return wire.Noted(action="SignedFirmwareStatusNotification", **message.envelope())


HANDLERS: Final = {
    "LogStatusNotification": Handler(read=read_log_status, write=write_nothing),
    "SecurityEventNotification": Handler(read=read_security_event, write=write_nothing),
    "SignedFirmwareStatusNotification": Handler(read=read_signed_firmware_status, write=write_nothing),
}
