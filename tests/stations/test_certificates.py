"""Certificates of piles: what is signed, what is not, how it gets there, and what opens the door afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from django.conf import LazySettings

from alarms.models import Alarm
from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from ocpp_gateway.wire import (
    Admitted,
    CommandState,
)
from stations import intake, pki
from stations.certificate_words import name_words, standing_of
from stations.models import Certificate, CertificateAuthority, Command, ConfigurationKey, Pile, SigningRequest
from stations.pki import KeyKind
from stations.selectors import authority_roots, certificate_of
from stations.services import authorities, certificates, signing
from stations.services.sites import transfer_station
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.stations import ACTOR, Talk, make_agency, make_online_pile, outcome
from tests.factories.tenants import make_tenant
from tests.stations.signing_steps import (
    SERIAL,
    answered,
    ask,
    asked,
    given,
    knock,
    maker_of,
    pile_with_serial,
    shown,
)
from tests.support import certificates as made

pytestmark = pytest.mark.usefixtures("everything")


@pytest.mark.statement(115)
@pytest.mark.parametrize("kind", list(KeyKind))
def test_tc_074_a_request_is_signed_delivered_and_taken(kind: KeyKind) -> None:
    pile = pile_with_serial()
    assert ask(pile, made.csr(SERIAL, kind=kind)) == "Accepted"
    assert not Command.objects.exists()

    signing.follow_requests()
    command = Command.objects.get(action="CertificateSigned")
    [sent] = x509.load_pem_x509_certificates(command.payload["certificateChain"].encode())
    authority = CertificateAuthority.objects.get()
    sent.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate.encode()))
    assert sent.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == SERIAL
    assert authority.tenant.level == Level.MANUFACTURER and authority.key_type == kind

    answered(CommandState.ACCEPTED, "Accepted")
    signing.follow_requests()
    assert SigningRequest.objects.get().state == "accepted"
    certificate = certificate_of(pile)
    assert certificate is not None and certificate.installed_at is not None
    assert isinstance(knock(pile, shown(certificate)), Admitted)


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "nothing": (lambda: "", "unreadable"),
    "nonsense": (lambda: "nothing of the kind", "unreadable"),
    "long": (lambda: "x" * 6000, "too_long"),
    "cut": (lambda: made.csr(SERIAL)[:200], "unreadable"),
    "another serial": (lambda: made.csr("SN-OTHER"), "wrong_serial"),
    "another case": (lambda: made.csr(SERIAL.lower()), "wrong_serial"),
    "another operator": (lambda: made.csr(SERIAL, "Somebody else"), "wrong_name"),
    "no operator": (lambda: made.csr(SERIAL, None), "subject"),
    "no serial": (lambda: made.csr(None), "subject"),
    "two serials": (lambda: made.csr(SERIAL, more=((NameOID.COMMON_NAME, "two"),)), "subject"),
    "more": (lambda: made.csr(SERIAL, more=((NameOID.EMAIL_ADDRESS, "a@b.c"),)), "subject"),
    "weak EC": (lambda: made.csr(SERIAL, size=192), "weak_key"),
    "weak RSA": (lambda: made.csr(SERIAL, kind=KeyKind.RSA, size=1024), "weak_key"),
}


@pytest.mark.statement(115)
@pytest.mark.parametrize("name", BAD)
def test_what_is_not_as_it_must_be_is_not_signed_and_says_why(name: str) -> None:
    make, why = BAD[name]
    csr = make()
    pile = pile_with_serial()
    assert ask(pile, csr) == "Rejected"
    row = SigningRequest.objects.get()
    assert (row.state, row.error) == ("declined", why)
    assert signing.follow_requests() == 0 and not Certificate.objects.exists()


def test_line_ends_written_as_two_characters_are_read() -> None:
    assert ask(pile_with_serial(), made.csr(SERIAL).replace("\n", "\\n")) == "Accepted"


def test_a_request_whose_signature_is_of_another_key_is_not_signed() -> None:
    """Whoever shows somebody else's public key has not its private one. RSA: all signatures are of one length."""
    asked_for, other = (
        x509.load_pem_x509_csr(made.csr(text, kind=KeyKind.RSA).encode()) for text in (SERIAL, "SN-OTHER")
    )
    body = asked_for.public_bytes(made.serialization.Encoding.DER)
    forged = body.replace(asked_for.signature, other.signature)
    assert forged != body
    pem = x509.load_der_x509_csr(forged).public_bytes(made.PEM).decode()
    assert ask(pile_with_serial(), pem) == "Rejected"
    assert SigningRequest.objects.get().error == "signature"


