"""The price that a driver was shown, carried through sign-in and payment until the start.

A signed text names the price list and the moment. Within its few minutes the start is priced by it;
after them by the list in force, and where that is another one the page says so before anything starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core import signing

from orders.quotes import Quote, quote, quote_again
from stations.models import Connector

SALT = "scan.offer"
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """``sealed`` is what pages carry. ``changed``: the driver had been shown another price list."""

    quote: Quote
    sealed: str
    changed: bool = False


def offer_at(connector: Connector, sealed: str = "") -> Offer | None:
    """What counts here for somebody who was shown ``sealed``; None where there is no price at all."""
    shown = _unseal(sealed)
    if shown is not None and shown["connector"] == connector.pk:
        kept = quote_again(
            connector,
            version_id=shown["version"],
            why=shown["why"],
            at=datetime.fromtimestamp(shown["at"], UTC),
        )
        if kept is not None:
            return Offer(kept, sealed)
    fresh = quote(connector)
    if fresh is None:
        return None
    changed = (
        shown is not None and shown["connector"] == connector.pk and shown["version"] != fresh.version.pk
    )
    return Offer(fresh, seal(connector, fresh), changed)


def seal(connector: Connector, shown: Quote) -> str:
    """The text that stands for a quote."""
    return signing.dumps(
        {
            "connector": connector.pk,
            "version": shown.version.pk,
            "why": shown.why,
            "at": shown.at.timestamp(),
        },
        salt=SALT,
    )


def _unseal(sealed: str) -> dict[str, Any] | None:
    if not sealed or len(sealed) > LONGEST:
        return None
    try:
        told: dict[str, Any] = signing.loads(sealed, salt=SALT)
    except signing.BadSignature:
        return None
    return told
