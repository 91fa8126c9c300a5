"""Core profile: transactions and meter values (OCPP 1.6 §4.7, §4.8, §4.10).

Whatever arrives is a fact: a pile that gets no CALLRESULT sends the message again and at last drops
it (errata 3.3), and with it the energy of a session.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ocpp.v16 import enums

from ocpp_gateway import wire
from ocpp_gateway.handlers.core import id_tag_info
from ocpp_gateway.handlers.handler import Handler, write_nothing
from ocpp_gateway.metering import read_readings
from ocpp_gateway.reading import Inbound, vocabulary

_REASONS: Final = vocabulary(member.value for member in enums.Reason)

_START_FIELDS: Final = frozenset({"connectorId", "idTag", "meterStart", "reservationId", "timestamp"})
_STOP_FIELDS: Final = frozenset(
    {"idTag", "meterStop", "timestamp", "transactionId", "reason", "transactionData"}
)
_METER_FIELDS: Final = frozenset({"connectorId", "transactionId", "meterValue"})


def read_start(message: Inbound) -> wire.TransactionStarted:
    message.note_extras(_START_FIELDS)
    at, pile_time = message.instant()
    reservation = message.integer("reservationId", required=False)
    return wire.TransactionStarted(
        connector=message.connector(),
        id_tag=message.id_tag(required=True),
        meter_start=message.register("meterStart"),
        at=at,
        pile_time=pile_time,
        # Some piles send 0 or -1 for "none".
        reservation_id=reservation if reservation is not None and reservation > 0 else None,
        **message.envelope(),
    )


def write_start(answer: wire.StartAnswer, at: datetime) -> dict[str, Any]:
    return {"transactionId": answer.transaction_id, "idTagInfo": id_tag_info(answer.id_tag)}


def read_meter(message: Inbound) -> wire.MeterReported:
    message.note_extras(_METER_FIELDS)
    return wire.MeterReported(
        connector=message.connector(),
        transaction_id=message.integer("transactionId", required=False),
        readings=read_readings(message.fields.get("meterValue"), "meterValue", message),
        **message.envelope(),
    )


def read_stop(message: Inbound) -> wire.TransactionStopped:
    message.note_extras(_STOP_FIELDS)
    at, pile_time = message.instant()
    return wire.TransactionStopped(
        transaction_id=message.integer("transactionId") or 0,
        meter_stop=message.register("meterStop"),
        at=at,
        pile_time=pile_time,
        id_tag=message.id_tag() or None,
        reason=message.word("reason", _REASONS, default=enums.Reason.local.value),
        readings=read_readings(message.fields.get("transactionData"), "transactionData", message),
        **message.envelope(),
    )


def write_stop(answer: wire.StopAnswer, at: datetime) -> dict[str, Any]:
    return {} if answer.id_tag is None else {"idTagInfo": id_tag_info(answer.id_tag)}


HANDLERS: Final = {
    "MeterValues": Handler(read=read_meter, write=write_nothing),
    "StartTransaction": Handler(read=read_start, write=write_start),
    "StopTransaction": Handler(read=read_stop, write=write_stop),
}
