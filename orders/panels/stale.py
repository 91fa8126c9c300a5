"""A button that asks the pile for a reading, where that of a running charge is old."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.frame import Action
from backoffice.kit.staff import Reader
from orders.models import ChargingOrder
from orders.states import LIVE
from stations.permissions import StationPerm
from stations.staleness import METER_OLD_AFTER, is_old

ASKERS = (StationPerm.COMMAND_BASIC, StationPerm.COMMAND_ENGINEER)


def reading_action(row: ChargingOrder, reader: Reader, *, online: bool, back: str) -> Action | None:
    """Ask for the meter of a charge of which no reading came for long, and come ``back``; None where one did.

    ``online``: whether its pile can be heard.
    """
    if row.charge_state not in LIVE or not any(reader.may(perm) for perm in ASKERS):
        return None
    if not is_old(row.last_sample_at, clock.now(), METER_OLD_AFTER):
        return None
    address = reverse("stations:ask_for", args=[row.pile_id, "meter", row.connector.number])
    dead = "" if online else _("The terminal is offline")
    return Action(_("Ask the pile"), f"{address}?{urlencode({'next': back})}", icon="refresh", refused=dead)
