"""Handshakes: who is let in, who is not, and what is remembered of either."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ocpp_gateway.wire import Admission, Admitted, CommandState, RefusalReason, Refused, Registration
from stations import intake
from stations.intake import door
from stations.models import Pile, PileEvent, UnclaimedPile
from stations.services import devices
from tests.factories.stations import (
    ACTOR,
    Talk,
    make_model,
    make_new_pile,
    make_online_pile,
    make_pile,
    make_station,
    outcome,
)
from tests.factories.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("everything")


def reason(admission: Admission) -> RefusalReason:
    assert isinstance(admission, Refused)
    return admission.reason


def knock(pile: Pile, key: str | bytes | None, **over: object) -> Admission:
    return intake.admit(Talk(pile).hello(key, **over))


def test_a_pile_with_its_key_is_let_in_with_one_query_the_second_time() -> None:
    new = make_new_pile()
    knock(new.pile, new.key)
    with CaptureQueriesContext(connection) as queries:
        admission = knock(new.pile, new.key)

    assert isinstance(admission, Admitted)
    assert len(queries) == 1
    assert admission.pile.connectors == (1, 2)
    assert admission.pile.registration is Registration.UNKNOWN


@pytest.mark.statement(109)
def test_the_bytes_of_the_key_do_as_well_as_its_digits_and_the_form_is_remembered() -> None:
    new = make_new_pile()
    assert new.key is not None

    assert isinstance(knock(new.pile, bytes.fromhex(new.key)), Admitted)
    assert Pile.objects.get(pk=new.pile.pk).key_form == "raw"


def test_every_admission_has_a_higher_generation_and_none_takes_effect_yet() -> None:
    new = make_new_pile()
    generations = [
        a.generation for a in (knock(new.pile, new.key) for _ in range(3)) if isinstance(a, Admitted)
    ]

    assert generations == sorted(set(generations)) and len(generations) == 3
    assert not Pile.objects.get(pk=new.pile.pk).online


@pytest.mark.statement(6)
def test_an_accepted_pile_is_accepted_again_without_a_boot() -> None:
    new = make_new_pile()
    intake.boot([Talk(new.pile).booted()])
    admission = knock(new.pile, new.key)

    assert isinstance(admission, Admitted)
    assert admission.pile.registration is Registration.ACCEPTED


def test_settings_of_the_model_hold_unless_the_pile_has_its_own() -> None:
    station = make_station()
    manufacturer = station.tenant.get_root()
    model = make_model(manufacturer, quirks={"ping": False, "heartbeat_interval_s": 30})
    new = make_new_pile(
        station, model=model, quirks={"heartbeat_interval_s": 90, "clock_zone": "Asia/Shanghai"}
    )
    admission = knock(new.pile, new.key)

    assert isinstance(admission, Admitted)
    record = admission.pile
    assert (record.ping, record.heartbeat_interval_s, record.clock_zone) == (False, 90, "Asia/Shanghai")


@pytest.mark.statement(3, 110)
@pytest.mark.parametrize(
    ("key", "over"),
    [
        (None, {}),
        ("0" * 40, {}),
        (b"\xff\xfe", {}),
        ("KEY", {"user_name": "somebody"}),
        ("KEY", {"user_name": "cp"}),
        ("KEY", {"user_name": None}),
    ],
)
def test_wrong_or_missing_credentials_are_refused_and_noted(
    key: str | bytes | None, over: dict[str, object]
) -> None:
    new = make_new_pile()
    admission = knock(new.pile, new.key if key == "KEY" else key, **over)

    assert reason(admission) is RefusalReason.WRONG_CREDENTIALS
    assert PileEvent.objects.get(pile=new.pile, kind="refused").data["reason"] == "wrong_credentials"
    assert not UnclaimedPile.objects.exists()


def test_many_wrong_attempts_are_one_event_that_counts() -> None:
    new = make_new_pile()
    for _ in range(5):
        knock(new.pile, "0" * 40)

    assert PileEvent.objects.get(pile=new.pile, kind="refused").data["attempts"] == 5


def test_the_identity_is_compared_exactly() -> None:
    new = make_new_pile(identity="Cp-Case")

    assert reason(knock(new.pile, new.key, identity="CP-CASE")) is RefusalReason.UNKNOWN_IDENTITY


def test_a_retired_pile_is_not_let_in() -> None:
    new = make_new_pile()
    devices.retire_pile(new.pile, actor=ACTOR, reason="scrapped")

    assert reason(knock(new.pile, new.key)) is RefusalReason.RETIRED


@pytest.mark.statement(13)
def test_a_pile_of_another_profile_is_not_let_in_on_this_port() -> None:
    new = make_new_pile()
    Pile.objects.filter(pk=new.pile.pk).update(security_profile=2)

    assert reason(knock(new.pile, new.key)) is RefusalReason.WRONG_PROFILE
    assert isinstance(knock(new.pile, new.key, security_profile=2), Admitted)


@pytest.mark.parametrize("remote", ["127.0.0.1", "192.168.7.9", "::1", "::ffff:10.1.2.3", "fe80::1%eth0"])
def test_an_open_pile_needs_no_key_in_a_trusted_network(remote: str) -> None:
    new = make_new_pile(needs_key=False)

    assert new.key is None
    assert isinstance(knock(new.pile, None, remote=remote), Admitted)


@pytest.mark.parametrize("remote", ["8.8.8.8", "2001:db8::1", "", "nonsense"])
def test_an_open_pile_is_not_let_in_from_elsewhere(remote: str) -> None:
    new = make_new_pile(needs_key=False)

    assert reason(knock(new.pile, None, remote=remote)) is RefusalReason.WRONG_PROFILE


@pytest.mark.statement(2)
def test_a_stranger_is_listed_for_every_manufacturer_until_it_is_claimed() -> None:
    station, other = make_station(), make_tenant()
    hello = Talk(Pile(identity="NEW-1")).hello("whatever")
    assert [reason(intake.admit(hello)) for _ in range(3)] == [RefusalReason.UNKNOWN_IDENTITY] * 3

    waiting = UnclaimedPile.objects.filter(identity="NEW-1")
    assert {row.tenant_id for row in waiting} == {station.tenant.get_root().pk, other.pk}
    assert {row.attempts for row in waiting} == {3}

    make_pile(station, identity="NEW-1")
    assert not UnclaimedPile.objects.filter(identity="NEW-1").exists()


@pytest.mark.parametrize("identity", ["", "a\x00b", "x" * 5000, "a/b", "\ud800", "a:b", "\u202egnp", " "])
def test_identities_that_nobody_may_have_are_refused_without_harm(identity: str) -> None:
    make_tenant()
    assert reason(intake.admit(Talk(Pile(identity=identity)).hello())) is RefusalReason.UNKNOWN_IDENTITY

    [row] = UnclaimedPile.objects.all()
    assert len(row.identity) <= 200 and "\x00" not in row.identity


def test_a_scanner_of_addresses_cannot_fill_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_UNCLAIMED", 10)
    make_tenant()
    for _ in range(3):
        intake.admit(Talk(Pile(identity="REAL")).hello())
    for number in range(30):
        intake.admit(Talk(Pile(identity=f"SCAN-{number}")).hello())

    assert UnclaimedPile.objects.count() == 10
    assert UnclaimedPile.objects.filter(identity="REAL").exists()


def test_what_the_gateway_refused_by_itself_is_kept_too() -> None:
    make_tenant()
    pile = make_pile()
    intake.note_refusals(
        [
            (Talk(pile).hello(), RefusalReason.THROTTLED),
            (Talk(Pile(identity="/ocpp/%zz")).hello(), RefusalReason.BAD_IDENTITY),
            (Talk(Pile(identity="GHOST")).hello(), RefusalReason.THROTTLED),
        ]
    )

    assert PileEvent.objects.get(pile=pile, kind="refused").data["reason"] == "throttled"
    assert set(UnclaimedPile.objects.values_list("identity", flat=True)) == {"/ocpp/%zz"}


def rotated(pile: Pile) -> tuple[str, object]:
    return devices.rotate_key(pile, actor=ACTOR)


def accepted_keys(pile: Pile, *keys: str | None) -> list[bool]:
    """Which keys the door takes, tried without anything being decided by it."""
    row = Pile.objects.get(pk=pile.pk)
    stored = [
        door.SealedKey(row.key_salt, row.key_hash),
        door.SealedKey(row.next_key_salt, row.next_key_hash),
    ]
    return [any(door.match((key or "").encode(), sealed) for sealed in stored) for key in keys]


def make_rotation() -> tuple[Pile, str, str, object]:
    new = make_new_pile()
    assert new.key is not None
    talk = Talk(new.pile)
    intake.connect([talk.connected()])
    intake.boot([talk.booted()])
    key, command = rotated(new.pile)
    return new.pile, new.key, key, command


@pytest.mark.statement(111)
def test_while_a_key_is_on_its_way_both_are_valid() -> None:
    pile, old, new, _ = make_rotation()

    assert accepted_keys(pile, old, new) == [True, True]
    knock(pile, old)
    assert accepted_keys(pile, old, new) == [True, True]


@pytest.mark.statement(111)
@pytest.mark.parametrize(
    ("state", "status", "wanted"),
    [
        (CommandState.ACCEPTED, "Accepted", [False, True]),
        (CommandState.ACCEPTED, "RebootRequired", [True, True]),
        (CommandState.REJECTED, "Rejected", [True, False]),
        (CommandState.REJECTED, "NotSupported", [True, False]),
        (CommandState.ERROR, "", [True, False]),
        (CommandState.REFUSED, "", [True, False]),
        (CommandState.TIMED_OUT, "", [True, True]),
        (CommandState.CONNECTION_LOST, "", [True, True]),
    ],
)
def test_the_answer_of_the_pile_decides_which_key_counts(
    state: CommandState, status: str, wanted: list[bool]
) -> None:
    pile, old, new, command = make_rotation()
    intake.keep_outcomes(
        [outcome(command, CommandState.SENT), outcome(command, state, answer={"status": status})]
    )

    assert accepted_keys(pile, old, new) == wanted


@pytest.mark.statement(111)
@pytest.mark.parametrize(("used", "wanted"), [(0, [True, False]), (1, [False, True])])
def test_without_an_answer_the_key_of_the_next_handshake_counts(used: int, wanted: list[bool]) -> None:
    pile, old, new, command = make_rotation()
    intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, CommandState.TIMED_OUT)])

    assert isinstance(knock(pile, (old, new)[used]), Admitted)
    assert accepted_keys(pile, old, new) == wanted


def test_an_answer_that_comes_too_late_still_decides_about_the_key() -> None:
    pile, old, new, command = make_rotation()
    intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, CommandState.TIMED_OUT)])
    intake.keep_outcomes([outcome(command, CommandState.ACCEPTED, late=True, answer={"status": "Accepted"})])

    assert accepted_keys(pile, old, new) == [False, True]


def test_using_the_new_key_is_enough_even_before_its_answer_is_known() -> None:
    pile, old, new, _ = make_rotation()
    knock(pile, new)

    assert accepted_keys(pile, old, new) == [False, True]


@pytest.mark.statement(97)
def test_no_key_is_kept_or_shown_anywhere() -> None:
    pile, old, new, command = make_rotation()
    knock(pile, new)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(t::text, '') FROM ("
            "SELECT to_jsonb(p) t FROM stations_pile p UNION ALL SELECT to_jsonb(c) FROM stations_command c"
            " UNION ALL SELECT to_jsonb(a) FROM kit_auditentry a UNION ALL SELECT to_jsonb(e) FROM stations_pileevent e) s"
        )
        everything = cursor.fetchone()[0].lower()
    assert command is not None
    assert old.lower() not in everything and new.lower() not in everything


def test_a_pile_that_is_offline_cannot_be_given_a_key_and_keeps_its_own() -> None:
    new = make_new_pile()
    with pytest.raises(devices.Refused) as refusal:
        devices.rotate_key(new.pile, actor=ACTOR)

    assert refusal.value.code == "offline"
    assert accepted_keys(new.pile, new.key) == [True]
    assert not Pile.objects.get(pk=new.pile.pk).next_key_hash


def test_a_key_set_by_hand_replaces_the_old_one_at_once() -> None:
    pile = make_online_pile()
    key = devices.replace_key(pile, actor=ACTOR, reason="set at the pile")

    assert isinstance(knock(pile, key), Admitted)
