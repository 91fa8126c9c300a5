"""Quirks that nobody recorded yet, of the kinds that were: generated for every message a pile sends.

Whatever is wrong with a message, its connection stays, a transaction message gets a CALLRESULT that the
schema accepts, every other one a CALLRESULT or a CALLERROR in the spelling of 1.6, what it reports is
kept once with its remarks, and a neighbour's next message is answered.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import jsonschema_rs
import pytest
import pytest_asyncio

from ocpp_gateway import wire
from tests.ocpp_gateway.conftest import QUICK, Site
from tests.support.mangling import GENERATED, TRANSACTION, Spoilt, examples, schema_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXAMPLES = 3
_numbers = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street() -> AsyncIterator[Site]:
    """One gateway for all of them; a pile each."""
    site = Site(QUICK)
    await site.start()
    yield site
    await site.gateway.drain()


@pytest.mark.statement(22, 23, 24, 26, 61, 65, 67)
@pytest.mark.parametrize("name", GENERATED)
async def test_a_generated_quirk_costs_nobody_anything(street: Site, name: str) -> None:
    identity = f"CP{next(_numbers)}"
    async with street.pile(identity) as pile, street.pile("NEIGHBOUR-" + identity) as neighbour:
        for spoilt in examples(GENERATED[name], EXAMPLES):
            before = facts_of(street, identity)
            kind, _, *said = await pile.ask(spoilt.text, spoilt.id, spoilt.action)
            kept = facts_of(street, identity)[len(before) :]
            if kind == 3:
                [fact] = kept
                assert fact.remarks or is_proper(spoilt), spoilt
            else:
                assert spoilt.action not in TRANSACTION, (said, spoilt)
                assert kept == [], spoilt
            assert "currentTime" in await neighbour.heartbeat()
        await pile.heartbeat()


def facts_of(site: Site, identity: str) -> list[Any]:
    pile_id = site.central.piles[identity].record.pile_id
    return [
        fact
        for fact in site.central.facts
        if fact.pile_id == pile_id and not isinstance(fact, wire.Connected)
    ]


def is_proper(spoilt: Spoilt) -> bool:
    """Whether the schema has nothing against the payload that the house must remark on.

    It need not where nothing is said in more words (null, blank), a whole number is written with a
    fraction of nought, a time has another format of ISO 8601, or a reading has members of its own.
    """
    if spoilt.payload in (None, []):
        return True
    schema = jsonschema_rs.validator_for(schema_of(spoilt.action), validate_formats=False)
    return schema.is_valid(_reduced(spoilt.payload, ()))


def _reduced(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        known = MEMBERS.get(path[-1], value.keys()) if path else value.keys()
        kept = {name: _reduced(item, (*path, name)) for name, item in value.items() if name in known}
        return {name: item for name, item in kept.items() if item is not None and item != ""}
    if isinstance(value, list):
        return [_reduced(item, path) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


MEMBERS = {
    "meterValue": {"timestamp", "sampledValue"},
    "transactionData": {"timestamp", "sampledValue"},
    "sampledValue": {"value", "context", "format", "measurand", "phase", "location", "unit"},
}
