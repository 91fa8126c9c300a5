"""The guided way to a new password and a higher profile: each step, each failure, and never a pile locked out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.conf import LazySettings

from alarms.models import Alarm
from backoffice.kit import clock
from backoffice.kit.errors import Refused
from ocpp_gateway.tls import read_certificate
from ocpp_gateway.wire import (
    Admission,
    Admitted,
    CertificateAsked,
    CommandState,
    RefusalReason,
    Refused as TurnedAway,
)
from stations import intake
from stations.models import Certificate, Command, Pile, SecurityUpgrade
from stations.services import devices, signing, upgrades
from stations.services.commands import send_command
from tests.factories.stations import ACTOR, Talk, make_new_pile, make_online_pile, make_station, outcome
from tests.factories.tenants import make_tenant
from tests.support import certificates as made

pytestmark = pytest.mark.usefixtures("everything", "served")
SERIAL = "SN-9"


@pytest.fixture
def served(settings: LazySettings, tmp_path: Path) -> None:
    """Ports for profiles 2 and 3, and a root that signed their certificates."""
    settings.OCPP_TLS_PORT, settings.OCPP_MTLS_PORT = 9443, 9444
    roots = tmp_path / "roots.pem"
    roots.write_text(made.root().certificate)
    settings.OCPP_TLS_ROOTS = str(roots)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that left, in their order; they are nowhere else."""
    found: list[str] = []
    offer = devices.seal

    def seal(key: str) -> Any:
        found.append(key)
        return offer(key)

    monkeypatch.setattr(devices, "seal", seal)
    return found


class Way:
    """A pile on its way, and what it answers."""

    def __init__(self, target: int, **over: Any) -> None:
        operator = make_tenant(make_tenant(make_tenant()), name=made.OWNER)
        self.new = make_new_pile(make_station(make_tenant(operator)), serial=SERIAL)
        self.talk = Talk(self.new.pile)
        intake.connect([self.talk.connected()])
        intake.boot([self.talk.booted()])
        self.row = upgrades.start_upgrade(self.pile, actor=ACTOR, target=target, reason="tests", **over)

    @property
    def pile(self) -> Pile:
        return Pile.objects.get(pk=self.new.pile.pk)

    @property
    def state(self) -> str:
        self.row.refresh_from_db()
        return self.row.state

    @property
    def error(self) -> str:
        self.row.refresh_from_db()
        return self.row.error

    def go(self, *, minutes: float = 0) -> str:
        """What the worker does now, or so much later."""
        with clock.frozen(clock.now() + timedelta(minutes=minutes)):
            upgrades.follow_upgrades()
        return self.state

    def asked(self) -> Command:
        return Command.objects.filter(about=f"upgrade:{self.row.pk}").order_by("-pk")[0]

    def says(self, state: CommandState, status: str = "") -> str:
        """The pile's answer to what it was asked last, and the next step."""
        answer = {"status": status} if status else {}
        intake.keep_outcomes([outcome(self.asked(), state, answer=answer)])
        return self.go()

    def agrees(self) -> str:
        return self.says(CommandState.ACCEPTED, "Accepted")

    def knocks(self, key: str | None = None, *, profile: int, **over: Any) -> Admission:
        return intake.admit(self.talk.hello(key, security_profile=profile, **over))

    def to_profile(self) -> str:
        """As far as the change of the profile, without a new password."""
        self.go()
        self.agrees()  # the name
        self.go()
        self.agrees()  # the root
        return self.go()


def steps(way: Way) -> list[tuple[str, Any]]:
    commands = Command.objects.filter(about=f"upgrade:{way.row.pk}").order_by("pk")
    return [(one.action, one.payload.get("key") or one.payload.get("certificateType")) for one in commands]


