"""SignCertificate: whether a request is signed is said at once, signing it is the worker's (white paper A02, A03).

What is accepted is a row before the pile hears of it. A pile that asks again and again is refused, whatever it sends,
and without another row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ocpp_gateway.wire import CertificateAnswer, CertificateAsked
from stations import pki
from stations.models import Pile, SigningRequest, SigningState
from stations.selectors.certificates import cpo_name_of, is_serial_shared, serial_of
from stations.selectors.places import PilePlace, places

MOST_IN_AN_HOUR = 6
SHARED = "shared_serial"
_HOUR = timedelta(hours=1)


def ask_certificates(facts: Sequence[CertificateAsked]) -> list[CertificateAnswer]:
    """Answer each request, in order. One that was kept before is answered as it was."""
    place_of = places(fact.pile_id for fact in facts)
    return [CertificateAnswer(status=_answer(fact, place_of.get(fact.pile_id))) for fact in facts]


def _answer(fact: CertificateAsked, place: PilePlace | None) -> str:
    if place is None:
        return "Rejected"
    known = SigningRequest.objects.filter(
        pile=fact.pile_id, received_at=fact.received_at, message_id=fact.message_id
    ).first()
    if known is None and _asks_too_often(fact):
        return "Rejected"
    known = known or _keep(fact, place)
    return "Rejected" if known.state == SigningState.DECLINED else "Accepted"


def _keep(fact: CertificateAsked, place: PilePlace) -> SigningRequest:
    objection = _objection(fact)
    return SigningRequest.objects.create(
        **place.path.as_columns(),
        pile_id=fact.pile_id,
        message_id=fact.message_id[:64],
        received_at=fact.received_at,
        due_at=fact.received_at,
        csr=fact.csr[: pki.LONGEST_CSR],
        state=SigningState.DECLINED if objection else SigningState.ASKED,
        error=objection,
        finished_at=fact.received_at if objection else None,
    )


def _asks_too_often(fact: CertificateAsked) -> bool:
    recent = SigningRequest.objects.filter(pile=fact.pile_id, received_at__gt=fact.received_at - _HOUR)
    return recent.count() >= MOST_IN_AN_HOUR


def _objection(fact: CertificateAsked) -> str:
    """Why it is not signed, as one word of ``pki.Objection`` or ``SHARED``; empty where it is."""
    pile = Pile.objects.get(pk=fact.pile_id)
    serial, name = serial_of(pile), pile.cpo_name or cpo_name_of(pile.tenant_id)
    try:
        pki.check_subject(pki.read_csr(fact.csr), serial=serial, organization=name)
    except pki.BadRequest as bad:
        return bad.objection.value
    return SHARED if is_serial_shared(pile, serial) else ""
