"""Roles that a tenant defines for its own staff, beside the built-in ones."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import TenantOwned


class CustomRole(TenantOwned):
    """A choice of permissions with a name.

    ``permissions`` are values of permissions; those that the tenant's level does not have, or that are gone,
    give nothing. ``code`` names the role in addresses of filters.
    """

    code = models.CharField(max_length=12, unique=True, editable=False)
    name = models.CharField(pgettext_lazy("role", "name"), max_length=60)
    description = models.CharField(_("description"), max_length=300, blank=True)
    permissions = ArrayField(models.CharField(max_length=60), default=list, verbose_name=_("permissions"))
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [models.UniqueConstraint("tenant", Lower("name"), name="role_name_once_per_tenant")]

    def __str__(self) -> str:
        return self.name