@pytest.mark.statement(111, 112)
def test_tc_083_a_pile_is_guided_from_profile_1_to_2(secrets: list[str]) -> None:
    way = Way(2)
    old, pile = way.new.key, way.pile
    assert way.go() == "key"
    assert way.agrees() == "name"
    assert isinstance(way.knocks(secrets[-1], profile=1), Admitted)
    assert way.knocks(old, profile=1) == TurnedAway(reason=RefusalReason.WRONG_CREDENTIALS)
    way.go()
    assert way.agrees() == "roots"
    assert way.pile.cpo_name == made.OWNER
    way.go()
    way.agrees()
    assert way.go() == "profile" and way.asked().payload == {"key": "SecurityProfile", "value": "2"}
    assert way.agrees() == "return"

    assert isinstance(way.knocks(secrets[-1], profile=1), Admitted)  # not yet
    assert way.state == "return" and way.pile.security_profile == 1
    assert isinstance(way.knocks(secrets[-1], profile=2), Admitted)
    assert way.state == "done" and way.pile.security_profile == 2
    assert way.knocks(secrets[-1], profile=1) == TurnedAway(reason=RefusalReason.WRONG_PROFILE)
    assert steps(way) == [
        ("ChangeConfiguration", "AuthorizationKey"),
        ("ChangeConfiguration", "CpoName"),
        ("InstallCertificate", "CentralSystemRootCertificate"),
        ("ChangeConfiguration", "SecurityProfile"),
    ]
    assert pile.pk == way.pile.pk


@pytest.mark.statement(112, 115)
def test_tc_083_a_pile_is_guided_to_profile_3_with_a_certificate_of_its_own() -> None:
    way = Way(3, new_key=False, install_roots=False)
    way.go()
    assert way.agrees() == "certificate"
    way.go()
    assert way.asked().payload == {"requestedMessage": "SignChargePointCertificate"}
    way.agrees()
    csr = CertificateAsked(
        pile_id=way.pile.pk,
        generation=1,
        message_id="s1",
        received_at=clock.now(),
        csr=made.csr(SERIAL),
    )
    assert intake.ask_certificates([csr])[0].status == "Accepted"
    signing.follow_requests()
    assert way.go() == "certificate"
    signed = Command.objects.get(action="CertificateSigned")
    intake.keep_outcomes([outcome(signed, CommandState.ACCEPTED, answer={"status": "Accepted"})])
    signing.follow_requests()
    assert way.go() == "profile"
    way.go()
    way.agrees()

    found = x509.load_pem_x509_certificate(Certificate.objects.get().pem.encode())
    proof = read_certificate(found.public_bytes(made.serialization.Encoding.DER))
    assert not isinstance(way.knocks(None, profile=3), Admitted)
    assert way.state == "return"
    assert isinstance(way.knocks(None, profile=3, certificate=proof), Admitted)
    assert way.state == "done"
    assert not isinstance(way.knocks(way.new.key, profile=1), Admitted)


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [("Rejected", "failed", "Rejected"), ("NotSupported", "roots", "")],
)
def test_a_pile_that_does_not_know_the_name_of_its_operator_goes_on_and_one_that_refuses_it_does_not(
    status: str, state: str, error: str
) -> None:
    way = Way(2, new_key=False)
    way.go()
    assert (way.says(CommandState.REJECTED, status), way.error) == (state, error)
    assert way.pile.cpo_name == ""


@pytest.mark.parametrize("at", ["key", "roots", "profile"])
def test_the_first_step_that_is_refused_ends_it_and_the_old_way_stays_open(
    at: str, secrets: list[str]
) -> None:
    way = Way(2, new_key=at == "key")
    if at == "key":
        way.go()
    else:
        way.go()
        way.agrees()
        way.go()
        if at == "profile":
            way.agrees()
            way.go()
    assert way.says(CommandState.REJECTED, "Rejected") == "failed"
    assert (way.row.step, way.error) == (at, "Rejected")
    assert isinstance(way.knocks(way.new.key, profile=1), Admitted)
    assert not isinstance(way.knocks(way.new.key, profile=2), Admitted)
    assert Alarm.objects.get(code="T08").info == f"{at}: Rejected"
    sent = Command.objects.count()
    way.go(minutes=1)
    assert Command.objects.count() == sent


