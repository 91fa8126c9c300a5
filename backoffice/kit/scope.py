"""Tenant scope: a query on tenant data is filtered, or it does not run.

A ``Scope`` is what the current unit of work may touch. It is entered once, at the edge (middleware,
Celery task, driver session, management command), and read in one place, ``ScopedQuery``, which all
SQL for a scoped model passes through. No value means "everything": code that needs everything says
so with ``unscoped(reason=...)``.

Two kinds of rows are scoped. ``TenantOwned`` master data has one ``tenant``. ``PathOwned`` facts keep
the path of their time in four columns. Both add their filter when SQL is about to be made, so a
queryset written at import time runs under the scope of the request that uses it, or not at all.

Joins are not filtered: a child's tenant lies in its parent's subtree, which services assert and
``manage.py check_tenancy`` audits. This module knows ids; who may touch which is decided in ``tenants``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar, cast

from django.db import models
from django.db.models import sql
from django.db.models.query import QuerySet

from backoffice.kit.hooks import Hook
from backoffice.kit.levels import Level, Path

M = TypeVar("M", bound=models.Model)

path_of_tenant: Hook[[int], Path] = Hook("path_of_tenant")
"""Answers the current path of a tenant id; provided by ``tenants``."""


class ScopeError(RuntimeError):
    """Tenant data was touched outside, or across, the active scope."""


@dataclass(frozen=True, slots=True)
class Scope:
    """``owned``: the tenant and everything below it. ``inherited``: its ancestors, read only."""

    tenant_id: int | None
    level: Level | None
    owned: frozenset[int]
    inherited: frozenset[int] = frozenset()
    everything: bool = False
    reason: str = ""

    def admits(self, tenant_id: int | None) -> bool:
        """May a row of this tenant be written?"""
        return self.everything or tenant_id in self.owned


_active: ContextVar[Scope | None] = ContextVar("tenant_scope", default=None)


def current_scope() -> Scope:
    """The active scope. Raises ScopeError where none is."""
    scope = _active.get()
    if scope is None:
        raise ScopeError("no tenant scope is active")
    return scope


def scope_is_active() -> bool:
    return _active.get() is not None


@contextmanager
def _enter(scope: Scope) -> Iterator[Scope]:
    token = _active.set(scope)
    try:
        yield scope
    finally:
        _active.reset(token)


def scoped_to(
    tenant_id: int, level: Level, owned: Iterable[int], inherited: Iterable[int] = ()
) -> AbstractContextManager[Scope]:
    """Enter the scope of one tenant. ``owned`` includes the tenant itself."""
    return _enter(Scope(tenant_id, Level(level), frozenset(owned) | {tenant_id}, frozenset(inherited)))


def unscoped(*, reason: str) -> AbstractContextManager[Scope]:
    """Lift the filter. ``git grep 'unscoped('`` is the audit of who does."""
    if not reason:
        raise ScopeError("unscoped() needs a reason")
    return _enter(Scope(None, None, frozenset(), everything=True, reason=reason))


class ScopedQuery(sql.Query):
    """Adds the filter of its model's kind when SQL is about to be made, whatever built the query."""

    scope_bound = False

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        if self.scope_bound or self.combinator or self.is_empty():
            return super().get_compiler(*args, **kwargs)
        return self.bound().get_compiler(*args, **kwargs)

    def chain(self, klass: type[sql.Query] | None = None) -> Any:
        # UPDATE and DELETE change class on the way; bind before ours is lost.
        if klass is not None and not self.scope_bound:
            return self.bound(writing=True).chain(klass)
        return super().chain(klass)

    def bound(self, *, writing: bool = False) -> Self:
        """A copy with the filter of the active scope added."""
        scope = current_scope()
        query: Any = self.clone()
        query.scope_bound = True
        if not scope.everything:
            query.add_q(cast(Any, self.model).scope_filter(scope, writing=writing))
        return query  # type: ignore[no-any-return]


class ScopedQuerySet(QuerySet[M]):
    """The only queryset class of scoped models."""

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None) -> None:
        super().__init__(model, query or (ScopedQuery(model) if model else None), using, hints)

    def update(self, **kwargs: Any) -> int:
        if not current_scope().everything and cast(Any, self.model).scope_columns() & kwargs.keys():
            raise ScopeError("rows do not change owner through update()")
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        # Django selects the rows, then deletes by key: what may be read may be more than may be deleted.
        bound = cast(Any, self)._chain()
        if not bound.query.scope_bound:
            bound.query = bound.query.bound(writing=True)
        return super(ScopedQuerySet, bound).delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows = list(objs)
        for row in rows:
            row.assert_in_scope()  # type: ignore[attr-defined]
        if kwargs.get("update_conflicts") and not current_scope().everything:
            raise ScopeError("an upsert may rewrite a row outside the scope")
        return super().bulk_create(rows, *args, **kwargs)

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        if not current_scope().everything:
            raise ScopeError("raw SQL cannot be scoped")
        return super().raw(*args, **kwargs)

    def _raw_delete(self, using: str | None) -> int:
        # Django's fast delete swaps the query class without chain().
        query = cast(ScopedQuery, self.query)
        if not query.scope_bound:
            self.query = query.bound(writing=True)
        return super()._raw_delete(using)


