"""Core profile, what a pile did while nobody heard it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit import clock
from tests.support.acceptance import Acceptance

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]


def ago(**units: float) -> str:
    return f"{clock.now() - timedelta(**units):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.statement(36)
async def test_tc_032_1_power_failure_ends_the_session(house: Acceptance) -> None:
    """The power is cut while charging; after the boot the pile stops the transaction with PowerLoss."""
    card = await house.card()
    pile = await house.charge_point()
    number = (await pile.start(1, card, meter=1000))["transactionId"]
    await pile.status(1, "Charging")
    await pile.cut()
    await pile.connect()
    assert (await pile.boot())["status"] == "Accepted"
    await house.work()
    assert (await house.order(number)).charge_state == "charging"
    assert await pile.stop(number, meter=3000, reason="PowerLoss") == {}
    await pile.status(1, "Finishing")
    await pile.disconnect()
    pile.check()
    await house.work()
    order = await house.order(number)
    assert (order.charge_state, order.energy_wh, order.stop_reason) == ("ended", 2000, "PowerLoss")


@pytest.mark.statement(6, 53)
async def test_tc_037_1_offline_start_valid(house: Acceptance) -> None:
    """The start reaches us with the time at which it happened, without a boot, and counts from then."""
    card = await house.card()
    pile = await house.charge_point()
    await pile.cut()
    began = ago(minutes=30)
    await pile.connect()
    start = await pile.start(1, card, meter=1000, timestamp=began)
    assert start["idTagInfo"]["status"] == "Accepted"
    await pile.status(1, "Charging")
    await house.work()
    order = await house.order(start["transactionId"])
    assert order.started_at is not None
    assert order.charge_state == "charging"
    assert f"{order.started_at:%Y-%m-%dT%H:%M:%SZ}" == began
    await pile.stop(start["transactionId"], meter=3000, idTag=card)
    await pile.disconnect()
    pile.check()


@pytest.mark.statement(50, 51)
async def test_tc_037_3_offline_start_invalid(house: Acceptance) -> None:
    """The card is judged anew and is Invalid: the start has a number all the same, and is stopped by the pile."""
    pile = await house.charge_point()
    await pile.cut()
    await pile.connect()
    start = await pile.start(1, "NOBODYS-CARD", meter=1000, timestamp=ago(minutes=30))
    assert start["idTagInfo"]["status"] == "Invalid"
    number = start["transactionId"]
    await pile.status(1, "Charging")
    assert await pile.stop(number, meter=1010, reason="DeAuthorized") == {}
    await pile.disconnect()
    pile.check()
    await house.work()
    kept = await house.rows("SELECT meter_stop, stop_reason FROM orders_transaction WHERE id = %s", [number])
    assert kept == [(1010, "DeAuthorized")]
    assert "unauthorised" in (await house.order(number)).flags


@pytest.mark.statement(53, 72)
async def test_tc_039_offline_transaction(house: Acceptance) -> None:
    """Start, readings and stop come together afterwards and become a settled order of their own times."""
    card = await house.card()
    pile = await house.charge_point()
    await pile.cut()
    began, ended = ago(minutes=90), ago(minutes=30)
    await pile.connect()
    start = await pile.start(1, card, meter=1000, timestamp=began)
    number = start["transactionId"]
    await pile.meter(1, 2000, transaction=number, at=ago(minutes=60))
    stop = await pile.stop(number, meter=3000, timestamp=ended, idTag=card)
    assert start["idTagInfo"]["status"] == stop["idTagInfo"]["status"] == "Accepted"
    await pile.disconnect()
    pile.check()
    await house.work()
    order = await house.order(number)
    assert (order.charge_state, order.pay_state, order.energy_wh) == ("ended", "settled", 2000)
    assert [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (order.started_at, order.stopped_at) if at] == [began, ended]
