"""Security extension: what piles report and ask of it.

White paper "Improved security for OCPP 1.6-J", edition 3: A02-A04, L01 and N01.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ocpp.v16 import enums

from ocpp_gateway import wire
from ocpp_gateway.handlers.handler import Handler, write_nothing
from ocpp_gateway.reading import Inbound, as_text, vocabulary

_LOG: Final = vocabulary(member.value for member in enums.UploadLogStatus)
_FIRMWARE: Final = vocabulary(member.value for member in enums.FirmwareStatus)
_REPORT_FIELDS: Final = frozenset({"status", "requestId"})
_EVENT_FIELDS: Final = frozenset({"type", "timestamp", "techInfo"})
_CSR_FIELDS: Final = frozenset({"csr"})
_CSR_CHARS: Final = 5500


def read_log_status(message: Inbound) -> wire.UploadReported:
    message.note_extras(_REPORT_FIELDS)
    return wire.UploadReported(
        action="LogStatusNotification",
        status=message.word("status", _LOG, default="", required=True),
        request_id=message.integer("requestId", required=False),
        **message.envelope(),
    )


def read_signed_firmware_status(message: Inbound) -> wire.FirmwareReported:
    message.note_extras(_REPORT_FIELDS)
    return wire.FirmwareReported(
        action="SignedFirmwareStatusNotification",
        status=message.word("status", _FIRMWARE, default="", required=True),
        request_id=message.integer("requestId", required=False),
        signed=True,
        **message.envelope(),
    )


def read_security_event(message: Inbound) -> wire.SecurityEventReported:
    message.note_extras(_EVENT_FIELDS)
    at, pile_time = message.instant()
    return wire.SecurityEventReported(
        action="SecurityEventNotification",
        type=message.text("type", 50, required=True),
        at=at,
        pile_time=pile_time,
        tech_info=message.text("techInfo", 255),
        **message.envelope(),
    )


def read_certificate_request(message: Inbound) -> wire.CertificateAsked:
    message.note_extras(_CSR_FIELDS)
    sent = message.fields.get("csr")
    csr = as_text(sent or "")
    if sent and type(sent) is not str:
        message.note("type", "csr")
    if not csr:
        message.note("missing", "csr")
    elif len(csr) > _CSR_CHARS:
        message.note("long", "csr")
    return wire.CertificateAsked(csr=csr, **message.envelope())


def write_certificate_answer(answer: wire.CertificateAnswer, at: datetime) -> dict[str, Any]:
    return {"status": answer.status}


HANDLERS: Final = {
    "LogStatusNotification": Handler(read=read_log_status, write=write_nothing),
    "SecurityEventNotification": Handler(read=read_security_event, write=write_nothing),
    "SignCertificate": Handler(read=read_certificate_request, write=write_certificate_answer),
    "SignedFirmwareStatusNotification": Handler(read=read_signed_firmware_status, write=write_nothing),
}
