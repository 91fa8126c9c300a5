"""The tree of tenants.

A tenant has exactly one of four levels and is always one level below its parent. Tree columns are
written by ``tenants.services`` alone, under one lock; never trust those of an instance in hand.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy
from mptt.managers import TreeManager
from mptt.models import MPTTModel, TreeForeignKey
from mptt.querysets import TreeQuerySet

from backoffice.kit.levels import Level
from backoffice.kit.reach import Scope
from backoffice.kit.scope import ScopedModel, ScopedQuerySet, ScopeError, current_scope
from tenants.states import TenantState


class TenantStatus(models.TextChoices):
    """``tenants.states`` in words."""

    DRAFT = TenantState.DRAFT.value, _("Draft")
    SUBMITTED = TenantState.SUBMITTED.value, _("To be reviewed")
    ACTIVE = TenantState.ACTIVE.value, _("Active")
    SUSPENDED = TenantState.SUSPENDED.value, _("Suspended")
    EXPIRED = TenantState.EXPIRED.value, pgettext_lazy("contract", "Expired")
    CLOSED = TenantState.CLOSED.value, _("Closed")


def _require_lifted_scope() -> None:
    # MPTT writes the columns of neighbours too, and with SQL that passes by the scope.
    if not current_scope().everything:
        raise ScopeError("the tree is written by tenants.services alone")


class TenantQuerySet(ScopedQuerySet["Tenant"], TreeQuerySet):
    """Scoped by the tenant's own key."""

    def delete(self) -> tuple[int, dict[str, int]]:
        _require_lifted_scope()
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class TenantManager(TreeManager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    """The tree's own SQL runs only where the scope is lifted."""

    def _get_connection(self, **hints: Any) -> Any:
        _require_lifted_scope()
        return super()._get_connection(**hints)


class Tenant(MPTTModel, ScopedModel):
    """One company in the chain. Empty ``timezone``, ``currency``, ``locale`` are inherited from the parent.

    A quota is how many of a kind the tenant and everything below it may have; None is no limit. ``logo`` is the
    name of a picture in the storage.
    """

    parent = TreeForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    level = models.CharField(_("level"), max_length=12, choices=Level)
    code = models.CharField(_("code"), max_length=24, unique=True)
    name = models.CharField(_("name"), max_length=120)
    status = models.CharField(_("status"), max_length=10, choices=TenantStatus, default=TenantStatus.ACTIVE)
    status_reason = models.CharField(_("reason"), max_length=300, blank=True)
    contact = models.CharField(_("contact"), max_length=120, blank=True)
    phone = models.CharField(pgettext_lazy("company", "phone"), max_length=20, blank=True)
    hotline = models.CharField(_("hotline for drivers"), max_length=30, blank=True)
    brand = models.CharField(_("brand on driver pages"), max_length=80, blank=True)
    logo = models.CharField(_("logo"), max_length=80, blank=True, default="", db_default="")
    region = models.CharField(_("region"), max_length=60, blank=True, default="", db_default="")
    licence_no = models.CharField(_("licence number"), max_length=60, blank=True, default="", db_default="")
    contract_no = models.CharField(_("contract number"), max_length=60, blank=True, default="", db_default="")
    contract_from = models.DateField(_("contract from"), null=True, blank=True)
    contract_to = models.DateField(_("contract to"), null=True, blank=True)
    quota_users = models.PositiveIntegerField(_("quota of staff"), null=True, blank=True)
    quota_stations = models.PositiveIntegerField(_("quota of stations"), null=True, blank=True)
    quota_terminals = models.PositiveIntegerField(_("quota of terminals"), null=True, blank=True)
    timezone = models.CharField(_("time zone"), max_length=40, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    locale = models.CharField(_("language"), max_length=12, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(_("created"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects: ClassVar[models.Manager[Tenant]] = TenantManager()  # type: ignore[assignment]

    class MPTTMeta:
        level_attr = "depth"
        order_insertion_by: ClassVar[list[str]] = []

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(level=Level.MANUFACTURER, parent__isnull=True)
                | (~models.Q(level=Level.MANUFACTURER) & models.Q(parent__isnull=False)),
                name="tenant_root_is_manufacturer",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def scope_filter(cls, scope: Scope, *, writing: bool) -> models.Q:
        return models.Q(pk__in=sorted((scope.whole if writing else scope.reads).owned))

    @classmethod
    def scope_columns(cls) -> frozenset[str]:
        return frozenset({"id", "pk", "parent", "parent_id", "level", "lft", "rght", "tree_id", "depth"})

    def in_scope(self) -> bool:
        return current_scope().admits(self.pk)

    def _as_it_may_be_updated(self, rows: Any) -> Any:
        if current_scope().everything:
            return rows
        loaded = {"parent_id", "level"} - self.get_deferred_fields()
        return rows.filter(**{column: getattr(self, column) for column in loaded})

    @property
    def display_brand(self) -> str:
        return self.brand or self.name
