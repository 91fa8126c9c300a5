"""Whatever a pile does, every command ends exactly once and no two overlap."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from ocpp_gateway.wire import CommandState
from tests.ocpp_gateway.conftest import Site
from tests.support.pile import SILENCE, Fault, Pile
from tests.support.waiting import until


@pytest.mark.statement(9, 16, 17, 20, 86)
@pytest.mark.parametrize("seed", range(5))
async def test_every_command_ends_once(site: Site, seed: int) -> None:
    rng = random.Random(seed)
    pile = site.pile()

    async def moody(payload: dict[str, Any]) -> Any:
        mood = rng.randrange(8)
        if mood == 0:
            return SILENCE
        if mood == 1:
            return Fault("GenericError")
        if mood == 2:
            await asyncio.sleep(0.06)
        if mood == 3:
            assert pile.socket is not None
            pile.socket.transport.abort()
            return SILENCE
        return {"status": rng.choice(["Accepted", "Rejected", "Perhaps"])}

    pile.replies["ClearCache"] = moody
    numbers = []
    for _ in range(40):
        await reconnect(pile)
        for _ in range(rng.randint(1, 5)):
            numbers.append(site.send("CP1", "ClearCache", timeout_s=0.03))
        await asyncio.sleep(rng.random() / 50)
        if rng.randrange(6) == 0:
            await reconnect(pile)
    for number in numbers:
        await site.central.concluded(number)
    await pile.disconnect()
    await until(lambda: not len(site.gateway.registry))
    for number in numbers:
        outcomes = [outcome for outcome in site.central.outcomes if outcome.command_id == number]
        final = [
            outcome for outcome in outcomes if outcome.state is not CommandState.SENT and not outcome.late
        ]
        assert len(final) == 1, outcomes
        sent = [outcome for outcome in outcomes if outcome.state is CommandState.SENT]
        assert len(sent) == (0 if final[0].state in {CommandState.REFUSED, CommandState.EXPIRED} else 1)
    assert len({command.id for command in pile.commands}) == len(pile.commands)
    assert len(pile.commands) <= len(numbers)


async def reconnect(pile: Pile) -> None:
    pile.forgive()
    await pile.connect()
