"""What a pile shows for itself at the door: a certificate, in security profile 3.

TLS has verified the chain. Here it is asked whether it is the pile's own: CN is its serial number, O the
name of its operator, it is still valid, nobody revoked it, and one that an authority of ours signed was
signed for this very pile (OCPP 1.6 security white paper A00.FR.403-408, statement 114 of the checklist).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from backoffice.kit import clock
from ocpp_gateway.wire import ClientCertificate, Hello, RefusalReason
from stations.intake.batch import sql
from stations.selectors.certificates import cpo_name_of

_ISSUED = """
SELECT c.id, c.pile_id, c.revoked_at IS NOT NULL, c.used_at IS NOT NULL
FROM stations_certificate c WHERE c.fingerprint = %s
"""
_OURS = "SELECT EXISTS (SELECT 1 FROM stations_certificateauthority a WHERE a.subject = %s)"
_USED = (
    "UPDATE stations_certificate SET used_at = %s, installed_at = COALESCE(installed_at, %s) WHERE id = %s"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What must be in the certificate of a pile. ``cpo_name`` is empty where it was never told one."""

    pile_id: int
    tenant_id: int
    serial: str
    cpo_name: str


def objection_to(hello: Hello, claimed: Claimed) -> RefusalReason | None:
    """Why the certificate does not open the door for this pile; None when it does."""
    shown = hello.certificate
    if shown is None or not claimed.serial or shown.common_name != claimed.serial:
        return RefusalReason.WRONG_CERTIFICATE
    if shown.not_before is None or shown.not_after is None:
        return RefusalReason.WRONG_CERTIFICATE
    if not shown.not_before <= hello.at <= shown.not_after:
        return RefusalReason.EXPIRED_CERTIFICATE
    if (claimed.cpo_name or cpo_name_of(claimed.tenant_id)) not in shown.organizations:
        return RefusalReason.WRONG_CERTIFICATE
    return _objection_of_ours(shown, claimed)


def _objection_of_ours(shown: ClientCertificate, claimed: Claimed) -> RefusalReason | None:
    with sql() as cursor:
        cursor.execute(_ISSUED, [shown.fingerprint])
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_OURS, [shown.issuer])
            [(in_our_name,)] = cursor.fetchall()
            trusted = settings.OCPP_CLIENT_CA and not in_our_name
            return None if trusted else RefusalReason.WRONG_CERTIFICATE
        certificate_id, pile_id, is_revoked, is_used = row
        if pile_id != claimed.pile_id:
            return RefusalReason.WRONG_CERTIFICATE
        if is_revoked:
            return RefusalReason.REVOKED_CERTIFICATE
        if not is_used:
            cursor.execute(_USED, [clock.now(), clock.now(), certificate_id])
    return None
