"""What somebody who sets up a pile needs to know, in words that can be printed or sent as JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from stations.models import Pile
from stations.selectors import served_profiles
from stations.services.devices import NewPile
from stations.services.tokens import link_of


def address_of(pile: Pile, profile: int | None = None) -> str:
    """Where the pile connects to, with its own profile unless another is named.

    Its identity is the last segment (OCPP-J 1.6 §3.1.1).
    """
    wanted = pile.security_profile if profile is None else profile
    return f"{_base(wanted)}/{quote(pile.identity, safe='')}"


def addresses_of(pile: Pile) -> dict[int, str]:
    """By profile, for those that a gateway speaks and for the one that the pile has."""
    profiles = {1, pile.security_profile, *served_profiles()} - ({0} if pile.security_profile else set())
    return {profile: address_of(pile, profile) for profile in sorted(profiles)}


def _base(profile: int) -> str:
    """Each profile with TLS has a port of its own (security white paper A00.FR.003)."""
    plain = urlsplit(settings.OCPP_URL)
    named, port = {
        2: (settings.OCPP_TLS_URL, settings.OCPP_TLS_PORT),
        3: (settings.OCPP_MTLS_URL, settings.OCPP_MTLS_PORT),
    }.get(profile, (settings.OCPP_URL, 0))
    return named or f"wss://{plain.hostname}:{port}{plain.path}"


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
