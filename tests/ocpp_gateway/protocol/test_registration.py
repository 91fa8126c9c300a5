"""Who may say what before and after BootNotification (OCPP 1.6 §4.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ocpp_gateway import wire
from ocpp_gateway.policy import Policy
from ocpp_gateway.wire import Registration
from tests.ocpp_gateway.conftest import QUICK, Site
from tests.support.pile import CallFailed
from tests.support.waiting import until


@pytest.mark.statement(29, 36, 39)
async def test_tc_001_cold_boot(site: Site) -> None:
    async with site.pile(registration="unknown") as pile:
        answer = await pile.boot(chargePointSerialNumber="S1", firmwareVersion="1.2")
        assert (answer["status"], answer["interval"]) == ("Accepted", 300)
        clock = datetime.fromisoformat(answer["currentTime"])
        assert abs((datetime.now(UTC) - clock).total_seconds()) < 2
        for connector in (0, 1, 2):
            await pile.status(connector)
        clock = datetime.fromisoformat((await pile.heartbeat())["currentTime"])
        assert abs((datetime.now(UTC) - clock).total_seconds()) < 2
    [boot] = site.central.of(wire.Booted)
    assert (boot.vendor, boot.model, boot.serial, boot.firmware) == ("Quay", "Q1", "S1", "1.2")
    assert [fact.connector for fact in site.central.of(wire.StatusReported)] == [0, 1, 2]


@pytest.mark.statement(29)
@pytest.mark.parametrize("status", list(Registration)[1:])
async def test_the_interval_is_above_zero_whatever_the_answer(site: Site, status: Registration) -> None:
    pile = site.pile(registration="unknown")
    known = site.central.piles["CP1"]
    known.next_boot, known.interval_s = status, 0
    async with pile:
        answer = await pile.boot()
    assert (answer["status"], answer["interval"]) == (status.value, 1)


@pytest.mark.statement(30)
@pytest.mark.parametrize("registration", ["unknown", "Pending", "Rejected"])
async def test_calls_before_acceptance_get_a_security_error_and_change_nothing(
    site: Site, registration: str
) -> None:
    async with site.pile(registration=registration) as pile:
        for action, payload in (
            ("Heartbeat", {}),
            ("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}),
            ("Authorize", {"idTag": "CARD"}),
        ):
            with pytest.raises(CallFailed) as caught:
                await pile.call(action, payload)
            assert caught.value.code == "SecurityError"
    assert {type(fact) for fact in site.central.facts} <= {wire.Connected, wire.Disconnected}


async def test_a_report_right_behind_the_boot_is_answered_after_it(site: Site) -> None:
    async with site.pile(registration="unknown") as pile:
        boot = pile.expect_answer("b", "BootNotification")
        status = pile.expect_answer("s", "StatusNotification")
        site.central.hold()
        await pile.send([2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}])
        await pile.send(
            [2, "s", "StatusNotification", {"connectorId": 0, "status": "Available", "errorCode": "NoError"}]
        )
        site.central.release()
        assert (await boot)[0] == 3
        assert (await status)[0] == 3


@pytest.mark.statement(6)
@pytest.mark.quirk("no-boot-on-reconnect")
async def test_an_accepted_pile_comes_back_without_a_boot(site: Site) -> None:
    pile = site.pile(registration="unknown")
    async with pile:
        await pile.boot()
    async with pile:
        await pile.heartbeat()
        assert (await site.run("CP1", "ClearCache")).state is wire.CommandState.ACCEPTED
    assert [command.action for command in pile.commands] == ["ClearCache"]


@pytest.mark.statement(6)
async def test_an_accepted_pile_stays_accepted_when_the_gateway_restarts(site: Site) -> None:
    async with site.pile(registration="unknown") as pile:
        await pile.boot()
        await site.gateway.drain()
        assert await pile.closed() == 1012
    again = Site(QUICK)
    again.central.piles = site.central.piles
    await again.start()
    async with again.pile() as pile:
        await pile.heartbeat()
    await again.gateway.drain()


@pytest.mark.statement(31, 33)
async def test_a_pending_pile_is_configured_and_not_started(site: Site) -> None:
    pile = site.pile(registration="unknown")
    site.central.piles["CP1"].next_boot = Registration.PENDING
    async with pile:
        assert (await pile.boot())["status"] == "Pending"
        pile.replies["GetConfiguration"] = {"configurationKey": []}
        start = await site.run("CP1", "RemoteStartTransaction", {"connectorId": 1, "idTag": "Q1"})
        stop = await site.run("CP1", "RemoteStopTransaction", {"transactionId": 1})
        assert [(outcome.state.value, outcome.error) for outcome in (start, stop)] == [
            ("refused", "registration_pending")
        ] * 2
        for action, payload in (
            ("GetConfiguration", {}),
            ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}),
            ("TriggerMessage", {"requestedMessage": "BootNotification"}),
        ):
            assert (await site.run("CP1", action, payload)).state is wire.CommandState.ACCEPTED
        site.central.piles["CP1"].next_boot = Registration.ACCEPTED
        assert (await pile.boot())["status"] == "Accepted"
        await pile.heartbeat()
    assert [command.action for command in pile.commands] == [
        "GetConfiguration",
        "ChangeConfiguration",
        "TriggerMessage",
    ]


async def test_a_pending_pile_may_send_what_it_was_asked_for_and_nothing_else(site: Site) -> None:
    async with site.pile(registration="Pending") as pile:
        await site.run("CP1", "TriggerMessage", {"requestedMessage": "StatusNotification"})
        await pile.status(1)
        with pytest.raises(CallFailed) as caught:
            await pile.heartbeat()
        assert caught.value.code == "SecurityError"
    assert len(site.central.of(wire.StatusReported)) == 1


@pytest.mark.statement(32)
async def test_a_rejected_pile_is_sent_nothing(site: Site) -> None:
    pile = site.pile(registration="unknown")
    site.central.piles["CP1"].next_boot = Registration.REJECTED
    async with pile:
        await pile.boot()
        for action, payload in (
            ("GetConfiguration", {}),
            ("TriggerMessage", {"requestedMessage": "BootNotification"}),
            ("Reset", {"type": "Hard"}),
        ):
            outcome = await site.run("CP1", action, payload)
            assert (outcome.state.value, outcome.error) == ("refused", "registration_rejected")
        await pile.boot()
    assert pile.commands == []


@pytest.mark.statement(34)
async def test_an_accepted_pile_is_not_asked_to_boot(site: Site) -> None:
    async with site.pile() as pile:
        outcome = await site.run("CP1", "TriggerMessage", {"requestedMessage": "BootNotification"})
        assert (outcome.state.value, outcome.error) == ("refused", "already_accepted")
    assert pile.commands == []


@pytest.mark.quirk("calls-before-boot")
async def test_nothing_is_sent_before_the_boot_is_answered(site: Site) -> None:
    async with site.pile(registration="unknown") as pile:
        outcome = await site.run("CP1", "GetConfiguration")
        assert (outcome.state.value, outcome.error) == ("refused", "not_registered")
    assert pile.commands == []


@pytest.mark.statement(35)
@pytest.mark.parametrize(
    ("fields", "remark"),
    [
        ({"chargePointVendor": "x" * 60}, "long:chargePointVendor"),
        ({"chargePointVendor": ""}, "blank:chargePointVendor"),
        ({"chargePointModel": 17}, "type:chargePointModel"),
        ({"chargePointSerialNumber": "9" * 30}, "long:chargePointSerialNumber"),
        ({"newField": 1}, "extra:newField"),
    ],
)
async def test_a_boot_with_odd_strings_is_accepted(
    site: Site, fields: dict[str, object], remark: str
) -> None:
    async with site.pile(registration="unknown") as pile:
        assert (await pile.boot(**fields))["status"] == "Accepted"
    [boot] = site.central.of(wire.Booted)
    assert boot.remarks == (remark,)


async def test_a_boot_without_anything_is_accepted(site: Site) -> None:
    async with site.pile(registration="unknown") as pile:
        assert (await pile.call("BootNotification", {}))["status"] == "Accepted"


class TestWaitingForStatus:
    @pytest.fixture
    def policy(self) -> Policy:
        return replace(QUICK, status_wait_s=0.1)

    @pytest.mark.statement(37)
    async def test_a_pile_that_reports_no_status_after_its_boot_is_asked(self, site: Site) -> None:
        async with site.pile(registration="unknown") as pile:
            await pile.boot()
            command = await pile.expect("TriggerMessage")
            assert command.payload == {"requestedMessage": "StatusNotification"}
        assert site.central.outcomes == []

    @pytest.mark.statement(37)
    async def test_a_pile_that_reports_its_status_is_not_asked(self, site: Site) -> None:
        async with (
            site.pile(registration="unknown") as pile,
            site.pile("CP2", registration="unknown") as other,
        ):
            await pile.boot()
            await pile.status(0)
            await other.boot()
            await other.expect("TriggerMessage")
            assert pile.commands == []

    async def test_a_pile_that_only_reconnects_is_not_asked(self, site: Site) -> None:
        async with site.pile() as pile, site.pile("CP2", registration="unknown") as other:
            await other.boot()
            await other.expect("TriggerMessage")
            assert pile.commands == []

    async def test_a_pile_that_left_is_not_asked(self, site: Site) -> None:
        async with site.pile(registration="unknown") as pile:
            await pile.boot()
        await until(lambda: not len(site.gateway.registry))
        async with site.pile("CP2", registration="unknown") as other:
            await other.boot()
            await other.expect("TriggerMessage")
        assert pile.commands == []