@pytest.mark.statement(111)
@pytest.mark.parametrize("took", [True, False])
def test_a_lost_answer_to_the_password_is_decided_by_the_next_handshake(
    took: bool, secrets: list[str]
) -> None:
    way = Way(2)
    way.go()
    assert way.says(CommandState.CONNECTION_LOST) == "key"
    way.go(minutes=1)
    assert Command.objects.count() == 1  # a second password would push the first one out
    with pytest.raises(Refused) as refused:
        devices.rotate_key(way.pile, actor=ACTOR)
    assert refused.value.code == "undecided"

    assert isinstance(way.knocks(secrets[-1] if took else way.new.key, profile=1), Admitted)
    assert (way.go(), way.error) == (("name", "") if took else ("failed", "kept_old_key"))
    assert isinstance(way.knocks(secrets[-1] if took else way.new.key, profile=1), Admitted)


@pytest.mark.statement(112)
@pytest.mark.parametrize("lost", [CommandState.TIMED_OUT, CommandState.CONNECTION_LOST])
def test_a_lost_answer_to_the_profile_lets_it_in_either_way(lost: CommandState) -> None:
    way = Way(2, new_key=False)
    assert way.to_profile() == "profile"
    assert way.says(lost) == "return"
    assert isinstance(way.knocks(way.new.key, profile=1), Admitted)
    assert isinstance(way.knocks(way.new.key, profile=2), Admitted)
    assert way.state == "done"
    assert not isinstance(way.knocks(way.new.key, profile=1), Admitted)


def test_a_command_that_never_left_or_was_not_answered_is_sent_again_a_few_times() -> None:
    way = Way(2, new_key=False)
    for fate in (CommandState.EXPIRED, CommandState.TIMED_OUT, CommandState.TIMED_OUT):
        way.go()
        way.says(fate)
    assert (way.state, way.error) == ("failed", "no_answer")
    assert Command.objects.count() == 3


def test_a_pile_that_is_away_for_a_moment_is_waited_for() -> None:
    way = Way(2, new_key=False)
    Pile.objects.update(online=False)
    assert way.go() == "name" and not Command.objects.exists()
    Pile.objects.update(online=True)
    way.go()
    assert Command.objects.count() == 1


@pytest.mark.statement(112)
def test_one_that_does_not_come_back_in_time_is_told_and_is_let_in_the_old_way_and_later_the_new_one() -> (
    None
):
    way = Way(2, new_key=False)
    way.to_profile()
    way.agrees()
    assert way.go(minutes=20) == "failed" and way.error == "not_back"
    alarm = Alarm.objects.get(code="T08")
    assert alarm.state == "open"
    assert isinstance(way.knocks(way.new.key, profile=1), Admitted)

    assert isinstance(way.knocks(way.new.key, profile=2), Admitted)
    alarm.refresh_from_db()
    assert (way.state, way.error, alarm.state) == ("done", "", "cleared")


def test_a_pile_that_must_restart_first_is_told_to_once() -> None:
    way = Way(2, new_key=False)
    way.to_profile()
    assert way.says(CommandState.ACCEPTED, "RebootRequired") == "return"
    way.go()
    assert way.asked().action == "Reset"
    way.go()
    assert Command.objects.filter(action="Reset").count() == 1


def test_cancelling_asks_for_nothing_more_and_closes_no_door() -> None:
    way = Way(2, new_key=False)
    way.to_profile()
    upgrades.cancel_upgrade(way.row, actor=ACTOR, reason="not today")
    upgrades.cancel_upgrade(way.row, actor=ACTOR, reason="again")
    sent = Command.objects.count()
    assert way.go(minutes=1) == "cancelled" and Command.objects.count() == sent
    way.says(CommandState.ACCEPTED, "Accepted")
    assert isinstance(way.knocks(way.new.key, profile=2), Admitted)
    assert way.state == "done"