class ScopedModel(models.Model):
    """What both kinds of scoped rows share: every way to a row or into the table passes the scope."""

    handed_down: ClassVar[bool] = False
    """True: descendants may read the row too (tariffs, models, templates), and never write it."""

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"  # foreign keys and refresh_from_db are scoped too

    @classmethod
    def scope_filter(cls, scope: Scope, *, writing: bool) -> models.Q:
        """The filter of an active scope on this kind of row."""
        raise TypeError(f"{cls.__name__} is neither TenantOwned nor PathOwned")

    @classmethod
    def scope_columns(cls) -> frozenset[str]:
        """Names that may not be set by ``update()``."""
        raise TypeError(f"{cls.__name__} is neither TenantOwned nor PathOwned")

    def in_scope(self) -> bool:
        """May this row be written under the active scope?"""
        raise TypeError(f"{type(self).__name__} is neither TenantOwned nor PathOwned")

    def assert_in_scope(self) -> None:
        """Raises ScopeError when the row lies outside."""
        if not self.in_scope():
            raise ScopeError(f"{self._meta.label} {self.pk} lies outside the scope")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.assert_in_scope()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.assert_in_scope()
        return super().delete(*args, **kwargs)


class TenantOwned(ScopedModel):
    """Master data: a row that belongs to one tenant, visible to it and to its ancestors."""

    tenant = models.ForeignKey("tenants.Tenant", models.PROTECT, related_name="+")

    class Meta(ScopedModel.Meta):
        abstract = True

    @classmethod
    def scope_filter(cls, scope: Scope, *, writing: bool) -> models.Q:
        ids = scope.owned
        if cls.handed_down and not writing:
            ids = ids | scope.inherited
        return models.Q(tenant_id__in=sorted(ids))

    @classmethod
    def scope_columns(cls) -> frozenset[str]:
        return frozenset({"tenant", "tenant_id"})

    def in_scope(self) -> bool:
        return current_scope().admits(self.tenant_id)


def _ancestor() -> models.ForeignKey[Any, Any]:
    # No database constraint: facts outnumber tenants a million to one, tenants are never deleted,
    # and check_tenancy audits the columns. The index of each level is declared with its sort key.
    return models.ForeignKey(
        "tenants.Tenant",
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        null=True,
        blank=True,
    )


class PathOwned(ScopedModel):
    """A fact: it keeps the path of its time, and each level sees it through a column of its own."""

    manufacturer = models.ForeignKey(
        "tenants.Tenant", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    dealer = _ancestor()
    operator = _ancestor()
    agency = _ancestor()

    class Meta(ScopedModel.Meta):
        abstract = True

    @classmethod
    def scope_filter(cls, scope: Scope, *, writing: bool) -> models.Q:
        if scope.level is None:
            raise ScopeError("a scope without a level cannot see facts")
        return models.Q(**{scope.level.column: scope.tenant_id})

    @classmethod
    def scope_columns(cls) -> frozenset[str]:
        return frozenset(level.value for level in Level) | {level.column for level in Level}

    def in_scope(self) -> bool:
        scope = current_scope()
        if scope.everything:
            return True
        return scope.level is not None and getattr(self, scope.level.column) == scope.tenant_id

    @property
    def path(self) -> Path:
        return Path(self.manufacturer_id, self.dealer_id, self.operator_id, self.agency_id)


def path_indexes(prefix: str, *columns: str) -> list[models.Index]:
    """One index per level, ``(<level>_id, *columns)``: page 1 costs the same for every tenant.

    ``prefix`` names them; they leave out the rows that have no ancestor of the level.
    """
    return [
        models.Index(
            fields=[level.value, *columns],
            name=f"{prefix}_{level.value[:3]}",
            condition=models.Q(**{f"{level.value}__isnull": False}) if level.depth else None,
        )
        for level in Level
    ]


def scoped_models(all_models: Sequence[type[models.Model]]) -> list[type[ScopedModel]]:
    """Those of the given models that are scoped."""
    return [model for model in all_models if issubclass(model, ScopedModel)]
