"""The live stream of each level carries news of its own rows and of those below, and of no others."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from asgiref.sync import async_to_sync

from backoffice import streams
from backoffice.kit.levels import Level, Path
from backoffice.kit.live import Event, Hub, send
from backoffice.kit.reach import Scope
from backoffice.kit.scope import current_scope, path_of_tenant
from tenants.selectors import scope_of
from tests.factories.tenants import Forest, make_forest

LAST = "last"


def kin(forest: Forest, level: Level) -> dict[str, Path]:
    """The paths of rows of every relation to a viewer of this level."""
    chain = forest.chain
    beside = {
        Level.MANUFACTURER: forest.other_manufacturer,
        Level.DEALER: forest.sibling_dealer,
        Level.OPERATOR: forest.sibling_operator,
        Level.AGENCY: forest.sibling_agency,
    }[level]
    tenants = {"own": chain[level.depth], "sibling": beside, "cousin": forest.cousin_agency}
    if level.depth:
        tenants["parent"] = chain[level.depth - 1]
    if level.below:
        tenants["child"] = chain[level.depth + 1]
    if level is Level.MANUFACTURER:
        tenants["cousin"] = forest.other_manufacturer
    return {relation: path_of_tenant(tenant.pk) for relation, tenant in tenants.items()}


async def _heard(scope: Scope, events: list[Event]) -> set[str]:
    """The references that a stream of this scope carries, when these events are sent while it is open."""
    heard: set[str] = set()

    async def listen() -> None:
        async with aclosing(streams._staff_events(scope)) as chunks:
            async for chunk in chunks:
                lines = chunk.decode().splitlines()
                heard.update(
                    ref for line in lines if line.startswith("data: ") for ref in line[6:].split(",")
                )

    listening = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(20):
            while LAST not in heard:  # what is sent before somebody subscribes is lost
                send([*events, Event("orders", LAST, events[0].path)])
                await asyncio.sleep(0.05)
    finally:
        listening.cancel()
    return heard - {LAST}


@pytest.fixture(autouse=True)
def own_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscription belongs to one event loop, and each test has its own."""
    monkeypatch.setattr(streams, "hub", Hub())


def news(forest: Forest, level: Level) -> set[str]:
    paths = kin(forest, level)
    with scope_of(forest.chain[level.depth].pk):
        scope = current_scope()
    own_first = sorted(paths, key=lambda relation: relation != "own")
    return async_to_sync(_heard)(
        scope, [Event("orders", relation, paths[relation]) for relation in own_first]
    )


@pytest.mark.django_db
@pytest.mark.parametrize("level", Level)
def test_a_stream_carries_what_is_own_and_below_and_nothing_else(level: Level) -> None:
    forest = make_forest()

    assert news(forest, level) == {"own"} | ({"child"} if level.below else set())


@pytest.mark.django_db
def test_a_stream_without_its_filter_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Event, "within", lambda _event, _scope: True)

    assert "sibling" in news(make_forest(), Level.OPERATOR)
