"""Security profile 3 at the door: whose certificate opens it, and for whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from django.conf import LazySettings

from backoffice.kit import clock
from ocpp_gateway.tls import read_certificate
from ocpp_gateway.wire import (
    Admitted,
    RefusalReason,
)
from stations import intake
from stations.models import Certificate, Pile
from stations.pki import KeyKind
from stations.selectors import certificate_of
from stations.services import certificates, devices
from tests.factories.stations import ACTOR, Talk, make_online_pile
from tests.stations.signing_steps import (
    SERIAL,
    given,
    knock,
    pile_with_serial,
    reason,
    shown,
)
from tests.support import certificates as made

pytestmark = pytest.mark.usefixtures("everything")


@pytest.mark.statement(114)
def test_the_door_opens_for_the_pile_that_it_was_signed_for_and_for_no_other() -> None:
    pile = pile_with_serial()
    proof = shown(given(pile))
    assert isinstance(knock(pile, proof), Admitted)
    assert Certificate.objects.get().used_at is not None

    neighbour = make_online_pile(pile.station, serial="SN-2")
    Pile.objects.filter(pk=neighbour.pk).update(security_profile=3)
    assert reason(knock(neighbour, proof)) is RefusalReason.WRONG_CERTIFICATE
    Pile.objects.filter(pk=neighbour.pk).update(serial=SERIAL)  # somebody gave it the same serial
    assert reason(knock(neighbour, proof)) is RefusalReason.WRONG_CERTIFICATE


@pytest.mark.statement(114)
@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"common_name": "SN-OTHER"}, RefusalReason.WRONG_CERTIFICATE),
        ({"organizations": ("Somebody else",)}, RefusalReason.WRONG_CERTIFICATE),
        ({"organizations": ()}, RefusalReason.WRONG_CERTIFICATE),
        ({"fingerprint": "0" * 64}, RefusalReason.WRONG_CERTIFICATE),
        ({"not_after": None}, RefusalReason.WRONG_CERTIFICATE),
        ({"not_after": clock.parse("2020-01-01T00:00:00Z")}, RefusalReason.EXPIRED_CERTIFICATE),
        ({"not_before": clock.parse("2099-01-01T00:00:00Z")}, RefusalReason.EXPIRED_CERTIFICATE),
    ],
)
def test_a_certificate_that_is_not_as_it_must_be_opens_nothing(
    over: dict[str, Any], why: RefusalReason, settings: LazySettings
) -> None:
    pile = pile_with_serial()
    proof = replace(shown(given(pile)), **over)
    settings.OCPP_CLIENT_CA = "trusted.pem"  # nor where others are trusted: it says that ours signed it
    assert reason(knock(pile, proof)) is why
    assert Certificate.objects.get().used_at is None


@pytest.mark.statement(114)
def test_without_a_certificate_nobody_comes_in_not_even_with_the_password() -> None:
    pile = pile_with_serial()
    key = devices.replace_key(pile, actor=ACTOR)
    Pile.objects.filter(pk=pile.pk).update(security_profile=3)
    assert reason(knock(pile, None)) is RefusalReason.WRONG_CERTIFICATE
    said = intake.admit(Talk(pile).hello(key, security_profile=3))
    assert reason(said) is RefusalReason.WRONG_CERTIFICATE


@pytest.mark.statement(13, 114)
def test_a_good_certificate_opens_no_other_port() -> None:
    pile = pile_with_serial()
    proof = shown(given(pile))
    for profile in (0, 1, 2):
        assert reason(knock(pile, proof, security_profile=profile)) is RefusalReason.WRONG_PROFILE


@pytest.mark.statement(114)
def test_a_revoked_certificate_opens_nothing_any_more() -> None:
    pile = pile_with_serial()
    certificate = given(pile)
    certificates.revoke_certificate(certificate, actor=ACTOR, reason="board stolen")
    first = Certificate.objects.get().revoked_at
    certificates.revoke_certificate(certificate, actor=ACTOR, reason="again")

    assert reason(knock(pile, shown(certificate))) is RefusalReason.REVOKED_CERTIFICATE
    row = Certificate.objects.get()
    assert (row.revoked_at, row.revoke_reason) == (first, "board stolen")
    assert certificate_of(pile) is None


@pytest.mark.statement(114)
def test_a_certificate_of_others_counts_only_where_they_are_trusted(settings: LazySettings) -> None:
    pile = pile_with_serial()
    text = made.certificate(SERIAL, by=made.root(KeyKind.EC, "Maker"))
    foreign = read_certificate(
        x509.load_pem_x509_certificate(text.encode()).public_bytes(made.serialization.Encoding.DER)
    )
    assert reason(knock(pile, foreign)) is RefusalReason.WRONG_CERTIFICATE
    settings.OCPP_CLIENT_CA = "trusted.pem"
    assert isinstance(knock(pile, foreign), Admitted)
