"""What must hold of a request about cards and reservations before it leaves (OCPP 1.6 §5.13, §5.15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _, ngettext

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from drivers.selectors import card_by_number
from drivers.tags import fold_tag
from stations.locallist import HIGHEST_VERSION
from stations.models import Connector, Pile, Reservation
from stations.selectors import list_terms, open_reservation, says_yes

HIGHEST_ID = 2**31 - 1


def check(pile: Pile, action: str, payload: Mapping[str, Any]) -> None:
    """Raises Refused for a request of these profiles that no pile should be sent."""
    match action:
        case "ReserveNow":
            check_reserve(pile, payload)
        case "CancelReservation":
            check_reservation_id(payload)
        case "SendLocalList":
            check_list(pile, payload)


def check_reserve(pile: Pile, payload: Mapping[str, Any]) -> None:
    """Raises Refused: ``malformed``, ``connector_zero``."""
    number, tag = payload.get("connectorId"), str(payload.get("idTag", "")).strip()
    if number == 0:
        if says_yes(pile.pk, "ReserveConnectorZeroSupported") is not True:
            message = _(
                "This terminal does not say that it can keep any one of its connectors free: choose one."
            )
            raise Refused(message, code="connector_zero", field="connector")
    elif not _has_connector(pile, number):
        raise Refused(_("The pile has no such connector."), code="malformed", field="connector")
    if not 1 <= len(tag) <= 20:
        raise Refused(_("A card number has 1 to 20 characters."), code="malformed", field="holder")
    until = _instant(payload.get("expiryDate"))
    if until is None or until <= clock.now():
        raise Refused(_("A reservation ends in the future."), code="malformed", field="expires_at")
    check_reservation_id(payload)


def check_reservation_id(payload: Mapping[str, Any]) -> None:
    """Raises Refused: ``malformed``."""
    number = payload.get("reservationId")
    if type(number) is not int or not 0 < number <= HIGHEST_ID:
        raise Refused(_("A reservation has a number above 0."), code="malformed", field="reservation")


def check_list(pile: Pile, payload: Mapping[str, Any]) -> None:
    """Raises Refused: ``malformed``, ``too_long``."""
    version, kind = payload.get("listVersion"), payload.get("updateType")
    if type(version) is not int or not 0 < version <= HIGHEST_VERSION:
        raise Refused(_("The version of a list is above 0."), code="malformed", field="version")
    entries = payload.get("localAuthorizationList") or []
    tags = [fold_tag(str(entry.get("idTag", ""))) for entry in entries]
    if kind not in {"Full", "Differential"} or "" in tags or len(set(tags)) < len(tags):
        raise Refused(_("Each card stands on a list once."), code="malformed", field="list")
    if kind == "Full" and any("idTagInfo" not in entry for entry in entries):
        raise Refused(_("A whole list says of each card what it may."), code="malformed", field="list")
    most = list_terms(pile.pk).limits.at_once
    if most is not None and len(entries) > most:
        message = ngettext(
            "This terminal takes %(most)d card at once.", "This terminal takes %(most)d cards at once.", most
        )
        raise Refused(message % {"most": most}, code="too_long", field="list")


def check_not_reserved(pile: Pile, connector: Connector, id_tag: str) -> None:
    """A connector that is reserved is there for the card that it is reserved for. Raises Refused: ``reserved``."""
    found = open_reservation(pile.pk, connector.number)
    if found is None and connector.status != "Reserved":
        return
    if found is None or not _is_for(found, id_tag):
        raise Refused(
            _("Connector %(letter)s is reserved for another card.") % {"letter": connector.letter},
            code="reserved",
        )


def _is_for(row: Reservation, id_tag: str) -> bool:
    if row.is_for(id_tag):
        return True
    operator_id = row.operator_id
    card = card_by_number(operator_id, id_tag) if operator_id is not None and row.parent_id_tag else None
    return card is not None and row.is_for(id_tag, card.parent_id_tag)


def _has_connector(pile: Pile, number: object) -> bool:
    return type(number) is int and Connector.objects.filter(pile=pile, number=number, number__gt=0).exists()


def _instant(text: object) -> datetime | None:
    try:
        return clock.parse(str(text))
    except ValueError:
        return None
