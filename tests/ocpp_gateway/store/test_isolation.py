"""Two chains of tenants beside each other: neither finds a trace of the other's piles, cards and messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from backoffice.kit.scope import outside
from orders.models import LooseFact, Transaction
from stations import selectors
from stations.models import Command, Pile as PileRow, StatusEvent
from stations.services import commands
from tenants.workplaces import Workplace, workplace_of
from tests.factories.tenants import make_member
from tests.support.premises import Premises, build


@pytest.fixture
def others(transactional_db: None) -> Premises:
    """Another operator with all above it, without a gateway of its own."""
    return build(Premises)


def place_of(premises: Premises) -> Workplace:
    found = workplace_of(make_member(premises.operator, Role.OWNER).user)
    assert found is not None
    return found


def seen(place: Workplace, pile_id: int) -> dict[str, int]:
    """How much of a pile somebody finds who knows its number."""
    now = clock.now()
    with outside(), place.entered():
        rows: dict[str, Any] = {
            "piles": PileRow.objects.filter(pk=pile_id),
            "frames": selectors.frames_of(pile_id, now - timedelta(hours=1), now + timedelta(hours=1)),
            "commands": Command.objects.filter(pile=pile_id),
            "statuses": StatusEvent.objects.filter(pile=pile_id),
            "transactions": Transaction.objects.filter(pile=pile_id),
            "loose facts": LooseFact.objects.filter(pile=pile_id),
        }
        return {name: len(found) for name, found in rows.items()}


@pytest.mark.statement(43, 118)
async def test_another_chain_finds_no_pile_no_frame_and_no_card_of_this_one(
    premises: Premises, others: Premises
) -> None:
    card, foreign = await premises.card(), await premises.inside(others._issue, 1000, {"uid": "FOREIGN"})
    pile = await premises.pile("CP1")
    await pile.status(1)
    assert (await pile.authorize(card))["status"] == "Accepted"
    assert await pile.authorize(foreign) == {"status": "Invalid"}
    await pile.start(1, card)
    await pile.stop(999_999, meter=1)
    await premises.send("CP1", "ClearCache", {})
    await premises.until_row("SELECT 1 FROM stations_frame WHERE action = 'ClearCache' AND inbound")
    await pile.disconnect()
    ours, theirs = await premises.inside(place_of, premises), await premises.inside(place_of, others)
    pile_id = premises.ids["CP1"]

    assert min((await premises.inside(seen, ours, pile_id)).values()) > 0
    assert set((await premises.inside(seen, theirs, pile_id)).values()) == {0}
    with pytest.raises((PileRow.DoesNotExist, Refused)):
        await premises.inside(ask, theirs, pile_id)
    assert await premises.rows("SELECT count(*) FROM stations_command") == [(1,)]


def ask(place: Workplace, pile_id: int) -> None:
    with outside(), place.entered():
        commands.send_command(PileRow(pk=pile_id), action="ClearCache", payload={}, actor=place.actor())
