"""Odd, hostile and poisonous reports into the real database: each is kept or named, none costs another."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ocpp_gateway import wire
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.process import say_alive
from stations import intake
from tests.support.garbage import GARBAGE, NONSENSE
from tests.support.mangling import GENERATED, TRANSACTION, examples
from tests.support.pile import SILENCE
from tests.support.premises import Premises
from tests.support.quirks import QUIRKS, deliver

UNSTORABLE = (
    "SELECT kind, data ->> 'raw' FROM stations_pileevent WHERE data ->> 'remarks' LIKE '%%unstorable%%'"
)
TOO_LARGE = 2**70


def envelope(premises: Premises, identity: str, number: int = 0, **over: Any) -> dict[str, Any]:
    return {
        "pile_id": premises.ids[identity],
        "generation": 1,
        "message_id": f"m{number}",
        "received_at": datetime.now(UTC),
        "raw": f'{{"number":{number}}}',
    } | over


def meter(premises: Premises, identity: str, number: int = 0, **over: Any) -> wire.MeterReported:
    value = wire.SampledValue(measurand="Voltage", raw=str(number), value=Decimal(number), unit="V")
    reading = wire.Reading(at=datetime.now(UTC), values=(value,))
    fields = {"connector": 1, "transaction_id": None, "readings": (reading,)} | over
    return wire.MeterReported(**envelope(premises, identity, number), **fields)


async def samples_of(premises: Premises, identity: str) -> list[tuple[Any, ...]]:
    return await premises.rows(
        "SELECT voltage_v::int, register_wh::int FROM orders_sample WHERE pile_id = %s ORDER BY taken_at, id",
        [premises.ids[identity]],
    )


async def test_every_quirk_is_stored_and_answered_on_one_connection(premises: Premises) -> None:
    pile = await premises.pile("CP1", connectors=1)
    for quirk in QUIRKS:
        assert (await deliver(pile, quirk))[0] == 3, quirk.name
    await pile.disconnect()
    assert await premises.rows(UNSTORABLE) == []
    assert len(await samples_of(premises, "CP1")) >= sum(bool(quirk.values) for quirk in QUIRKS)


@pytest.mark.statement(67)
async def test_generated_quirks_are_stored_and_answered_on_one_connection(premises: Premises) -> None:
    pile = await premises.pile("CP1")
    for quirk in list(GENERATED.values())[::6]:
        [spoilt] = examples(quirk, 1)
        kind, _, *said = await pile.ask(spoilt.text, spoilt.id, spoilt.action)
        assert kind == 3 or spoilt.action not in TRANSACTION, (said, spoilt)
    await pile.heartbeat()
    await pile.disconnect()
    pile.check()
    assert await premises.rows(UNSTORABLE) == []
    gone = "SELECT count(*) FROM stations_pileevent WHERE kind = 'disconnected' HAVING count(*) > 0"
    assert await premises.until_row(gone) == [(1,)]


@pytest.mark.statement(26, 27)
async def test_nonsense_and_garbage_are_kept_and_cost_the_neighbour_nothing(premises: Premises) -> None:
    pile, neighbour = await premises.pile("CP1"), await premises.pile("CP2")
    for action in (
        "MeterValues",
        "StartTransaction",
        "StopTransaction",
        "StatusNotification",
        "BootNotification",
        "Authorize",
        "DataTransfer",
        "FirmwareStatusNotification",
    ):
        for payload in NONSENSE:
            await pile.call(action, payload)
            await neighbour.status(1)
    for message in GARBAGE:
        await pile.send(message)
    await pile.heartbeat()
    for one in (pile, neighbour):
        await one.disconnect()
        one.check()
    assert await premises.rows(UNSTORABLE) == []
    kept = await premises.until_row(
        "SELECT count(*) FROM stations_frame WHERE inbound AND kind IN ('unknown', 'result', 'error')"
        " HAVING count(*) >= %s",
        [len(GARBAGE) - 3],
    )
    assert kept


async def test_one_poisonous_report_among_many_is_found_and_the_others_are_stored(premises: Premises) -> None:
    pile = await premises.pile("CP1")
    await pile.disconnect()
    store = premises.store
    assert store is not None
    facts = [meter(premises, "CP1", number) for number in range(60)]
    facts[17] = meter(premises, "CP1", 17, connector=TOO_LARGE)
    answers = await asyncio.gather(*(store.record(fact) for fact in facts))

    assert len(answers) == 60
    stored = await samples_of(premises, "CP1")
    assert [voltage for voltage, _ in stored] == [number for number in range(60) if number != 17]
    assert await premises.rows(UNSTORABLE) == [("MeterReported", '{"number":17}')]


@pytest.mark.quirk("never-our-fault")
async def test_a_poisonous_start_is_refused_because_its_answer_would_mean_something(
    premises: Premises,
) -> None:
    pile = await premises.pile("CP1")
    await pile.disconnect()
    assert premises.store is not None
    start = wire.TransactionStarted(
        **envelope(premises, "CP1"), connector=1, id_tag="T", meter_start=TOO_LARGE, at=datetime.now(UTC)
    )
    with pytest.raises(StoreUnavailable):
        await premises.store.record(start)
    assert await premises.rows("SELECT count(*) FROM orders_transaction") == [(0,)]
    assert len(await premises.rows(UNSTORABLE)) == 1


async def test_a_poisonous_frame_or_outcome_costs_no_report(premises: Premises) -> None:
    pile = await premises.pile("CP1")
    assert premises.store is not None
    seen = datetime.now(UTC)
    frame = wire.FrameSeen(
        pile_id=premises.ids["CP1"], generation=2**70, at=seen, inbound=True, kind="call", message_id="poison",
        action="X", size=1, text="",
    )  # fmt: skip
    command = await premises.send("CP1", "ClearCache", {})
    outcome = wire.CommandOutcome(
        command_id=command, state=wire.CommandState.ERROR, at=seen, answer={"nul": "\u0000"}
    )
    for _ in range(3):
        premises.store.frame(frame)
        premises.store.outcome(outcome)
    for wh in range(5):
        assert await pile.meter(1, wh) == {}
    await pile.disconnect()
    assert [wh for _, wh in await samples_of(premises, "CP1")] == list(range(5))
    assert await premises.rows("SELECT count(*) FROM stations_frame WHERE message_id = 'poison'") == [(0,)]


@pytest.mark.statement(119)
async def test_connections_that_the_database_cuts_lose_and_double_nothing(premises: Premises) -> None:
    pile = await premises.pile("CP1")
    number = (await pile.start(1, "NOBODY", meter=0))["transactionId"]
    base = datetime.now(UTC)

    async def cut() -> None:
        while True:
            await asyncio.sleep(0.3)
            await premises.inside(_cut, premises.own_pid)

    cutting = asyncio.create_task(cut())
    for second in range(80):
        at = (base + timedelta(seconds=second)).isoformat()
        assert await pile.meter(1, second, transaction=number, at=at) == {}
    assert await pile.stop(number, meter=80) == {}
    cutting.cancel()
    await asyncio.wait({cutting})
    await pile.disconnect()
    assert [wh for _, wh in await samples_of(premises, "CP1")] == list(range(80))
    assert await premises.rows(UNSTORABLE) == []
    assert await premises.rows("SELECT meter_stop FROM orders_transaction") == [(80,)]


def _cut(own_pid: int) -> None:
    """End every connection of the gateway to this database, whatever it is doing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            [own_pid],
        )


