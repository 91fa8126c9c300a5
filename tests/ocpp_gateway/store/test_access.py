"""Local lists and reservations over real sockets: a strict pile takes them from the worker's hands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from ocpp_gateway import wire
from stations.models import Command, Pile as PileRow, Reservation
from stations.services import list_sync, reservations
from tests.factories.access import make_list
from tests.support.pile import SILENCE, Pile
from tests.support.premises import Premises

ACTOR = list_sync.SYNC


def queued() -> list[wire.CommandOrder]:
    """What the bus would bring."""
    return [
        wire.CommandOrder(
            command_id=row.pk,
            pile_id=row.pile_id,
            action=row.action,
            payload=row.payload,
            deadline=row.deadline,
            timeout_s=0.3,
        )
        for row in Command.objects.filter(state="queued").order_by("pk")
    ]


def sweep() -> list[wire.CommandOrder]:
    list_sync.refresh_lists()
    list_sync.advance_piles()
    return queued()


async def submit(premises: Premises, orders: list[wire.CommandOrder]) -> None:
    assert premises.gateway is not None
    for order in orders:
        premises.gateway.submit(order)
        await premises.until_row(
            "SELECT 1 FROM stations_command WHERE id = %s AND NOT state IN ('queued', 'sent')",
            [order.command_id],
        )


async def work(premises: Premises, rounds: int = 12) -> None:
    """The worker and the bus, until there is nothing to do."""
    for _ in range(rounds):
        orders = await premises.inside(sweep)
        if not orders:
            return
        await submit(premises, orders)


def keeps_a_list(pile: Pile, *, at_once: int = 2, in_all: int = 10) -> dict[str, Any]:
    """Let the pile keep a list; what it has, by idTag, and its version."""
    kept: dict[str, Any] = {"version": 0, "cards": {}}

    def take(request: dict[str, Any]) -> dict[str, Any]:
        full = request["updateType"] == "Full"
        assert len(request["localAuthorizationList"]) <= at_once
        if not full and request["listVersion"] <= kept["version"]:
            return {"status": "VersionMismatch"}
        kept["cards"] = {} if full else kept["cards"]
        for entry in request["localAuthorizationList"]:
            kept["cards"].pop(entry["idTag"], None)
            if "idTagInfo" in entry:
                kept["cards"][entry["idTag"]] = entry["idTagInfo"]["status"]
        kept["version"] = request["listVersion"]
        return {"status": "Accepted"}

    told = {"SendLocalListMaxLength": at_once, "LocalAuthListMaxLength": in_all}
    pile.replies["GetConfiguration"] = {
        "configurationKey": [
            {"key": key, "readonly": True, "value": str(value)} for key, value in told.items()
        ]
    }
    pile.replies["GetLocalListVersion"] = lambda _request: {"listVersion": kept["version"]}
    pile.replies["SendLocalList"] = take
    return kept


async def listed(premises: Premises) -> None:
    await premises.inside(make_list, premises.operator, is_default=True)


@pytest.mark.statement(98, 99)
async def test_a_list_reaches_a_pile_in_chunks_and_follows_the_cards(premises: Premises) -> None:
    cards = [await premises.card() for _ in range(5)]
    await listed(premises)
    pile = await premises.pile("CP1")
    kept = keeps_a_list(pile)
    await work(premises)
    assert kept["cards"] == dict.fromkeys(cards, "Accepted")
    assert [c.payload["updateType"] for c in pile.commands if c.action == "SendLocalList"] == [
        "Full",
        "Differential",
        "Differential",
    ]
    cards.append(await premises.card())
    await work(premises)
    await pile.disconnect()

    pile.check()
    assert kept["cards"] == dict.fromkeys(cards, "Accepted")
    assert await premises.rows("SELECT state, behind_by FROM stations_locallistpile") == [("in_step", 0)]


async def test_a_pile_that_took_a_list_and_lost_its_voice_is_asked_for_the_version(
    premises: Premises,
) -> None:
    await premises.card()
    await listed(premises)
    pile = await premises.pile("CP1")
    kept = keeps_a_list(pile)
    take = pile.replies["SendLocalList"]
    silent = []

    def mute(request: dict[str, Any]) -> Any:
        take(request)
        silent.append(request)
        return SILENCE

    pile.replies["SendLocalList"] = mute
    for _ in range(4):
        await submit(premises, await premises.inside(sweep))
        pile.forgive()
    pile.replies["SendLocalList"] = take
    await work(premises)
    await pile.disconnect()

    assert len(silent) == 1 and kept["version"] == 1
    assert await premises.rows("SELECT state, held_version FROM stations_locallistpile") == [("in_step", 1)]


def reserve(pile_id: int, holder: str) -> list[wire.CommandOrder]:
    until = clock.now() + timedelta(hours=1)
    reservations.reserve(
        PileRow.objects.get(pk=pile_id), connector=1, holder=holder, expires_at=until, actor=ACTOR
    )
    return queued()


@pytest.mark.statement(54, 100)
async def test_a_reservation_is_kept_shown_and_used_by_its_card(premises: Premises) -> None:
    card = await premises.card()
    pile = await premises.pile("CP1")
    pile.replies["ReserveNow"] = {"status": "Accepted"}
    await submit(premises, await premises.inside(reserve, premises.ids["CP1"], card))
    await pile.status(1, "Reserved")
    assert await premises.rows("SELECT id, state FROM stations_reservation") == [
        (pile.commands[-1].payload["reservationId"], "active")
    ]
    answer = await pile.start(1, card, reservationId=pile.commands[-1].payload["reservationId"])
    await pile.disconnect()

    assert answer["idTagInfo"]["status"] == "Accepted"
    assert await premises.rows("SELECT state, transaction_number FROM stations_reservation") == [
        ("used", answer["transactionId"])
    ]


def cancel() -> list[wire.CommandOrder]:
    reservations.cancel(Reservation.objects.get(), actor=ACTOR)
    return queued()


@pytest.mark.statement(101)
async def test_a_reservation_that_the_pile_does_not_know_is_cancelled(premises: Premises) -> None:
    card = await premises.card()
    pile = await premises.pile("CP1")
    pile.replies |= {"ReserveNow": {"status": "Accepted"}, "CancelReservation": {"status": "Rejected"}}
    await submit(premises, await premises.inside(reserve, premises.ids["CP1"], card))
    await submit(premises, await premises.inside(cancel))
    await pile.disconnect()

    assert await premises.rows("SELECT state, remark FROM stations_reservation") == [
        ("cancelled", "not_known")
    ]
