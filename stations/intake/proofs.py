"""What a pile shows for itself: at the door, and as long as it is connected.

In security profile 3 it is a certificate. TLS has verified the chain; here it is asked whether it is the pile's own:
CN is its serial number, O the name of its operator, it is still valid, nobody revoked it, and one that an authority
of ours signed was signed for this very pile (OCPP 1.6 security white paper A00.FR.403-408, statement 114 of the checklist).
In profiles 1 and 2 it is a key, known by its salt. What was revoked or replaced since ends the connection too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from backoffice.kit import clock
from ocpp_gateway.wire import ClientCertificate, Hello, RefusalReason
from stations.intake.batch import sql, with_rows
from stations.selectors.certificates import cpo_name_of

_ISSUED = """
SELECT c.id, c.pile_id, c.revoked_at IS NOT NULL, c.used_at IS NOT NULL
FROM stations_certificate c WHERE c.fingerprint = %s
"""
_OURS = "SELECT EXISTS (SELECT 1 FROM stations_certificateauthority a WHERE a.subject = %s)"
_USED = (
    "UPDATE stations_certificate SET used_at = %s, installed_at = COALESCE(installed_at, %s) WHERE id = %s"
)


_UNPROVEN = """
WITH held AS (SELECT * FROM {rows}), found AS (
    SELECT held.id, CASE
        WHEN p.life = 'retired' THEN 'retired'
        WHEN held.profile <> p.security_profile AND held.profile IS DISTINCT FROM p.next_profile
            THEN 'wrong_profile'
        WHEN held.profile IN (1, 2) AND held.proof NOT IN (p.key_salt, p.next_key_salt) THEN 'wrong_credentials'
        WHEN held.profile = 3 AND held.proof <> '' AND c.pile_id IS DISTINCT FROM p.id THEN 'wrong_certificate'
        WHEN c.revoked_at IS NOT NULL THEN 'revoked_certificate'
    END AS reason
    FROM held JOIN stations_pile p ON p.id = held.id
    LEFT JOIN stations_certificate c ON held.profile = 3 AND c.fingerprint = held.proof
)
SELECT id, reason FROM found WHERE reason IS NOT NULL ORDER BY id
"""
_HELD = "id bigint, profile int, proof text"


class Proof(NamedTuple):
    """What let a pile in: the salt of its key, the fingerprint of a certificate of ours, "" for all else."""

    name: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What must be in the certificate of a pile. ``cpo_name`` is empty where it was never told one."""

    pile_id: int
    tenant_id: int
    serial: str
    cpo_name: str


def unproven(held: Mapping[int, tuple[int, str]]) -> dict[int, RefusalReason]:
    """Which of the connected piles would not be let in again with the profile and proof they came with, and why."""
    rows = [(pile_id, profile, proof) for pile_id, (profile, proof) in sorted(held.items())]
    with sql() as cursor:
        found = with_rows(cursor, _UNPROVEN, _HELD, rows)
    return {pile_id: RefusalReason(reason) for pile_id, reason in found}


def prove(hello: Hello, claimed: Claimed) -> Proof | RefusalReason:
    """That the certificate opens the door for this pile, or why it does not."""
    shown = hello.certificate
    if shown is None or not claimed.serial or shown.common_name != claimed.serial:
        return RefusalReason.WRONG_CERTIFICATE
    if shown.not_before is None or shown.not_after is None:
        return RefusalReason.WRONG_CERTIFICATE
    if not shown.not_before <= hello.at <= shown.not_after:
        return RefusalReason.EXPIRED_CERTIFICATE
    if (claimed.cpo_name or cpo_name_of(claimed.tenant_id)) not in shown.organizations:
        return RefusalReason.WRONG_CERTIFICATE
    return _prove_ours(shown, claimed)


def _prove_ours(shown: ClientCertificate, claimed: Claimed) -> Proof | RefusalReason:
    with sql() as cursor:
        cursor.execute(_ISSUED, [shown.fingerprint])
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_OURS, [shown.issuer])
            [(in_our_name,)] = cursor.fetchall()
            trusted = settings.OCPP_CLIENT_CA and not in_our_name
            return Proof("", shown.not_after) if trusted else RefusalReason.WRONG_CERTIFICATE
        certificate_id, pile_id, is_revoked, is_used = row
        if pile_id != claimed.pile_id:
            return RefusalReason.WRONG_CERTIFICATE
        if is_revoked:
            return RefusalReason.REVOKED_CERTIFICATE
        if not is_used:
            cursor.execute(_USED, [clock.now(), clock.now(), certificate_id])
    return Proof(shown.fingerprint, shown.not_after)