def test_a_request_that_is_not_signed_ends_it_with_the_reason() -> None:
    way = Way(3, new_key=False, install_roots=False)
    way.go()
    way.agrees()
    way.go()
    csr = CertificateAsked(
        pile_id=way.pile.pk, generation=1, message_id="s", received_at=clock.now(), csr=made.csr("SN-OTHER")
    )
    intake.ask_certificates([csr])
    assert (way.go(), way.error) == ("failed", "wrong_serial")


def test_only_what_proves_it_is_renewed_where_the_profile_stays(secrets: list[str]) -> None:
    way = Way(1)
    assert way.row.steps == ["key"]
    way.go()
    assert way.agrees() == "done"
    assert isinstance(way.knocks(secrets[-1], profile=1), Admitted) and way.pile.security_profile == 1


@pytest.mark.parametrize(
    ("change", "target", "code"),
    [
        ({"online": False}, 2, "offline"),
        ({"life": "retired"}, 2, "retired"),
        ({"security_profile": 2}, 1, "target"),
        ({}, 4, "target"),
        ({"serial": ""}, 3, "serial"),
    ],
)
def test_what_makes_no_sense_is_not_begun(change: dict[str, Any], target: int, code: str) -> None:
    pile = make_online_pile(serial=SERIAL)
    Pile.objects.filter(pk=pile.pk).update(**change)
    with pytest.raises(Refused) as refused:
        upgrades.start_upgrade(pile, actor=ACTOR, target=target)
    assert refused.value.code == code
    assert SecurityUpgrade.objects.count() == 0


def test_a_profile_that_no_port_speaks_is_not_begun(settings: LazySettings) -> None:
    settings.OCPP_MTLS_PORT = 0
    with pytest.raises(Refused) as refused:
        upgrades.start_upgrade(make_online_pile(serial=SERIAL), actor=ACTOR, target=3)
    assert refused.value.code == "not_served"


def test_a_second_way_is_not_begun_while_one_runs() -> None:
    way = Way(2)
    with pytest.raises(Refused) as refused:
        upgrades.start_upgrade(way.pile, actor=ACTOR, target=2)
    assert refused.value.code == "running"
    assert SecurityUpgrade.objects.count() == 1


@pytest.mark.statement(112)
def test_the_profile_is_raised_by_no_bare_command_and_lowered_by_none_at_all() -> None:
    pile = make_online_pile()
    with pytest.raises(Refused):
        send_command(
            pile,
            action="ChangeConfiguration",
            payload={"key": "SecurityProfile", "value": "2"},
            actor=ACTOR,
        )
    Pile.objects.filter(pk=pile.pk).update(security_profile=2)
    with pytest.raises(Refused):
        devices.open_pile(pile, actor=ACTOR, reason="easier")
    devices.replace_key(pile, actor=ACTOR)
    assert Pile.objects.get(pk=pile.pk).security_profile == 2
    upgrades.set_profile(pile, actor=ACTOR, profile=1, reason="new board, set on site")
    assert Pile.objects.get(pk=pile.pk).security_profile == 1
    assert not Command.objects.exists()


def test_an_open_pile_gets_a_password_on_its_way_up(secrets: list[str]) -> None:
    new = make_new_pile(needs_key=False)
    talk = Talk(new.pile)
    intake.connect([talk.connected()])
    intake.boot([talk.booted()])
    row = upgrades.start_upgrade(Pile.objects.get(pk=new.pile.pk), actor=ACTOR, target=1, new_key=False)
    assert row.steps == ["key", "profile", "return"]
    for _ in range(2):
        upgrades.follow_upgrades()
        command = Command.objects.order_by("-pk")[0]
        intake.keep_outcomes([outcome(command, CommandState.ACCEPTED, answer={"status": "Accepted"})])
        upgrades.follow_upgrades()
    assert isinstance(intake.admit(talk.hello(None)), Admitted)
    assert Pile.objects.get(pk=new.pile.pk).security_profile == 0
    assert isinstance(intake.admit(talk.hello(secrets[-1])), Admitted)
    assert Pile.objects.get(pk=new.pile.pk).security_profile == 1
    assert not isinstance(intake.admit(talk.hello(None)), Admitted)
