"""BootNotification: always answered, by settings alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit import clock
from ocpp_gateway.wire import CommandState, Registration
from stations import intake
from stations.models import Life, Pile, PileEvent
from stations.services import commands, devices
from tests.factories.stations import ACTOR, Talk, make_online_pile, make_pile, outcome

pytestmark = pytest.mark.usefixtures("everything")


def fresh(pile: Pile) -> Pile:
    return Pile.objects.get(pk=pile.pk)


def test_a_pile_is_accepted_and_told_its_heartbeat() -> None:
    pile = make_pile(quirks={"heartbeat_interval_s": 60})
    [answer] = intake.boot([Talk(pile).booted(firmware="2.1", serial="SN1", iccid="89", imsi="460")])

    row = fresh(pile)
    assert (answer.status, answer.interval_s) == (Registration.ACCEPTED, 60)
    assert (row.registration, row.firmware, row.reported_serial, row.boot_count) == (
        "Accepted",
        "2.1",
        "SN1",
        1,
    )


def test_a_pile_that_is_held_back_is_told_when_to_ask_again() -> None:
    pile = make_pile(quirks={"boot_answer": "Pending"})
    [answer] = intake.boot([Talk(pile).booted()])

    assert answer.status is Registration.PENDING and answer.interval_s > 0
    assert fresh(pile).registration == "Pending"


def test_a_retired_pile_that_is_still_connected_is_rejected() -> None:
    pile = make_pile()
    devices.retire_pile(pile, actor=ACTOR, reason="scrapped")

    assert intake.boot([Talk(pile).booted()])[0].status is Registration.REJECTED
    assert fresh(pile).life == Life.RETIRED


def test_a_boot_kept_twice_counts_once_and_is_answered_twice() -> None:
    pile, fact = make_pile(), None
    fact = Talk(pile).booted()
    first, again = intake.boot([fact]), intake.boot([fact])

    assert first == again
    assert fresh(pile).boot_count == 1
    assert PileEvent.objects.filter(pile=pile, kind="booted").count() == 1


def test_texts_that_are_too_long_are_kept_as_far_as_they_fit() -> None:
    pile = make_pile()
    fact = Talk(pile).booted(vendor="V" * 400, model="", firmware="F" * 400, remarks=("too_long:vendor",))
    [answer] = intake.boot([fact])

    assert answer.status is Registration.ACCEPTED
    assert len(fresh(pile).reported_vendor) == 120
    assert PileEvent.objects.get(pile=pile, kind="booted").data["remarks"] == ["too_long:vendor"]


@pytest.mark.statement(38)
def test_a_change_of_firmware_is_an_event() -> None:
    pile = make_pile()
    talk = Talk(pile)
    intake.boot([talk.booted(firmware="1.0")])
    intake.boot([talk.booted(firmware="1.0", received_at=clock.now() + timedelta(seconds=1))])
    intake.boot([talk.booted(firmware="1.1", received_at=clock.now() + timedelta(seconds=2))])

    [event] = PileEvent.objects.filter(pile=pile, kind="firmware_changed")
    assert event.data == {"from": "1.0", "to": "1.1"}


def test_several_boots_in_one_batch_are_answered_in_order_and_the_last_one_counts() -> None:
    pile, other, at = make_pile(), make_pile(quirks={"boot_answer": "Rejected"}), clock.now()
    talk = Talk(pile)
    answers = intake.boot(
        [
            talk.booted(firmware="1", received_at=at),
            Talk(other).booted(received_at=at),
            talk.booted(firmware="2", received_at=at + timedelta(seconds=1)),
        ]
    )

    assert [a.status for a in answers] == [
        Registration.ACCEPTED,
        Registration.REJECTED,
        Registration.ACCEPTED,
    ]
    assert (fresh(pile).firmware, fresh(pile).boot_count) == ("2", 2)


def test_an_unknown_pile_is_rejected_and_harms_nobody() -> None:
    pile = make_pile()
    unknown = Talk(Pile(pk=10**9)).booted()

    assert [a.status for a in intake.boot([unknown, Talk(pile).booted()])] == [
        Registration.REJECTED,
        Registration.ACCEPTED,
    ]


def test_a_boot_is_the_effect_of_a_reset_even_when_the_socket_was_cut_before_the_answer() -> None:
    pile = make_online_pile()
    command = commands.send_command(pile, action="Reset", payload={"type": "Hard"}, actor=ACTOR)
    intake.keep_outcomes(
        [outcome(command, CommandState.SENT), outcome(command, CommandState.CONNECTION_LOST)]
    )
    intake.boot([Talk(pile, generation=2).booted(received_at=clock.now() + timedelta(seconds=40))])

    command.refresh_from_db()
    assert (command.state, command.effect_note) == (CommandState.EFFECT_SEEN, "BootNotification")


def test_a_boot_long_after_a_reset_is_not_its_effect() -> None:
    pile = make_online_pile()
    command = commands.send_command(pile, action="Reset", payload={"type": "Soft"}, actor=ACTOR)
    intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, CommandState.TIMED_OUT)])
    intake.boot([Talk(pile).booted(received_at=clock.now() + timedelta(days=2))])

    command.refresh_from_db()
    assert command.state == CommandState.TIMED_OUT