@pytest.mark.statement(119)
async def test_what_a_locked_table_holds_up_is_answered_late_and_stored(premises: Premises) -> None:
    """The socket stays, the pile is answered once the database answers."""
    pile = await premises.pile("CP1")
    locked, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE orders_transaction")
            loop.call_soon_threadsafe(locked.set)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(timeout=30)
            cursor.execute("ROLLBACK")

    holding = asyncio.create_task(premises.inside(hold))
    await locked.wait()
    answer = pile.expect_answer("s", "StartTransaction")
    start = {"connectorId": 1, "idTag": "NOBODY", "meterStart": 0, "timestamp": pile.time()}
    await pile.send([2, "s", "StartTransaction", start])
    assert pile.socket is not None
    for _ in range(5):
        await (await pile.socket.ping())
        await asyncio.sleep(0.1)
    assert not answer.done()
    release.set()
    await holding
    assert (await answer)[0] == 3
    await pile.disconnect()
    assert await premises.rows("SELECT count(*) FROM orders_transaction") == [(1,)]


@pytest.mark.statement(8, 10, 14)
async def test_presence_follows_the_newest_connection_in_the_database_too(premises: Premises) -> None:
    presence = "SELECT online, generation FROM stations_pile WHERE identity = 'CP1'"
    old = await premises.pile("CP1")
    old.freeze()
    new = await premises.pile("CP1", boots=False)
    await new.heartbeat()
    [(online, generation)] = await premises.rows(presence)
    assert online
    await old.cut()
    await new.status(1)
    assert await premises.rows(presence) == [(True, generation)]
    heard = "SELECT last_seen_at FROM stations_pile WHERE identity = 'CP1'"
    [(before,)] = await premises.rows(heard)
    await asyncio.sleep(2.1)
    await new.meter(1, 5)
    assert (await premises.rows(heard))[0][0] > before
    await new.disconnect()
    assert await premises.until_row(f"{presence} AND NOT online") == [(False, generation)]
    gone = "SELECT count(*) FROM stations_pileevent WHERE kind = 'disconnected'"
    assert await premises.rows(gone) == [(1,)]


@pytest.mark.statement(86, 92)
async def test_a_command_is_followed_in_its_row(premises: Premises) -> None:
    pile = await premises.pile("CP1")
    row = "SELECT state FROM stations_command WHERE id = %s AND state = %s"
    pile.replies["Reset"] = {"status": "Accepted"}
    reset = await premises.send("CP1", "Reset", {"type": "Soft"})
    await premises.until_row(row, [reset, "accepted"])
    await pile.boot()
    await premises.until_row(row, [reset, "effect_seen"])
    pile.replies["ClearCache"] = SILENCE
    lost = await premises.send("CP1", "ClearCache", {})
    await premises.until_row(row, [lost, "sent"])
    await pile.cut()
    await premises.until_row(row, [lost, "connection_lost"])


async def test_piles_of_a_gateway_that_could_not_be_heard_are_there_again_with_its_next_pulse(
    premises: Premises,
) -> None:
    presence = "SELECT online FROM stations_pile WHERE identity = 'CP1'"
    pile = await premises.pile("CP1")
    store, gateway = premises.store, premises.gateway
    assert store is not None and gateway is not None
    await say_alive(store, gateway)
    await premises.inside(_make_late)
    assert len(await premises.inside(intake.drop_lost_gateways)) == 1
    assert await premises.rows(presence) == [(False,)]
    await say_alive(store, gateway)
    assert await premises.rows(presence) == [(True,)]
    await pile.heartbeat()
    await pile.disconnect()


def _make_late() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE stations_gateway SET seen_at = seen_at - interval '1 minute', missed_at = seen_at - interval '1 minute'"
        )
