"""What the gateway reads in a message, in words: the fields of its facts, for the page that speaks frames once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FACT_FIELDS: Final[Mapping[str, Promise]] = {
    "at": _("Time"),
    "box_serial": _("Serial of the box"),
    "connector": _("Connector"),
    "csr": _("Certificate request"),
    "data": _("Data"),
    "error_code": _("Error code"),
    "firmware": _("Firmware"),
    "id_tag": _("Card number"),
    "iccid": _("SIM card"),
    "imsi": _("SIM (IMSI)"),
    "info": _("Text"),
    "meter_serial": _("Serial of the meter"),
    "meter_start": _("Meter start, Wh"),
    "meter_stop": _("Meter stop, Wh"),
    "meter_type": _("Meter"),
    "model": _("Model"),
    "pile_time": _("Its clock"),
    "readings": _("Readings"),
    "reason": _("Reason"),
    "request_id": _("Request"),
    "reservation_id": _("Reservation"),
    "serial": _("Serial"),
    "signed": _("Signed"),
    "status": _("State"),
    "tech_info": _("Details"),
    "transaction_id": _("Transaction"),
    "type": _("Kind"),
    "vendor": _("Vendor"),
    "vendor_error_code": _("Vendor code"),
    "vendor_id": _("Vendor"),
    "vendor_message_id": _("Message"),
}
"""A field without words keeps its name: a new one is read before it is worded."""


def fact_field(name: str) -> Promise | str:
    """How people call what the gateway reads into this field."""
    return FACT_FIELDS.get(name, name)
