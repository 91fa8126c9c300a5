"""Framing without a socket: what comes out for what went in."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given, settings, strategies as st

from ocpp_gateway.rpc import (
    Answered,
    Busy,
    Called,
    ErrorCode,
    Failed,
    Garbage,
    Malformed,
    Rpc,
    Unmatched,
    answer,
    parse,
    refuse,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)


def rpc() -> Rpc[str]:
    return Rpc()


def called(text: str | bytes) -> Called:
    event = rpc().receive(text.encode() if isinstance(text, str) else text)
    assert isinstance(event, Called), event
    return event


@given(st.binary(max_size=200))
@example(b'[2,"a","Heartbeat",{}')
@example(b"\xff\xfe[2]")
@example(b"[[[[")
def test_no_bytes_raise(data: bytes) -> None:
    rpc().receive(data)


@given(st.lists(JSON, max_size=6))
def test_no_json_list_raises_and_every_reply_is_a_frame(frame: list[object]) -> None:
    event = rpc().receive(json.dumps(frame).encode())
    if isinstance(event, Malformed):
        reply = json.loads(event.reply)
        assert reply[0] == 4
        assert reply[2] == "FormationViolation"
    if isinstance(event, Called):
        json.loads(event.raw)
        event.raw.encode()


@given(st.text(max_size=36), st.dictionaries(st.text(max_size=10), JSON, max_size=5))
@settings(max_examples=200)
def test_a_proper_call_keeps_its_id_and_its_payload_text(id_: str, payload: dict[str, object]) -> None:
    text = json.dumps(payload, allow_nan=False) if _finite(payload) else "{}"
    event = called(f'[2, {json.dumps(id_)}, "StatusNotification", {text}]'.encode())
    if not event.remarks:
        assert event.id == id_
        assert event.raw == text


def _finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(_finite(item) for item in value.values())
    if isinstance(value, list):
        return all(_finite(item) for item in value)
    return not isinstance(value, float) or value - value == 0


@pytest.mark.statement(25)
@pytest.mark.parametrize("payload", ["null", "{}", "[]"])
def test_a_null_payload_is_an_empty_one(payload: str) -> None:
    event = called(f'[2,"x3","Heartbeat",{payload}]')
    assert event.payload == {}
    assert event.raw == "{}"


@pytest.mark.statement(24)
@pytest.mark.parametrize("text", ['[2,"7","Heartbeat"]', '[2,"7","Heartbeat",5]', '[2,"7",5,{}]', '[2,"7"]'])
def test_a_broken_call_with_a_readable_id_gets_a_formation_violation(text: str) -> None:
    event = rpc().receive(text.encode())
    assert isinstance(event, Malformed)
    kind, id_, code, description, details = json.loads(event.reply)
    assert (kind, id_, code, details) == (4, "7", "FormationViolation", {})
    assert description


@pytest.mark.statement(26)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{}",
        "[]",
        "[2]",
        '[2,null,"Heartbeat",{}]',
        '[2,["a"],"Heartbeat",{}]',
        '[2,{"a":1},"Heartbeat",{}]',
        '[2,true,"Heartbeat",{}]',
        '[2,1.5,"Heartbeat",{}]',
        '["2","a","Heartbeat",{}]',
        '[true,"a","Heartbeat",{}]',
        '[2,"' + "x" * 300 + '","Heartbeat",{}]',
        "[" * 100_000,
        "[" * 900 + "]" * 900,
    ],
)
def test_what_cannot_be_answered_is_garbage(text: str) -> None:
    assert isinstance(rpc().receive(text.encode()), Garbage)


@pytest.mark.statement(26)
def test_a_deeply_nested_payload_is_kept_as_text() -> None:
    text = '[2,"a","DataTransfer",{"vendorId":"v","data":' + "[" * 500 + "]" * 500 + "}]"
    event = called(text)
    assert event.raw in text


@pytest.mark.statement(26)
def test_a_numeric_id_is_echoed_as_a_number() -> None:
    event = called('[2,17,"Heartbeat",{}]')
    assert event.remarks == ["type:message_id"]
    assert json.loads(answer(event.id, {})) == [3, 17, {}]


def test_a_long_id_is_echoed_and_remarked() -> None:
    event = called(f'[2,"{"i" * 40}","Heartbeat",{{}}]')
    assert event.id == "i" * 40
    assert event.remarks == ["long:message_id"]


def test_members_beyond_the_fourth_are_ignored() -> None:
    event = called('[2,"a","Heartbeat",{},"more"]')
    assert event.remarks == ["long:frame"]


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ('[2,"a","MeterValues",{"values":[,{"value":"1"}]}]', {"values": [{"value": "1"}]}),
        ('[2,"a","MeterValues",{"values":["a, ]",],}]', {"values": ["a, ]"]}),
        ('[2,"a","MeterValues",{"value":NaN}]', {"value": "nan"}),
        ('[2,"a","MeterValues",{"value":-Infinity}]', {"value": "-inf"}),
        ('[2,"a","MeterValues",{"value":"line\nbreak"}]', {"value": "line\nbreak"}),
        ('\ufeff[2,"a","MeterValues",{}]\x00\x00', {}),
        ('[2,"a","MeterValues",{"value":"\\ud800"}]', {"value": "?"}),
        ('[2,"a","MeterValues",{"value":"a\\u0000b"}]', {"value": "ab"}),
        ('[2,"a","MeterValues",{"value":' + "9" * 400 + "}]", {"value": "9" * 400}),
    ],
)
def test_json_that_is_nearly_right_is_repaired(text: str, payload: dict[str, object]) -> None:
    event = called(text)
    assert event.payload == payload
    assert json.loads(event.raw) == payload
    assert "repaired:json" in event.remarks


def test_text_in_another_encoding_is_read_with_replacements() -> None:
    event = called('[2,"a","StatusNotification",{"info":"急停"}]'.encode("gb18030"))
    assert "not_utf8:frame" in event.remarks
    assert event.payload["info"]


@pytest.mark.statement(40, 64)
def test_the_payload_is_kept_as_the_pile_wrote_it() -> None:
    raw = '{ "value" : 0.10, "b": 1234.0, "s": "\\u00e9" }'
    assert called(f'[2,"a","MeterValues", {raw} ]').raw == raw


@pytest.mark.statement(21)
@pytest.mark.parametrize("text", ['[5,"a",{}]', "[0]", '[-1,"a"]', '[2.5,"a"]', '[9,"a","b","c","d"]'])
def test_unknown_message_types_are_ignored(text: str) -> None:
    event = rpc().receive(text.encode())
    assert isinstance(event, Unmatched)
    assert event.kind == "unknown"


@pytest.mark.statement(16)
def test_our_ids_are_unique_and_at_most_36_characters() -> None:
    ids = set()
    for _ in range(100):
        call, frame = rpc().call("Reset", {"type": "Hard"}, "subject", 0.0)
        ids.add(call.id)
        assert json.loads(frame) == [2, call.id, "Reset", {"type": "Hard"}]
    assert len(ids) == 100
    assert max(map(len, ids)) <= 36


@pytest.mark.statement(17)
def test_a_second_call_waits_for_the_answer_to_the_first() -> None:
    peer = rpc()
    call, _ = peer.call("Reset", {}, "one", 0.0)
    with pytest.raises(Busy):
        peer.call("Reset", {}, "two", 0.0)
    peer.receive(answer(call.id, {"status": "Accepted"}))
    peer.call("Reset", {}, "two", 0.0)


def test_a_result_finds_its_call() -> None:
    peer = rpc()
    call, _ = peer.call("Reset", {}, "subject", 1.0)
    event = peer.receive(answer(call.id, {"status": "Accepted"}))
    assert isinstance(event, Answered)
    assert (event.call.subject, event.payload, event.late) == ("subject", {"status": "Accepted"}, False)
    assert isinstance(peer.receive(answer(call.id, {})), Unmatched)


@pytest.mark.statement(20)
def test_a_late_answer_is_marked_late_and_leaves_the_next_call_alone() -> None:
    peer = rpc()
    first, _ = peer.call("Reset", {}, "first", 0.0)
    peer.give_up(first)
    second, _ = peer.call("ClearCache", {}, "second", 1.0)
    late = peer.receive(answer(first.id, {"status": "Accepted"}))
    assert isinstance(late, Answered)
    assert (late.call.subject, late.late) == ("first", True)
    assert peer.outstanding is second
    assert isinstance(peer.receive(answer(first.id, {})), Unmatched)


@pytest.mark.parametrize("id_", ["other", "", "None"])
def test_an_answer_with_an_altered_id_is_ignored(id_: str) -> None:
    peer = rpc()
    call, _ = peer.call("Reset", {}, "subject", 0.0)
    event = peer.receive(json.dumps([4, id_ or f"5{call.id}", "FormationViolation", "", {}]).encode())
    assert isinstance(event, Unmatched)
    assert peer.outstanding is call


@pytest.mark.parametrize(
    ("tail", "code", "description"),
    [
        (["NotSupported", "no", {}], "NotSupported", "no"),
        (["FormatViolation"], "FormatViolation", ""),
        (["OccurrenceConstraintViolation", None, None], "OccurrenceConstraintViolation", ""),
        ([None, 5, "text"], "GenericError", ""),
        ([], "GenericError", ""),
    ],
)
def test_errors_of_every_spelling_are_read(tail: list[object], code: str, description: str) -> None:
    peer = rpc()
    call, _ = peer.call("Reset", {}, "subject", 0.0)
    event = peer.receive(json.dumps([4, call.id, *tail]).encode())
    assert isinstance(event, Failed)
    assert (event.code, event.description) == (code, description)


@pytest.mark.parametrize("tail", [[], [None], ["text"], [[1]], [5]])
def test_a_result_without_an_object_is_no_object(tail: list[object]) -> None:
    peer = rpc()
    call, _ = peer.call("Reset", {}, "subject", 0.0)
    event = peer.receive(json.dumps([3, call.id, *tail]).encode())
    assert isinstance(event, Answered)
    assert event.payload == ({} if tail in ([], [None]) else None)


@pytest.mark.statement(23)
def test_error_codes_have_the_spelling_of_1_6() -> None:
    codes = {code.value for code in ErrorCode}
    assert {"FormationViolation", "OccurenceConstraintViolation"} <= codes
    assert not {"FormatViolation", "OccurrenceConstraintViolation"} & codes


@pytest.mark.statement(24)
def test_a_refusal_has_five_members_with_an_object_at_the_end() -> None:
    assert json.loads(refuse("id", ErrorCode.NOT_SUPPORTED, "x" * 300)) == [
        4,
        "id",
        "NotSupported",
        "x" * 255,
        {},
    ]


@pytest.mark.statement(28)
def test_a_call_sent_again_gets_the_stored_answer() -> None:
    peer = rpc()
    text = b'[2,"7","StartTransaction",{"meterStart":1}]'
    first = peer.receive(text)
    assert isinstance(first, Called)
    assert peer.recall(first) is None
    peer.remember(first, b"answer")
    again = peer.receive(text)
    assert isinstance(again, Called)
    assert peer.recall(again) == b"answer"


@pytest.mark.statement(28)
def test_the_same_id_with_other_content_is_another_call() -> None:
    peer = rpc()
    first = peer.receive(b'[2,"7","StartTransaction",{"meterStart":1}]')
    other = peer.receive(b'[2,"7","StartTransaction",{"meterStart":2}]')
    assert isinstance(first, Called)
    assert isinstance(other, Called)
    peer.remember(first, b"answer")
    assert peer.recall(other) is None


def test_only_the_last_answers_are_remembered() -> None:
    peer = rpc()
    calls = []
    for number in range(20):
        call = peer.receive(f'[2,"{number}","MeterValues",{{}}]'.encode())
        assert isinstance(call, Called)
        peer.remember(call, b"answer")
        calls.append(call)
    assert peer.recall(calls[0]) is None
    assert peer.recall(calls[-1]) == b"answer"


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","Heartbeat",{"a":"/* kept */ // kept"/* not */}]',
        '[2,"1","Heartbeat",{"a":"/* kept */ // kept"} // not\n]',
        '[/* not */2,"1","Heartbeat",{"a":"/* kept */ // kept",/* "b":1 */}]',
        '[2,"1","Heartbeat",{"a":"/* kept */ // kept"}]/* never closed',
    ],
)
def test_comments_are_left_out_and_texts_are_not(text: str) -> None:
    event = parse(text.encode())
    assert isinstance(event, Called)
    assert event.payload == {"a": "/* kept */ // kept"}
    assert event.remarks == ["repaired:json"]


@pytest.mark.parametrize("payload", ['[{"idTag":"X"}]', r'"{\"idTag\":\"X\"}"'])
def test_an_object_in_a_list_or_in_a_text_is_taken_out(payload: str) -> None:
    event = parse(f'[2,"1","Authorize",{payload}]'.encode())
    assert isinstance(event, Called)
    assert (event.payload, event.raw) == ({"idTag": "X"}, '{"idTag":"X"}')
    assert event.remarks == ["type:payload"]


def test_comments_that_never_end_cost_no_more_than_their_length() -> None:
    begun = time.process_time()
    parse(b"[" + b"/*" * 100_000)
    assert time.process_time() - begun < 2
