"""Who terminals prove to be: the manufacturer's authorities, and certificates in each state that one can be in."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backoffice.demo_data.companies import SHOWN, email_of
from backoffice.demo_data.line import in_line
from backoffice.demo_data.masters import Masters
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role
from backoffice.kit.scope import path_of_tenant
from stations import pki
from stations.models import Certificate, CertificateAuthority, Pile, SigningRequest, SigningState
from stations.services import authorities, certificates
from tenants.models import Tenant, User
from tenants.selectors import lineage

MAKER = SHOWN[0]
AGES = (0, 20, 345, 130, 410)
"""Days since each was signed. The first is on its way, the third ends soon, the fourth is revoked, the last has ended."""

REVOKED = 3
KNOWN_AFTER = timedelta(minutes=3)


def tell(masters: Masters) -> None:
    """A root for each kind of key, and certificates of some of the terminals that stand where the shown logins look."""
    maker = masters.tenants[MAKER]
    engineer = _engineer()
    with clock.frozen(masters.now - timedelta(days=430)):
        root = authorities.create_authority(maker, actor=engineer, key_type="EC")
    with clock.frozen(masters.now - timedelta(days=60)):
        authorities.create_authority(maker, actor=engineer, key_type="RSA")
    for number, (pile, days) in enumerate(zip(in_line(len(AGES)), AGES, strict=True)):
        at = masters.now - timedelta(days=days, minutes=11)
        with clock.frozen(at):
            row = _sign(pile, root, at, is_taken=days > 0)
        if number == REVOKED:
            with clock.frozen(masters.now - timedelta(days=2)):
                certificates.revoke_certificate(
                    row, actor=engineer, reason="Controller was replaced 更换主控板"
                )


def _sign(pile: Pile, root: CertificateAuthority, at: datetime, *, is_taken: bool) -> Certificate:
    operator = next(one for one in lineage(pile.tenant_id) if one.level is Level.OPERATOR)
    organization = Tenant.objects.get(pk=operator.id).name[: pki.LONGEST_NAME]
    names = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, pile.serial))
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    csr = pki.Csr(pki.KeyKind.EC, pile.serial, organization, subject, key)
    row = authorities.issue(csr, root, pile, at=at)
    if is_taken:
        row.installed_at = at + KNOWN_AFTER
        row.save(update_fields=["installed_at"])
    SigningRequest.objects.create(
        **path_of_tenant(pile.tenant_id).as_columns(),
        pile=pile,
        message_id=sha256(row.pem.encode()).hexdigest()[:32],
        received_at=at,
        csr="",
        state=SigningState.ACCEPTED if is_taken else SigningState.REJECTED,
        error="" if is_taken else "Rejected",
        attempts=1,
        due_at=at,
        certificate=row,
        finished_at=at + KNOWN_AFTER,
    )
    return row


def _engineer() -> Actor:
    user = User.objects.get(email=email_of(Role.ENGINEER, MAKER))
    return Actor(f"staff:{user.pk}", user.name)
