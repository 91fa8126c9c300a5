"""LocalAuthListManagement profile: the lists that piles keep, brought into step by the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from stations.models import Command, ListRule, LocalList, LocalListPile
from stations.services import list_sync, local_lists
from stations.states import UNANSWERED
from tests.factories.stations import make_station
from tests.support.acceptance import Acceptance
from tests.support.pile import Pile

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.django_db]

TOLD = {"LocalAuthListMaxLength": "20", "SendLocalListMaxLength": "2"}


@dataclass
class Corner:
    """A pile at a station of its own, and the list that counts there."""

    house: Acceptance
    pile: Pile
    cards: list[str]
    list: LocalList

    async def state(self) -> LocalListPile:
        pile_id = self.house.ids[self.pile.identity]
        found: LocalListPile = await self.house.inside(LocalListPile.objects.get, pile=pile_id)
        return found

    async def settle(self) -> LocalListPile:
        """The worker's rounds, each answered by the pile, until nothing is to be asked any more."""
        for _ in range(12):
            await self.house.until(_all_answered, self.house.ids[self.pile.identity])
            await self.house.inside(_round)
            row = await self.state()
            if row.command_id is None:
                return row
        raise AssertionError(f"still {row.state}: {row.problem}")

    def sent(self, action: str) -> list[dict[str, Any]]:
        return [command.payload for command in self.pile.commands if command.action == action]


async def corner(house: Acceptance, **replies: Any) -> Corner:
    """Three cards on a list; the pile answers as told."""
    station = await house.inside(make_station, await house.inside(lambda: house.station.tenant))
    cards = [await house.card() for _ in range(3)]
    row = await house.ask(
        local_lists.create_list,
        house.operator,
        name=f"List of {station.code}",
        rule=ListRule.PICKED,
        picked=cards,
    )
    pile = await house.charge_point(station=station)
    pile.replies |= {
        "GetConfiguration": {
            "configurationKey": [
                {"key": key, "value": value, "readonly": True} for key, value in TOLD.items()
            ]
        },
        "GetLocalListVersion": {"listVersion": 0},
        **replies,
    }
    await house.ask(local_lists.assign_list, station, local_list=row)
    return Corner(house, pile, cards, row)


async def look_after(corner: Corner, how: str) -> LocalListPile:
    """Staff want something of the pile's list, and get it or not."""
    house = corner.house
    await house.ask(list_sync.look_after, await house.row(corner.pile), how=how)
    return await corner.settle()


async def test_tc_042_1_list_version_of_a_pile_without_lists(house: Acceptance) -> None:
    """-1 means that there are no lists: nothing is sent to this pile."""
    here = await corner(house, GetLocalListVersion={"listVersion": -1})
    async with here.pile:
        row = await look_after(here, "version")
        assert here.sent("GetLocalListVersion") == [{}]
        assert (row.state, here.sent("SendLocalList")) == ("unsupported", [])


async def test_tc_042_2_list_version_of_an_empty_list(house: Acceptance) -> None:
    """0 means an empty list; the version that the pile said is kept."""
    here = await corner(house)
    async with here.pile:
        row = await look_after(here, "version")
        assert here.sent("GetLocalListVersion") == [{}]
        assert row.reported_version == 0


async def test_tc_043_1_send_list_not_supported(house: Acceptance) -> None:
    """The pile refuses lists altogether: it is not tried again."""
    here = await corner(house, SendLocalList={"status": "NotSupported"})
    async with here.pile:
        row = await look_after(here, "full")
        assert row.state == "unsupported"
        assert len(here.sent("SendLocalList")) == 1


@pytest.mark.statement(98)
async def test_tc_043_3_send_list_failed(house: Acceptance) -> None:
    """A list that failed is followed by the question for the version and a Full one."""
    replies = iter([{"status": "Failed"}])
    here = await corner(house, SendLocalList=lambda _: next(replies, {"status": "Accepted"}))
    async with here.pile:
        row = await look_after(here, "full")
        sent = here.sent("SendLocalList")
        assert [one["updateType"] for one in sent[:2]] == ["Full", "Full"]
        assert sent[1]["listVersion"] > sent[0]["listVersion"]
        assert row.state == "in_step"


@pytest.mark.statement(98, 99)
async def test_tc_043_4_send_list_full(house: Acceptance) -> None:
    """Full first, then the rest as differences, never more at once than the pile takes, versions rising."""
    here = await corner(house, SendLocalList={"status": "Accepted"})
    async with here.pile:
        row = await look_after(here, "full")
        sent = here.sent("SendLocalList")
        assert [one["updateType"] for one in sent] == ["Full", "Differential"]
        assert [len(one["localAuthorizationList"]) for one in sent] == [2, 1]
        tags = [entry["idTag"] for one in sent for entry in one["localAuthorizationList"]]
        assert sorted(tags) == sorted(here.cards)
        versions = [one["listVersion"] for one in sent]
        assert 0 < versions[0] < versions[1] == row.held_version
        assert row.state == "in_step"


@pytest.mark.statement(98)
async def test_tc_043_5_send_list_differential(house: Acceptance) -> None:
    """A card leaves the list and another comes: only those two are sent."""
    here = await corner(house, SendLocalList={"status": "Accepted"})
    async with here.pile:
        before = await look_after(here, "full")
        gone, *left = here.cards
        new = await house.card()
        await house.ask(local_lists.edit_list, here.list, picked=[*left, new])
        row = await here.settle()
        last = here.sent("SendLocalList")[-1]
        assert last["updateType"] == "Differential"
        assert last["listVersion"] > (before.held_version or 0)
        entries = {one["idTag"]: one.get("idTagInfo") for one in last["localAuthorizationList"]}
        assert entries == {gone: None, new: {"status": "Accepted"}}
        assert row.state == "in_step"


def _round() -> None:
    list_sync.refresh_lists()
    list_sync.advance_piles()


def _all_answered(pile_id: int) -> bool:
    states = [state.value for state in UNANSWERED]
    return not Command.objects.filter(pile=pile_id, state__in=states).exists()
