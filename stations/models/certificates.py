"""Who signs the certificates of piles, what was signed, and what is asked for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes
from stations.certificate_words import name_words
from stations.models.devices import Pile
from stations.models.traffic import Command


class KeyType(models.TextChoices):
    """Values match ``stations.pki.KeyKind``."""

    RSA = "RSA", "RSA"
    EC = "EC", "ECDSA"


class CertificateAuthority(TenantOwned):
    """A root of a manufacturer. Its key rests sealed; the certificate is public."""

    key_type = models.CharField(pgettext_lazy("certificate", "key"), max_length=3, choices=KeyType)
    subject = models.CharField(_("name"), max_length=300)
    certificate = models.TextField()
    secrets = models.TextField()
    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True)
    not_after = models.DateTimeField(_("valid until"))
    created_at = models.DateTimeField(_("created"))
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("certificate authority")
        verbose_name_plural = _("certificate authorities")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "key_type"],
                condition=models.Q(retired_at__isnull=True),
                name="authority_one_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return name_words(self.subject)


class Certificate(TenantOwned):
    """What an authority of ours signed for a pile; it follows the pile. Numbers are hexadecimal digits.

    ``installed_at``: the pile took it. ``used_at``: it signed in with it for the first time.
    """

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="certificates", verbose_name=_("terminal"))
    authority = models.ForeignKey(
        CertificateAuthority, models.PROTECT, related_name="certificates", verbose_name=_("signed by")
    )
    common_name = models.CharField(_("serial of the terminal"), max_length=64)
    organization = models.CharField(_("operator in it"), max_length=64)
    subject = models.CharField(_("subject"), max_length=600)
    key_type = models.CharField(pgettext_lazy("certificate", "key"), max_length=3, choices=KeyType)
    serial_number = models.CharField(_("serial number"), max_length=40)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True)
    pem = models.TextField()
    not_before = models.DateTimeField(_("valid from"))
    not_after = models.DateTimeField(_("valid until"))
    created_at = models.DateTimeField(pgettext_lazy("certificate", "signed"))
    installed_at = models.DateTimeField(_("taken by the terminal"), null=True, blank=True)
    used_at = models.DateTimeField(_("first used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.CharField(_("revoked by"), max_length=120, blank=True)
    revoke_reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("certificate of a terminal")
        verbose_name_plural = _("certificates of terminals")
        indexes = [
            models.Index(fields=["pile", "-not_after"], name="certificate_pile"),
            models.Index(
                fields=["not_after"],
                condition=models.Q(installed_at__isnull=False, revoked_at__isnull=True),
                name="certificate_expires",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.common_name} {self.serial_number}"


class SigningState(models.TextChoices):
    ASKED = "asked", _("To be signed")
    SIGNED = "signed", _("Signed, not delivered yet")
    SENT = "sent", _("Sent to the terminal")
    ACCEPTED = "accepted", _("Taken by the terminal")
    DECLINED = "declined", pgettext_lazy("certificate", "Not signed")
    REJECTED = "rejected", _("Refused by the terminal")
    FAILED = "failed", _("Failed")


SIGNING_OPEN = models.Q(state__in=[SigningState.ASKED, SigningState.SIGNED, SigningState.SENT])


class SigningRequest(PathOwned):
    """A pile asked for a certificate (white paper A02, A03). What is open is found by a sweep, whatever died.

    ``error``: why it was declined, or what went wrong last. ``attempts`` at signing or delivering, in the
    state it is in; ``due_at``: not before.
    """

    pile = models.ForeignKey(Pile, models.PROTECT, related_name="signings", verbose_name=_("terminal"))
    message_id = models.CharField(max_length=64)
    received_at = models.DateTimeField(_("asked"))
    csr = models.TextField()
    state = models.CharField(_("state"), max_length=10, choices=SigningState, default=SigningState.ASKED)
    error = models.CharField(_("error"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    certificate = models.ForeignKey(
        Certificate, models.PROTECT, null=True, blank=True, related_name="requests"
    )
    command = models.ForeignKey(Command, models.PROTECT, null=True, blank=True, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("request for a certificate")
        verbose_name_plural = _("requests for certificates")
        indexes = [
            *path_indexes("signing", "-received_at", "-id"),
            models.Index(fields=["pile", "-received_at"], name="signing_pile"),
            models.Index(fields=["due_at"], condition=SIGNING_OPEN, name="signing_open"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["pile", "received_at", "message_id"], name="signing_once"),
        ]

    def __str__(self) -> str:
        return f"SignCertificate {self.message_id}"