def test_a_serial_that_two_piles_have_names_neither() -> None:
    pile = pile_with_serial()
    make_online_pile(serial=SERIAL)
    assert ask(pile, made.csr(SERIAL)) == "Rejected"
    assert SigningRequest.objects.get().error == "shared_serial"


def test_the_same_report_twice_is_one_request_with_one_answer() -> None:
    pile = pile_with_serial()
    fact = asked(pile, made.csr(SERIAL))
    answers = [intake.ask_certificates([fact])[0].status for _ in range(2)]
    assert answers == ["Accepted", "Accepted"] and SigningRequest.objects.count() == 1


@pytest.mark.statement(115)
def test_a_pile_that_asks_again_and_again_is_refused() -> None:
    pile = pile_with_serial()
    said = [ask(pile, made.csr(SERIAL), message_id=f"s{number}") for number in range(8)]
    assert said == ["Accepted"] * 6 + ["Rejected"] * 2
    assert SigningRequest.objects.count() == 6


@pytest.mark.statement(115)
def test_when_nobody_can_sign_an_operator_hears_of_it_and_the_pile_does_not(settings: LazySettings) -> None:
    pile = pile_with_serial()
    authorities.create_authority(maker_of(pile), actor=ACTOR, key_type="EC")
    kept, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert ask(pile, made.csr(SERIAL)) == "Accepted"
    signing.follow_requests()

    row = SigningRequest.objects.get()
    assert row.state == "asked" and "SealBroken" in row.error
    alarm = Alarm.objects.get(code="T08")
    assert (alarm.pile_id, alarm.state) == (pile.pk, "open") and "SealBroken" in alarm.info
    assert not Command.objects.exists()
    assert signing.follow_requests() == 0  # not before its time

    settings.SECRET_KEY = kept
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        signing.follow_requests()
        answered(CommandState.ACCEPTED, "Accepted")
        signing.follow_requests()
    alarm.refresh_from_db()
    assert alarm.state == "cleared" and certificate_of(pile) is not None


def test_signing_that_fails_for_good_ends(settings: LazySettings) -> None:
    pile = pile_with_serial()
    authorities.create_authority(maker_of(pile), actor=ACTOR, key_type="EC")
    settings.SECRET_KEY = "another"
    ask(pile, made.csr(SERIAL))
    for hours in range(6):
        with clock.frozen(clock.now() + timedelta(hours=2 * hours)):
            signing.follow_requests()
    assert SigningRequest.objects.get().state == "failed"


def test_without_an_answer_it_is_delivered_again_and_then_given_up() -> None:
    pile = pile_with_serial()
    ask(pile, made.csr(SERIAL))
    for _ in range(3):
        signing.follow_requests()
        answered(CommandState.TIMED_OUT)
        signing.follow_requests()
    row = SigningRequest.objects.get()
    assert (row.state, row.error) == ("failed", "not_delivered")
    sent = Command.objects.filter(action="CertificateSigned")
    assert sent.count() == 3 and len({one.payload["certificateChain"] for one in sent}) == 1
    assert Certificate.objects.get().installed_at is None


def test_a_pile_that_is_away_gets_it_when_it_is_back() -> None:
    pile = pile_with_serial()
    ask(pile, made.csr(SERIAL))
    Pile.objects.update(online=False)
    signing.follow_requests()
    assert not Command.objects.exists() and SigningRequest.objects.get().state == "signed"

    Pile.objects.update(online=True)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        signing.follow_requests()
    assert Command.objects.get().action == "CertificateSigned"


def test_a_refused_certificate_is_an_alarm_and_opens_no_door() -> None:
    pile = pile_with_serial()
    ask(pile, made.csr(SERIAL))
    signing.follow_requests()
    answered(CommandState.REJECTED, "Rejected")
    signing.follow_requests()
    assert SigningRequest.objects.get().state == "rejected" and certificate_of(pile) is None
    assert Alarm.objects.get(code="T08").info == "Rejected"


def test_a_chain_that_is_longer_than_the_pile_takes_is_not_sent() -> None:
    pile = pile_with_serial()
    make_row(ConfigurationKey, pile.tenant, pile=pile, key="CertificateSignedMaxChainSize", value="500")
    ask(pile, made.csr(SERIAL))
    signing.follow_requests()
    assert SigningRequest.objects.get().error == "chain_too_long"


