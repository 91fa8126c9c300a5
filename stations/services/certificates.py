"""What staff and timers do with the certificates of a pile: renew, revoke, and the roots that it trusts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from stations import dispatch, pki
from stations.models import Certificate, Command, Pile, SigningRequest
from stations.models.certificates import SIGNING_OPEN
from stations.selectors.certificates import ROOT_USES, authorities, expiring_certificates, soon
from stations.services.commands import Request, order_command

log = logging.getLogger(__name__)

SIGN_TRIGGER = "SignChargePointCertificate"
ASKED_AGAIN_AFTER = timedelta(hours=24)
TIMEOUT_S = 60
AT_ONCE = 200


def ask_to_renew(pile: Pile, *, actor: Actor, reason: str = "", about: str = "") -> Command:
    """Have a pile make a key and ask for a certificate (white paper A02). Raises Refused as a command does, or ``running``."""
    if SigningRequest.objects.filter(SIGNING_OPEN, pile=pile).exists():
        raise Refused(_("A certificate is on its way to this terminal already."), code="running")
    request = Request(
        action="ExtendedTriggerMessage",
        payload={"requestedMessage": SIGN_TRIGGER},
        reason=reason,
        about=about,
        terms={"effect_within_s": 120},  # making a key takes a small pile its time
    )
    return order_command(pile, request, actor=actor)


@transaction.atomic
def revoke_certificate(certificate: Certificate, *, actor: Actor, reason: str) -> Certificate:
    """It opens the door no more, and whoever came in with it is shown out. The second time changes nothing."""
    row = locks.locked(Certificate.objects.filter(pk=certificate.pk)).get()
    if row.revoked_at is not None:
        return row
    before = audit.snapshot(row)
    row.revoked_at, row.revoked_by, row.revoke_reason = clock.now(), actor.label[:120], reason[:300]
    row.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    audit.record(actor, "certificate.revoked", row, before=before, after=audit.snapshot(row), reason=reason)
    dispatch.doubt(row.pile.gateway, row.pile_id)
    return row


def roots_of_authorities() -> list[str]:
    """Of our own, each as PEM: a pile may have been given one."""
    with unscoped(reason="the certificate of an authority is public"):
        return list(authorities().values_list("certificate", flat=True))


def read_installed(pile: Pile, *, actor: Actor, use: str, reason: str = "", about: str = "") -> Command:
    """Ask which roots a pile has installed for one use (white paper M03)."""
    payload = {"certificateType": _use(use)}
    return order_command(
        pile, _about_roots("GetInstalledCertificateIds", payload, reason, about), actor=actor
    )


def install_root(
    pile: Pile, *, actor: Actor, certificate: str, use: str, reason: str = "", about: str = ""
) -> Command:
    """Have a pile trust a root (white paper M05). Raises Refused as ``check_root`` and as a command does."""
    only = check_root(certificate, use=use)
    payload = {"certificateType": use, "certificate": only}
    return order_command(pile, _about_roots("InstallCertificate", payload, reason, about), actor=actor)


def check_root(certificate: str, *, use: str) -> str:
    """A root out of what somebody typed, as the one PEM that it is. Raises Refused: ``use``, ``certificate``."""
    _use(use)
    try:
        [only] = pki.certificates_in(certificate)
    except (ValueError, pki.BadCertificate):
        raise Refused(
            _("This is not one certificate as PEM."), code="certificate", field="certificate"
        ) from None
    if len(only) > pki.LONGEST_ROOT:
        raise Refused(
            _("This certificate is too long for a terminal."), code="certificate", field="certificate"
        )
    return only


def delete_root(
    pile: Pile, *, actor: Actor, data: Mapping[str, object], reason: str = "", about: str = ""
) -> Command:
    """Have a pile forget a root, named as it named it itself (white paper M04)."""
    names = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
    payload = {"certificateHashData": {name: str(data.get(name, "")) for name in names}}
    return order_command(pile, _about_roots("DeleteCertificate", payload, reason, about), actor=actor)


def renew_certificates() -> int:
    """Ask the piles whose certificate ends within a month to renew it, once a day (white paper A03)."""
    asked = 0
    for certificate in expiring_certificates(soon()).filter(pile__online=True)[:AT_ONCE]:
        since = clock.now() - ASKED_AGAIN_AFTER
        lately = Command.objects.filter(
            pile=certificate.pile_id,
            action="ExtendedTriggerMessage",
            payload__requestedMessage=SIGN_TRIGGER,
            created_at__gt=since,
        )
        if lately.exists():
            continue
        try:
            ask_to_renew(certificate.pile, actor=timer("renew_certificates"), reason="certificate ends soon")
            asked += 1
        except Refused as refused:
            log.info("pile %s is not asked to renew: %s", certificate.pile_id, refused.code)
    return asked


def _use(use: str) -> str:
    if use not in ROOT_USES:
        raise Refused(_("There is no such use of a root."), code="use", field="use")
    return use


def _about_roots(action: str, payload: Mapping[str, object], reason: str = "", about: str = "") -> Request:
    return Request(action=action, payload=payload, reason=reason, about=about, terms={"timeout_s": TIMEOUT_S})
