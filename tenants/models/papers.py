"""What is kept about a tenant beside its profile: whom to reach for what, and its papers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import TenantOwned


class Contact(TenantOwned):
    """Somebody to reach at a tenant. He need not work in the backoffice."""

    name = models.CharField(pgettext_lazy("person", "name"), max_length=80)
    duty = models.CharField(_("responsible for"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("email"), blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return self.name


class PaperKind(models.TextChoices):
    LICENCE = "licence", _("Business licence")
    CONTRACT = "contract", _("Contract")
    IDENTITY = "identity", _("Proof of identity")
    OTHER = "other", _("Other paper")


class Paper(TenantOwned):
    """A file about a tenant: a PDF or a picture, as its bytes say. ``stored`` is its name in the storage."""

    kind = models.CharField(_("kind"), max_length=10, choices=PaperKind)
    name = models.CharField(_("file"), max_length=120)
    note = models.CharField(_("note"), max_length=200, blank=True)
    stored = models.CharField(max_length=80)
    media_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.CharField(_("uploaded by"), max_length=120)
    created_at = models.DateTimeField(_("uploaded"))

    class Meta(TenantOwned.Meta):
        verbose_name = pgettext_lazy("of a tenant", "file")
        verbose_name_plural = pgettext_lazy("of a tenant", "files")

    def __str__(self) -> str:
        return self.name