def test_a_station_that_changes_hands_takes_the_certificates_along() -> None:
    pile = pile_with_serial()
    given(pile)
    buyer = make_tenant(Tenant.objects.get(pk=pile.tenant_id).parent.parent)
    transfer_station(pile.station, to=buyer, actor=ACTOR, reason="sold")
    assert Certificate.objects.get().tenant_id == buyer.pk


def test_an_authority_is_one_of_a_kind_sealed_and_public_only_in_part() -> None:
    manufacturer = make_tenant()
    rows = [authorities.create_authority(manufacturer, actor=ACTOR, key_type="EC") for _ in range(2)]
    row = CertificateAuthority.objects.get()
    assert [one.pk for one in rows] == [row.pk, row.pk]
    assert "PRIVATE" not in row.secrets and "PRIVATE KEY" in authorities.BOX.unseal(row.secrets)
    assert authority_roots() == row.certificate

    authorities.retire_authority(row, actor=ACTOR, reason="old")
    assert authorities.create_authority(manufacturer, actor=ACTOR, key_type="EC").pk != row.pk
    assert len(pki.certificates_in(authority_roots())) == 2  # what it signed stays valid
    with pytest.raises(Refused):
        authorities.create_authority(make_agency(), actor=ACTOR, key_type="EC")


@pytest.mark.statement(115)
def test_a_pile_is_asked_once_a_day_to_renew_within_the_last_month() -> None:
    pile = pile_with_serial()
    given(pile)
    assert certificates.renew_certificates() == 0
    Certificate.objects.update(not_after=clock.now() + timedelta(days=29))
    assert certificates.renew_certificates() == 1
    command = Command.objects.get(action="ExtendedTriggerMessage")
    assert command.payload == {"requestedMessage": "SignChargePointCertificate"}

    intake.keep_outcomes([outcome(command, CommandState.ACCEPTED, answer={"status": "Accepted"})])
    intake.keep_frames([Talk(pile).frame("SignCertificate")])
    command.refresh_from_db()
    assert command.state == "effect_seen"
    assert certificates.renew_certificates() == 0
    with clock.frozen(clock.now() + timedelta(hours=25)):
        assert certificates.renew_certificates() == 1


def test_roots_are_installed_read_and_deleted_by_what_the_pile_calls_them() -> None:
    pile = pile_with_serial()
    root = made.root().certificate
    command = certificates.install_root(
        pile, actor=ACTOR, certificate=root, use="CentralSystemRootCertificate"
    )
    assert command.payload == {"certificateType": "CentralSystemRootCertificate", "certificate": root}
    for text, use in (
        (root + root, "CentralSystemRootCertificate"),
        ("no", "CentralSystemRootCertificate"),
        (root, "Other"),
    ):
        with pytest.raises(Refused):
            certificates.install_root(pile, actor=ACTOR, certificate=text, use=use)
    identifier = pki.id_of(root, "SHA256")
    assert identifier is not None
    data = dict(zip(("issuerNameHash", "issuerKeyHash", "serialNumber"), identifier, strict=True))
    assert pki.id_from({**data, "serialNumber": "0" + data["serialNumber"].upper()}) == identifier
    command = certificates.delete_root(pile, actor=ACTOR, data={**data, "hashAlgorithm": "SHA256"})
    assert command.payload["certificateHashData"] == {**data, "hashAlgorithm": "SHA256"}
    assert pki.id_of(root, "MD5") is None


@pytest.mark.parametrize(
    ("given", "words", "tone"),
    [
        ({}, "In force", "charging"),
        ({"not_after": timedelta(days=9, hours=1)}, "Ends in 9 days", "waiting"),
        ({"not_after": timedelta(seconds=-1)}, "Expired", "fault"),
        ({"revoked_at": timedelta(days=-1)}, "Revoked", "fault"),
        ({"installed_at": None}, "Not taken", "plain"),
    ],
)
def test_a_certificate_says_how_far_it_may_be_relied_on(
    given: dict[str, timedelta | None], words: str, tone: str
) -> None:
    at = clock.now()
    usual = {"revoked_at": None, "not_after": at + timedelta(days=300), "installed_at": at}
    moved = {name: span if span is None else at + span for name, span in given.items()}

    found = standing_of(**usual | moved)  # type: ignore[arg-type]
    assert (str(found[0]), found[1]) == (words, tone)


def test_a_distinguished_name_is_read_by_its_common_name() -> None:
    assert name_words(r"CN=Qilin\, root,O=Qilin,C=CN") == "Qilin, root"
    assert name_words("O=Qilin") == "O=Qilin"
    assert str(CertificateAuthority(subject=r"CN=Qilin\, root,O=Qilin")) == "Qilin, root"
