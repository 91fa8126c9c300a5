"""What somebody who sets up a pile needs to know, in words that can be printed or sent as JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings

from stations.models import Pile
from stations.services.devices import NewPile
from stations.services.tokens import link_of


def address_of(pile: Pile) -> str:
    """Where the pile connects to; its identity is the last segment (OCPP-J 1.6 §3.1.1)."""
    return f"{settings.OCPP_URL}/{quote(pile.identity, safe='')}"


def handover_of(new: NewPile) -> dict[str, Any]:
    """All of a pile that was just registered. The only time that its password is told."""
    return {
        "identity": new.pile.identity,
        "station": new.pile.station.code,
        "url": address_of(new.pile),
        "security_profile": new.pile.security_profile,
        "username": new.pile.identity if new.key is not None else None,
        "password": new.key,
        "connectors": [
            {
                "number": token.connector.number,
                "letter": token.connector.letter,
                "token": token.token,
                "link": link_of(token),
            }
            for token in new.tokens
        ],
    }
