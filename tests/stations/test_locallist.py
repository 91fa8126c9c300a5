"""The local list as a calculation: a pile that takes our messages has what it should have, whatever the sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ocpp_gateway.wire import CommandState
from stations import locallist
from stations.locallist import HIGHEST_VERSION, Content, Entry, Limits, Taken

TAGS = st.integers(0, 25).map(lambda number: f"Tag{number}")
ENTRIES = st.lists(
    st.builds(
        Entry,
        TAGS,
        st.sampled_from(["Accepted", "Blocked"]),
        st.sampled_from(["", "2027-01-01T00:00:00Z"]),
        st.sampled_from(["", "FAMILY"]),
    ),
    max_size=40,
)


class PileModel:
    """A pile as OCPP 1.6 §5.15 has it, strict: it knows nothing of how we think."""

    def __init__(self, has: Mapping[str, Any], version: int, at_once: int, in_all: int) -> None:
        self.has, self.version, self.at_once, self.in_all = dict(has), version, at_once, in_all

    def send_local_list(self, request: Mapping[str, Any]) -> str:
        entries = request["localAuthorizationList"]
        tags = [entry["idTag"].upper() for entry in entries]
        full = request["updateType"] == "Full"
        assert len(set(tags)) == len(tags) <= self.at_once
        assert 0 < request["listVersion"] <= HIGHEST_VERSION
        if not full and request["listVersion"] <= self.version:
            return "VersionMismatch"
        kept = {} if full else self.has
        for tag, entry in zip(tags, entries, strict=True):
            if "idTagInfo" in entry:
                kept[tag] = entry["idTagInfo"]
            else:
                assert not full, "a Full list deletes nothing"
                kept.pop(tag, None)
            assert len(kept) <= self.in_all, "it grew past its limit on the way"
        self.has, self.version = kept, request["listVersion"]
        return "Accepted"


def talk(
    pile: PileModel, has: Content | None, wanted: Content, version: int, chunk: int
) -> tuple[Content, int]:
    """Send until there is nothing left to send; what we believe then, and how many messages it took."""
    for count in range(200):
        message = locallist.next_message(has, wanted, version=version, chunk=chunk)
        if message is None:
            assert has is not None
            return has, count
        payload = message.payload()
        assert pile.send_local_list(payload) == "Accepted"
        has, version = locallist.applied(has, payload), message.version
    raise AssertionError("it never ends")


def infos(content: Content) -> dict[str, tuple[str, str, str]]:
    return {key: entry.info for key, entry in content.items()}


def told(pile: PileModel) -> dict[str, tuple[str, str, str]]:
    return {
        tag: (info["status"], info.get("expiryDate", ""), info.get("parentIdTag", ""))
        for tag, info in pile.has.items()
    }


@pytest.mark.statement(98, 99)
@given(
    before=ENTRIES,
    after=ENTRIES,
    at_once=st.integers(1, 9),
    in_all=st.integers(1, 30),
    version=st.integers(0, 5) | st.just(HIGHEST_VERSION) | st.just(HIGHEST_VERSION - 1),
    is_known=st.booleans(),
)
def test_a_pile_that_takes_every_message_has_exactly_the_wanted_list(
    before: list[Entry], after: list[Entry], at_once: int, in_all: int, version: int, is_known: bool
) -> None:
    limits = Limits(at_once, in_all)
    had = locallist.listing(before, limits).content
    wanted = locallist.listing(after, limits).content
    infos_had = {
        key: {"status": e.status, "expiryDate": e.expires_at, "parentIdTag": e.parent}
        for key, e in had.items()
    }
    pile = PileModel(infos_had, version, limits.chunk, in_all)
    has, _count = talk(pile, had if is_known else None, wanted, version, limits.chunk)

    assert told(pile) == infos(wanted) == infos(has)
    assert len(wanted) <= in_all


@given(after=ENTRIES, at_once=st.integers(1, 9))
def test_as_few_messages_are_sent_as_the_limit_allows(after: list[Entry], at_once: int) -> None:
    wanted = locallist.listing(after, Limits(at_once)).content
    pile = PileModel({"X": {"status": "Accepted"}}, 7, at_once, 99)
    _has, count = talk(pile, None, wanted, 7, at_once)

    assert count == max(1, -(-len(wanted) // at_once))


def test_what_did_not_change_is_not_sent() -> None:
    wanted = locallist.listing([Entry("A"), Entry("B")], Limits()).content

    assert locallist.next_message(wanted, wanted, version=3, chunk=5) is None
    changed = {**wanted, "B": Entry("b", "Blocked")}
    message = locallist.next_message(wanted, changed, version=3, chunk=5)
    assert message is not None
    assert message.payload() == {
        "listVersion": 4,
        "localAuthorizationList": [{"idTag": "b", "idTagInfo": {"status": "Blocked"}}],
        "updateType": "Differential",
    }


def test_a_list_that_is_emptied_is_sent_full_and_empty() -> None:
    message = locallist.next_message(None, {}, version=3, chunk=5)

    assert message is not None
    assert message.payload() == {"listVersion": 4, "localAuthorizationList": [], "updateType": "Full"}


def test_a_tag_stands_on_a_list_once_whatever_its_case() -> None:
    found = locallist.listing([Entry("aa"), Entry("AA", "Blocked")], Limits())

    assert infos(found.content) == {"AA": ("Accepted", "", "")}


def test_what_a_pile_has_no_room_for_is_counted_and_is_the_least_important() -> None:
    found = locallist.listing([Entry(f"T{number}") for number in range(5)], Limits(in_all=3))

    assert (list(found.content), found.left_out) == (["T0", "T1", "T2"], 2)


def test_a_pile_that_takes_thousands_at_once_is_sent_what_fits_a_message() -> None:
    assert Limits(at_once=100_000).chunk == locallist.MOST_AT_ONCE
    assert Limits().chunk == locallist.USUAL_AT_ONCE


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ({"listVersion": 3}, 3),
        ({"listVersion": " 3 "}, 3),
        ({"listVersion": 3.0}, 3),
        ({"listVersion": -1}, -1),
        ({"listVersion": 0}, 0),
        ({"listVersion": -2}, None),
        ({"listVersion": 2**31}, None),
        ({"listVersion": "three"}, None),
        ({"listVersion": True}, None),
        ({"listVersion": None}, None),
        ({"listVersion": [3]}, None),
        ({}, None),
    ],
)
def test_a_version_is_read_however_it_is_written(answer: dict[str, Any], version: int | None) -> None:
    assert locallist.read_version(answer) == version


@pytest.mark.parametrize(
    ("state", "answer", "error", "taken"),
    [
        (CommandState.ACCEPTED, {"status": "Accepted"}, "", Taken.YES),
        (CommandState.REJECTED, {"status": "Failed"}, "", Taken.FAILED),
        (CommandState.REJECTED, {"status": "VersionMismatch"}, "", Taken.FAILED),
        (CommandState.REJECTED, {"status": "NotSupported"}, "", Taken.LACKING),
        (CommandState.REJECTED, {"status": "Sure"}, "unknown_status", Taken.FAILED),
        (CommandState.ERROR, {}, "NotImplemented", Taken.LACKING),
        (CommandState.ERROR, {}, "NotSupported", Taken.LACKING),
        (CommandState.ERROR, {}, "InternalError", Taken.FAILED),
        (CommandState.ERROR, {}, "empty_answer", Taken.FAILED),
        (CommandState.TIMED_OUT, {}, "", Taken.NOBODY_KNOWS),
        (CommandState.CONNECTION_LOST, {}, "", Taken.NOBODY_KNOWS),
        (CommandState.EXPIRED, {}, "", Taken.NOT_SENT),
        (CommandState.REFUSED, {}, "offline", Taken.NOT_SENT),
    ],
)
def test_what_an_answer_means(state: CommandState, answer: dict[str, Any], error: str, taken: Taken) -> None:
    assert locallist.read_outcome(state, answer, error) is taken


@given(ENTRIES)
def test_a_stored_list_comes_back_as_it_was(entries: list[Entry]) -> None:
    content = locallist.listing(entries, Limits()).content

    assert locallist.load(locallist.dump(content)) == content
    assert locallist.load(locallist.dump(None)) is None
