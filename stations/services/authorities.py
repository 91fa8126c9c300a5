"""The authorities that sign certificates of piles: a root for each manufacturer and kind of key.

A key of an authority rests sealed, is opened only to sign, and leaves this module as nothing but signatures.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import token_hex

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.sealing import Box
from stations import pki
from stations.models import Certificate, CertificateAuthority, KeyType, Pile
from tenants.models import Tenant

BOX = Box("stations.certificate-authority")
LAST_SIGNING = timedelta(days=pki.PILE_DAYS)
"""Nothing is signed that would outlive its authority."""


class NoAuthority(Exception):
    """Nobody can sign; the text says why, for an operator."""


@transaction.atomic
def create_authority(owner: Tenant, *, actor: Actor, key_type: str) -> CertificateAuthority:
    """A root of a manufacturer for keys of one kind; the one that there is already, if it can still sign.

    Raises Refused: ``level``.
    """
    if owner.level != Level.MANUFACTURER:
        raise Refused(_("A manufacturer signs for the terminals below it."), code="level")
    locks.hold(f"stations.authority:{owner.pk}")
    known = _active(owner.pk, key_type)
    if known is not None:
        return known
    at = clock.now()
    made = pki.make_authority(
        f"{owner.name[:40]} piles {key_type} {token_hex(3)}",
        organization=owner.name,
        kind=pki.KeyKind(key_type),
        at=at,
    )
    facts = pki.facts_of(made.certificate)
    row = CertificateAuthority.objects.create(
        tenant=owner,
        key_type=key_type,
        subject=facts.subject[:300],
        certificate=made.certificate,
        secrets=BOX.seal(made.key),
        fingerprint=facts.fingerprint,
        not_after=facts.not_after,
        created_at=at,
    )
    audit.record(actor, "authority.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def retire_authority(row: CertificateAuthority, *, actor: Actor, reason: str) -> CertificateAuthority:
    """Sign nothing with it any more; what it signed stays valid until it ends or is revoked."""
    found = locks.locked(CertificateAuthority.objects.filter(pk=row.pk)).get()
    if found.retired_at is None:
        before = audit.snapshot(found)
        found.retired_at = clock.now()
        found.save(update_fields=["retired_at"])
        audit.record(
            actor, "authority.retired", found, before=before, after=audit.snapshot(found), reason=reason
        )
    return found


def authority_for(manufacturer_id: int, key_type: str, *, actor: Actor) -> CertificateAuthority:
    """The one that signs for this manufacturer, made when it is first needed. Raises NoAuthority."""
    known = _active(manufacturer_id, key_type)
    if known is None:
        known = create_authority(
            Tenant.objects.get(pk=manufacturer_id), actor=actor, key_type=KeyType(key_type)
        )
    if known.not_after < clock.now() + LAST_SIGNING:
        raise NoAuthority("the authority ends soon: retire it")
    return known


def sign(csr: pki.Csr, by: CertificateAuthority, *, at: datetime) -> str:
    """A certificate as PEM. Raises SealBroken where the key cannot be opened any more, and what cryptography raises."""
    return pki.issue(csr, pki.Authority(by.certificate, BOX.unseal(by.secrets)), at=at)


def issue(csr: pki.Csr, by: CertificateAuthority, pile: Pile, *, at: datetime) -> Certificate:
    """A certificate of a terminal, signed and kept. Raises what ``sign`` raises."""
    pem = sign(csr, by, at=at)
    facts = pki.facts_of(pem)
    return Certificate.objects.create(
        tenant_id=pile.tenant_id,
        pile=pile,
        authority=by,
        common_name=facts.common_name,
        organization=facts.organization,
        subject=facts.subject[:600],
        key_type=facts.kind,
        serial_number=facts.serial_number,
        fingerprint=facts.fingerprint,
        pem=pem,
        not_before=facts.not_before,
        not_after=facts.not_after,
        created_at=at,
    )


def _active(manufacturer_id: int, key_type: str) -> CertificateAuthority | None:
    return CertificateAuthority.objects.filter(
        tenant=manufacturer_id, key_type=key_type, retired_at__isnull=True
    ).first()
