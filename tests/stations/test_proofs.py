"""A connection counts as long as what it was opened with does: asked again of piles that are connected."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from ocpp_gateway.wire import Admission, Admitted, CommandState, RefusalReason
from stations import intake
from stations.models import Pile
from stations.services import certificates, devices, upgrades
from tests.factories.stations import ACTOR, Talk, make_new_pile, make_online_pile, outcome
from tests.stations.signing_steps import given, knock, pile_with_serial, shown

pytestmark = pytest.mark.usefixtures("everything")


def objection(pile: Pile, admission: Admission) -> RefusalReason | None:
    """What is said of a connection that was let in so."""
    assert isinstance(admission, Admitted)
    held = {pile.pk: (admission.pile.security_profile, admission.proof)}
    return intake.unproven(held).get(pile.pk)


def let_in() -> tuple[Pile, Admission]:
    """A new pile, and how it came in with its key."""
    new = make_new_pile()
    talk = Talk(new.pile)
    admission = intake.admit(talk.hello(new.key))
    intake.connect([talk.connected()])
    intake.boot([talk.booted()])
    return new.pile, admission


def test_nobody_is_asked_about_where_nobody_is_connected() -> None:
    assert intake.unproven({}) == {}


@pytest.mark.statement(111)
def test_a_key_that_was_replaced_by_hand_keeps_no_connection_open() -> None:
    pile, admission = let_in()
    neighbour, other = let_in()
    assert objection(pile, admission) is None

    key = devices.replace_key(pile, actor=ACTOR)

    assert objection(pile, admission) is RefusalReason.WRONG_CREDENTIALS
    assert objection(pile, intake.admit(Talk(pile).hello(key))) is None
    assert objection(neighbour, other) is None


@pytest.mark.statement(111)
@pytest.mark.parametrize(
    ("state", "status", "stays"),
    [
        (CommandState.SENT, "", True),
        (CommandState.ACCEPTED, "Accepted", False),
        (CommandState.ACCEPTED, "RebootRequired", True),
        (CommandState.REJECTED, "Rejected", True),
        (CommandState.TIMED_OUT, "", True),
    ],
)
def test_a_connection_with_the_old_key_ends_when_the_new_one_was_taken(
    state: CommandState, status: str, stays: bool
) -> None:
    pile, admission = let_in()
    key, command = devices.rotate_key(pile, actor=ACTOR)
    said = [outcome(command, CommandState.SENT)]
    if state is not CommandState.SENT:
        said.append(outcome(command, state, answer={"status": status}))
    intake.keep_outcomes(said)

    assert objection(pile, admission) is (None if stays else RefusalReason.WRONG_CREDENTIALS)
    if not stays:
        assert objection(pile, intake.admit(Talk(pile).hello(key))) is None


def test_a_connection_with_the_new_key_stays_when_it_decides() -> None:
    pile, _ = let_in()
    key, command = devices.rotate_key(pile, actor=ACTOR)
    intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, CommandState.TIMED_OUT)])

    assert objection(pile, intake.admit(Talk(pile).hello(key))) is None


def test_a_pile_that_is_retired_is_shown_out() -> None:
    pile, admission = let_in()
    devices.retire_pile(pile, actor=ACTOR, reason="scrapped")
    assert objection(pile, admission) is RefusalReason.RETIRED


def test_a_pile_that_needs_no_key_any_more_comes_in_anew() -> None:
    pile, admission = let_in()
    devices.open_pile(pile, actor=ACTOR, reason="cannot keep one")
    assert objection(pile, admission) is RefusalReason.WRONG_PROFILE
    assert objection(pile, intake.admit(Talk(pile).hello(None, security_profile=1))) is None


@pytest.mark.statement(112)
def test_a_profile_that_was_raised_on_site_ends_the_connection_with_the_lower_one(
    settings: LazySettings,
) -> None:
    settings.OCPP_TLS_PORT = 1
    pile, admission = let_in()
    upgrades.set_profile(pile, actor=ACTOR, profile=2, reason="set on site")
    assert objection(pile, admission) is RefusalReason.WRONG_PROFILE


@pytest.mark.statement(112)
def test_a_pile_on_its_way_to_a_higher_profile_keeps_the_line_that_it_is_asked_over() -> None:
    pile, admission = let_in()
    Pile.objects.filter(pk=pile.pk).update(next_profile=2)
    assert objection(pile, admission) is None


@pytest.mark.statement(114)
def test_a_certificate_keeps_a_connection_open_until_it_is_revoked() -> None:
    pile = pile_with_serial()
    certificate = given(pile)
    admission = knock(pile, shown(certificate))
    assert isinstance(admission, Admitted) and admission.ends_at == certificate.not_after
    assert objection(pile, admission) is None

    certificates.revoke_certificate(certificate, actor=ACTOR, reason="board stolen")

    assert objection(pile, admission) is RefusalReason.REVOKED_CERTIFICATE


@pytest.mark.statement(114)
def test_a_certificate_that_is_not_known_any_more_keeps_no_connection_open() -> None:
    pile = pile_with_serial()
    certificate = given(pile)
    admission = knock(pile, shown(certificate))
    neighbour = make_online_pile(pile.station)
    type(certificate).objects.filter(pk=certificate.pk).update(pile=neighbour)

    assert objection(pile, admission) is RefusalReason.WRONG_CERTIFICATE
