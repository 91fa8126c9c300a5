"""What becomes of a pile's request for a certificate: signed by the worker, delivered, taken or refused.

Each request is a row that a sweep takes on from where it is, so a worker that dies between any two steps loses
nothing. When nobody can sign, the pile hears nothing and an operator does (white paper A02, A03).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import DatabaseError, transaction

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from ocpp_gateway.wire import CommandState
from stations import hooks, pki
from stations.models import Certificate, Pile, SigningRequest, SigningState
from stations.selectors.certificates import chain_limit
from stations.services import authorities
from stations.services.commands import Request, order_command
from stations.states import SIGNING, UNANSWERED

log = logging.getLogger(__name__)

ACTOR = timer("sign_certificates")
AT_ONCE = 200
RETRIES_AFTER_S = (60, 300, 900, 3600)
"""Seconds until signing is tried again; after the last it has failed for good."""

MOST_DELIVERIES = 3
DELIVERED_WITHIN = timedelta(days=2)
TIMEOUT_S = 60
_AGREED = frozenset({CommandState.ACCEPTED, CommandState.EFFECT_SEEN, CommandState.EFFECT_MISSING})
_SAID_NO = frozenset({CommandState.REJECTED, CommandState.ERROR})


def follow_requests() -> int:
    """Take every open request one step further. Returns how many moved."""
    moved = 0
    for state, step in _STEPS.items():
        due = SigningRequest.objects.filter(state=state, due_at__lte=clock.now()).order_by("due_at")
        for request_id in list(due.values_list("pk", flat=True)[:AT_ONCE]):
            moved += _take(request_id, state, step)
    return moved


def _take(request_id: int, state: str, step: Callable[[SigningRequest], None]) -> bool:
    """One step in a transaction of its own; one that fails holds up no other."""
    try:
        with transaction.atomic():
            row = locks.locked(SigningRequest.objects.filter(pk=request_id, state=state)).first()
            if row is None:
                return False
            step(row)
            return row.state != state
    except Exception:
        log.exception("request %s for a certificate was not dealt with", request_id)
        return False


def _sign(row: SigningRequest) -> None:
    try:
        with transaction.atomic():
            row.certificate = _issue(row, ACTOR)
    except DatabaseError:
        raise
    except Exception as error:  # whatever is wrong with the authority, an operator is to know
        log.exception("certificate for pile %s not signed", row.pile_id)
        _put_off(row, f"{type(error).__name__}: {error}"[:300])
        return
    row.state = move(SIGNING, row.state, SigningState.SIGNED)
    row.attempts, row.error, row.due_at = 0, "", clock.now()
    row.save(update_fields=["certificate", "state", "attempts", "error", "due_at"])


def _issue(row: SigningRequest, actor: Actor) -> Certificate:
    csr = pki.read_csr(row.csr)
    authority = authorities.authority_for(row.manufacturer_id, csr.kind, actor=actor)
    certificate = authorities.issue(csr, authority, Pile.objects.get(pk=row.pile_id), at=clock.now())
    audit.record(actor, "certificate.signed", certificate, after=audit.snapshot(certificate))
    return certificate


def _put_off(row: SigningRequest, error: str) -> None:
    """Signing failed: an operator is told at once, and it is tried again a few times."""
    row.attempts += 1
    row.error = error
    if row.attempts > len(RETRIES_AFTER_S):
        row.state, row.finished_at = move(SIGNING, row.state, SigningState.FAILED), clock.now()
    else:
        row.due_at = clock.now() + timedelta(seconds=RETRIES_AFTER_S[row.attempts - 1])
    row.save(update_fields=["attempts", "error", "state", "due_at", "finished_at"])
    hooks.signing_failed(row)


def _deliver(row: SigningRequest) -> None:
    certificate = row.certificate
    assert certificate is not None  # noqa: S101 — what is signed has one
    if clock.now() - row.received_at > DELIVERED_WITHIN:
        _conclude(row, SigningState.FAILED, "not_delivered")
        return
    if len(certificate.pem) > chain_limit(row.pile_id):
        _conclude(row, SigningState.FAILED, "chain_too_long")
        return
    request = Request(
        action="CertificateSigned",
        payload={"certificateChain": certificate.pem},
        about=f"signing:{row.pk}",
        terms={"timeout_s": TIMEOUT_S},
    )
    try:
        with transaction.atomic():
            row.command = order_command(Pile.objects.get(pk=row.pile_id), request, actor=ACTOR)
    except Refused:
        row.due_at = clock.now() + timedelta(seconds=30)  # it cannot be reached now
        row.save(update_fields=["due_at"])
        return
    row.state = move(SIGNING, row.state, SigningState.SENT)
    row.attempts += 1
    row.save(update_fields=["command", "state", "attempts"])


def _read_answer(row: SigningRequest) -> None:
    command = row.command
    assert command is not None  # noqa: S101 — what is sent has one
    state = CommandState(command.state)
    if state in UNANSWERED:
        return
    late = str(((command.late_answer or {}).get("answer") or {}).get("status", ""))
    if state in _AGREED or late == "Accepted":
        _conclude(row, SigningState.ACCEPTED, "")
        return
    if state in _SAID_NO:
        _conclude(row, SigningState.REJECTED, str(command.answer.get("status") or command.error))
    elif row.attempts >= MOST_DELIVERIES:
        _conclude(row, SigningState.FAILED, "not_delivered")
    else:
        # The same certificate once more does no harm (1.7 of the domain reference: safe).
        row.state, row.due_at = move(SIGNING, row.state, SigningState.SIGNED), clock.now()
        row.save(update_fields=["state", "due_at"])


def _conclude(row: SigningRequest, state: SigningState, error: str) -> None:
    row.state, row.error, row.finished_at = move(SIGNING, row.state, state), error[:300], clock.now()
    row.save(update_fields=["state", "error", "finished_at"])
    if state == SigningState.ACCEPTED:
        taken = Certificate.objects.filter(requests=row, installed_at__isnull=True)
        taken.update(installed_at=clock.now())
        hooks.signing_succeeded(row)
    else:
        hooks.signing_failed(row)


_STEPS: Mapping[str, Callable[[SigningRequest], None]] = {
    SigningState.ASKED: _sign,
    SigningState.SIGNED: _deliver,
    SigningState.SENT: _read_answer,
}
