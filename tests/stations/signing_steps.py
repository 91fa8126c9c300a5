"""A pile that asks for a certificate, what it says to it, and what it shows at the door."""

from __future__ import annotations

from typing import Any

from cryptography import x509

from backoffice.kit import clock
from ocpp_gateway.tls import read_certificate
from ocpp_gateway.wire import (
    Admission,
    CertificateAnswer,
    CertificateAsked,
    ClientCertificate,
    CommandState,
    RefusalReason,
    Refused as TurnedAway,
)
from stations import intake
from stations.models import Certificate, Command, Pile
from stations.pki import KeyKind
from stations.selectors import certificate_of
from stations.services import signing
from tenants.models import Tenant
from tests.factories.stations import Talk, make_online_pile, make_station, outcome
from tests.factories.tenants import make_tenant
from tests.support import certificates as made

SERIAL = "SN-2024-001"


def pile_with_serial(**over: Any) -> Pile:
    """A pile that is online, in profile 3, whose operator is called as in the test certificates."""
    manufacturer = make_tenant()
    operator = make_tenant(make_tenant(manufacturer), name=made.OWNER)
    pile = make_online_pile(make_station(make_tenant(operator)), **{"serial": SERIAL} | over)
    Pile.objects.filter(pk=pile.pk).update(security_profile=3)
    return Pile.objects.get(pk=pile.pk)


def maker_of(pile: Pile) -> Tenant:
    """Whose authority signs for a pile."""
    return Tenant.objects.get(pk=Tenant.objects.get(pk=pile.tenant_id).get_root().pk)


def asked(pile: Pile, csr: str, **over: Any) -> CertificateAsked:
    fields = {"pile_id": pile.pk, "generation": 1, "message_id": "s1", "received_at": clock.now(), "csr": csr}
    return CertificateAsked(**fields | over)


def ask(pile: Pile, csr: str, **over: Any) -> str:
    [answer] = intake.ask_certificates([asked(pile, csr, **over)])
    assert isinstance(answer, CertificateAnswer)
    return answer.status


def answered(state: CommandState, status: str = "") -> Command:
    """What the pile says to the command that was sent last."""
    command = Command.objects.order_by("-pk")[0]
    intake.keep_outcomes([outcome(command, state, answer={"status": status} if status else {})])
    return command


def given(pile: Pile, kind: KeyKind = KeyKind.EC) -> Certificate:
    """A certificate that the pile asked for and took."""
    assert ask(pile, made.csr(SERIAL, kind=kind), message_id=f"s{kind}") == "Accepted"
    signing.follow_requests()
    answered(CommandState.ACCEPTED, "Accepted")
    signing.follow_requests()
    certificate = certificate_of(pile)
    assert certificate is not None
    return certificate


def shown(certificate: Certificate) -> ClientCertificate:
    found = x509.load_pem_x509_certificate(certificate.pem.encode())
    return read_certificate(found.public_bytes(made.serialization.Encoding.DER))


def knock(pile: Pile, certificate: ClientCertificate | None, **over: Any) -> Admission:
    return intake.admit(Talk(pile).hello(None, **{"security_profile": 3, "certificate": certificate} | over))


def reason(admission: Admission) -> RefusalReason:
    assert isinstance(admission, TurnedAway)
    return admission.reason
