"""Sessions as piles report them (OCPP 1.6 §3.7, §4.7-4.10), down to the port."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from ocpp_gateway import wire
from tests.ocpp_gateway.conftest import Site
from tests.support.pile import CallFailed

CARD = "CARD1"


@pytest.fixture(autouse=True)
def cards(site: Site) -> None:
    site.central.tags = {
        CARD: wire.IdTagInfo(status="Accepted", parent_id_tag="GROUP1"),
        "BLOCKED": wire.IdTagInfo(status="Blocked"),
        "EXPIRED": wire.IdTagInfo(
            status="Expired", expires_at=datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
        ),
        "LONGPARENT": wire.IdTagInfo(status="Accepted", parent_id_tag="P" * 21),
    }


@pytest.mark.statement(44, 47, 60, 68, 69, 72)
async def test_tc_003_a_session_with_a_card(site: Site) -> None:
    async with site.pile() as pile:
        await pile.status(1, "Preparing")
        assert await pile.authorize(CARD) == {"status": "Accepted", "parentIdTag": "GROUP1"}
        start = await pile.start(1, CARD, meter=1000)
        assert start["transactionId"] > 0
        assert start["idTagInfo"]["status"] == "Accepted"
        await pile.status(1, "Charging")
        assert await pile.meter(1, 1500, transaction=start["transactionId"]) == {}
        stop = await pile.stop(
            start["transactionId"],
            meter=2000,
            transactionData=[
                {"timestamp": pile.time(), "sampledValue": [{"value": "2000", "context": "Transaction.End"}]}
            ],
        )
        assert stop == {}
    [started] = site.central.of(wire.TransactionStarted)
    [metered] = site.central.of(wire.MeterReported)
    [stopped] = site.central.of(wire.TransactionStopped)
    assert (started.connector, started.id_tag, started.meter_start) == (1, CARD, 1000)
    assert (metered.transaction_id, metered.readings[0].values[0].value) == (start["transactionId"], 1500)
    assert (stopped.meter_stop, stopped.reason, stopped.id_tag) == (2000, "Local", None)
    assert stopped.readings[0].values[0].context == "Transaction.End"


@pytest.mark.statement(43)
@pytest.mark.parametrize(
    ("tag", "info"),
    [
        ("NOBODY", {"status": "Invalid"}),
        ("EXPIRED", {"status": "Expired", "expiryDate": "2026-01-02T03:04:05Z"}),
        ("BLOCKED", {"status": "Blocked"}),
        ("LONGPARENT", {"status": "Accepted"}),
    ],
)
async def test_tc_023_cards_that_may_not_charge(site: Site, tag: str, info: dict[str, Any]) -> None:
    async with site.pile() as pile:
        assert await pile.authorize(tag) == info


@pytest.mark.statement(42)
async def test_tags_reach_the_house_as_they_came(site: Site) -> None:
    async with site.pile() as pile:
        assert (await pile.authorize("card1"))["status"] == "Accepted"
    assert site.central.of(wire.AuthorizeAsked)[0].id_tag == "card1"


@pytest.mark.statement(51)
async def test_tc_037_3_an_offline_start_with_an_invalid_card_gets_a_transaction(site: Site) -> None:
    async with site.pile() as pile:
        start = await pile.start(1, "NOBODY", meter=5)
    assert start["transactionId"] > 0
    assert start["idTagInfo"]["status"] == "Invalid"


@pytest.mark.statement(53)
async def test_tc_039_a_session_that_was_offline_is_replayed_in_its_order(site: Site) -> None:
    async with site.pile() as pile:
        for index in range(5):
            await pile.status(1, "Charging", timestamp=f"2026-11-20T08:00:0{index}Z")
        start = await pile.start(1, CARD, meter=100, timestamp="2026-11-20T08:00:00Z")
        number = start["transactionId"]
        for minute in range(30):
            await pile.meter(1, 100 + minute, transaction=number, at=f"2026-11-20T08:{minute:02}:30Z")
        await pile.stop(number, meter=130, timestamp="2026-11-20T08:31:00Z", reason="Remote", idTag=CARD)
    [started] = site.central.of(wire.TransactionStarted)
    assert started.at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert started.remarks == ()
    metered = site.central.of(wire.MeterReported)
    assert [fact.readings[0].values[0].value for fact in metered] == list(range(100, 130))


@pytest.mark.statement(28, 48)
@pytest.mark.parametrize("message_id", ["same", None])
async def test_a_start_sent_again_gets_the_same_transaction(site: Site, message_id: str | None) -> None:
    start = {"connectorId": 1, "idTag": CARD, "meterStart": 1, "timestamp": "2026-11-22T07:48:40.564Z"}
    async with site.pile() as pile:
        answers = [await pile.call("StartTransaction", start, message_id=message_id) for _ in range(5)]
    assert all(answer == answers[0] for answer in answers)
    assert len(site.central.starts) == 1
    assert len(site.central.of(wire.TransactionStarted)) == (1 if message_id else 5)


@pytest.mark.statement(28)
async def test_a_call_sent_again_while_the_first_waits_is_recorded_once(site: Site) -> None:
    frame = [
        2,
        "7",
        "StopTransaction",
        {"transactionId": 1, "meterStop": 5, "timestamp": "2026-11-22T07:48:40Z"},
    ]
    async with site.pile() as pile:
        site.central.hold()
        first = pile.expect_answer("7", "StopTransaction")
        await pile.send(frame)
        await pile.send(frame)
        site.central.release()
        assert (await first) == [3, "7", {}]
        await pile.heartbeat()
        assert pile.unmatched == [[3, "7", {}]]
        pile.violations.clear()
    assert len(site.central.of(wire.TransactionStopped)) == 1


@pytest.mark.statement(49)
async def test_two_piles_start_at_once_and_get_different_numbers(site: Site) -> None:
    async with site.pile("CP1") as one, site.pile("CP2") as two:
        answers = await asyncio.gather(one.start(1, CARD), two.start(1, CARD))
    assert answers[0]["transactionId"] != answers[1]["transactionId"]


@pytest.mark.statement(54)
@pytest.mark.parametrize(("sent", "kept"), [(7, 7), (0, None), (-1, None), ("8", 8)])
async def test_a_reservation_is_passed_on_and_zero_means_none(
    site: Site, sent: Any, kept: int | None
) -> None:
    async with site.pile() as pile:
        await pile.start(1, CARD, reservationId=sent)
    assert site.central.of(wire.TransactionStarted)[0].reservation_id == kept


@pytest.mark.statement(59)
@pytest.mark.parametrize("number", [None, 0, -1, 999_999, 1_725_564_597, "5", "x"])
async def test_meter_values_are_answered_whatever_their_transaction(site: Site, number: Any) -> None:
    payload = {
        "connectorId": 1,
        "meterValue": [{"timestamp": "2026-11-22T08:00:00Z", "sampledValue": [{"value": "1"}]}],
    }
    if number is not None:
        payload["transactionId"] = number
    async with site.pile() as pile:
        assert await pile.call("MeterValues", payload) == {}
    [fact] = site.central.of(wire.MeterReported)
    assert fact.transaction_id == (None if number in (None, "x") else int(number))
    assert len(fact.readings) == 1


@pytest.mark.statement(67)
@pytest.mark.parametrize("number", [0, -1, 999_999, None, "x", 10**30])
async def test_a_stop_is_answered_whatever_its_transaction(site: Site, number: Any) -> None:
    payload = {"meterStop": 1, "timestamp": "2026-11-22T08:00:00Z", "transactionId": number}
    async with site.pile() as pile:
        assert await pile.call("StopTransaction", payload) == {}
    assert len(site.central.of(wire.TransactionStopped)) == 1


@pytest.mark.statement(68)
@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, {}),
        ({"idTag": ""}, {}),
        ({"idTag": "  "}, {}),
        ({"idTag": "blocked"}, {"idTagInfo": {"status": "Blocked"}}),
    ],
)
async def test_a_stop_has_tag_info_only_for_a_tag(
    site: Site, fields: dict[str, str], answer: dict[str, Any]
) -> None:
    async with site.pile() as pile:
        assert await pile.stop(1, meter=5, **fields) == answer


@pytest.mark.statement(69)
@pytest.mark.parametrize(
    ("sent", "kept"), [("PowerLoss", "PowerLoss"), (None, "Local"), ("", "Local"), ("Moon", "Moon")]
)
async def test_tc_032_1_the_reason_of_a_stop(site: Site, sent: str | None, kept: str) -> None:
    async with site.pile() as pile:
        await pile.stop(1, meter=5, reason=sent)
    assert site.central.of(wire.TransactionStopped)[0].reason == kept


@pytest.mark.statement(75)
@pytest.mark.parametrize(
    "action", ["StartTransaction", "StopTransaction", "MeterValues", "StatusNotification"]
)
async def test_a_report_without_any_field_is_stored_and_answered(site: Site, action: str) -> None:
    async with site.pile() as pile:
        await pile.call(action, {})
    assert any(remark.startswith("missing:") for fact in site.central.facts for remark in fact.remarks)


@pytest.mark.statement(77, 79, 80, 82)
@pytest.mark.parametrize(
    ("connector", "status", "error"),
    [
        (0, "Faulted", "OtherError"),
        (1, "Available", "GroundFailure"),
        (7, "Finishing", "NoError"),
        (1, "Sleeping", "Odd"),
    ],
)
async def test_every_status_is_accepted(site: Site, connector: int, status: str, error: str) -> None:
    async with site.pile(connectors=(1,)) as pile:
        assert await pile.status(connector, status, error, vendorErrorCode="0x17", info="text") == {}
    [fact] = site.central.of(wire.StatusReported)
    assert (fact.connector, fact.status, fact.error_code) == (connector, status, error)
    assert (fact.vendor_error_code, fact.info) == ("0x17", "text")


@pytest.mark.statement(78)
async def test_a_status_without_a_time_has_that_of_its_receipt(site: Site) -> None:
    async with site.pile() as pile:
        await pile.call(
            "StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
        )
    [fact] = site.central.of(wire.StatusReported)
    assert fact.at == fact.received_at
    assert fact.pile_time is None
    assert fact.remarks == ()


@pytest.mark.statement(83)
async def test_tc_064_data_transfer(site: Site) -> None:
    site.central.vendors = {"org.quay": {"Ping": "pong"}}
    async with site.pile() as pile:
        assert await pile.call("DataTransfer", {"vendorId": "nobody"}) == {"status": "UnknownVendorId"}
        assert await pile.call("DataTransfer", {"vendorId": "org.quay", "messageId": "X"}) == {
            "status": "UnknownMessageId"
        }
        answer = await pile.call(
            "DataTransfer", {"vendorId": "org.quay", "messageId": "Ping", "data": {"a": 1}}
        )
        assert answer == {"status": "Accepted", "data": "pong"}
    assert site.central.of(wire.DataTransferred)[-1].data == '{"a":1}'


@pytest.mark.statement(84, 85)
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("FirmwareStatusNotification", {"status": "Downloading"}),
        ("DiagnosticsStatusNotification", {"status": "Idle"}),
        ("LogStatusNotification", {"status": "Uploaded", "requestId": 9}),
        ("SignedFirmwareStatusNotification", {"status": "Installed"}),
        ("SecurityEventNotification", {"type": "SomethingNew", "timestamp": "2026-11-22T08:00:00Z"}),
        ("FirmwareStatusNotification", {}),
    ],
)
async def test_progress_reports_are_always_answered_and_kept(
    site: Site, action: str, payload: dict[str, Any]
) -> None:
    async with site.pile() as pile:
        assert await pile.call(action, payload) == {}
    [fact] = site.central.of(wire.Noted)
    assert fact.action == action
    assert all(str(value) in fact.raw for value in payload.values())


@pytest.mark.statement(22)
@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("NoSuchAction", "NotImplemented"),
        ("heartbeat", "NotImplemented"),
        ("SendLocalList", "NotSupported"),
        ("RemoteStartTransaction", "NotSupported"),
    ],
)
@pytest.mark.quirk("R4")
async def test_actions_that_are_not_ours_are_refused_by_name(site: Site, action: str, code: str) -> None:
    async with site.pile() as pile:
        with pytest.raises(CallFailed) as caught:
            await pile.call(action, {"csr": "x"})
        assert caught.value.code == code
        await pile.heartbeat()
