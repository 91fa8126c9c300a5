"""Reads about drivers and their cards that other rooms may call."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from drivers.models import Card, CardStatus, DriverStatus


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card as the gateway judges it. ``blocked``: the card or its driver is blocked, or it is lost."""

    id: int
    operator_id: int
    folded: str
    driver_id: int | None
    blocked: bool
    expires_at: datetime | None
    parent_id_tag: str
    several_at_once: bool


def known_cards(tags: AbstractSet[tuple[int | None, str]]) -> dict[tuple[int | None, str], KnownCard]:
    """The cards among ``(operator, folded uid)`` pairs, in one query; the rest are not in the answer."""
    wanted = {tag for tag in tags if tag[0] is not None and tag[1]}
    if not wanted:
        return {}
    rows = Card.objects.filter(
        tenant_id__in={tag[0] for tag in wanted}, uid_folded__in={tag[1] for tag in wanted}
    ).select_related("driver")
    cards = (
        KnownCard(
            id=row.pk,
            operator_id=row.tenant_id,
            folded=row.uid_folded,
            driver_id=row.driver_id,
            blocked=row.status != CardStatus.ACTIVE
            or (row.driver is not None and row.driver.status != DriverStatus.ACTIVE),
            expires_at=row.expires_at,
            parent_id_tag=row.parent_id_tag,
            several_at_once=row.driver is not None and row.driver.several_at_once,
        )
        for row in rows
    )
    return {
        (card.operator_id, card.folded): card for card in cards if (card.operator_id, card.folded) in wanted
    }
