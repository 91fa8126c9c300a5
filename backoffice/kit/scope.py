"""Tenant scope: a query on tenant data is filtered, or it does not run.

A ``Scope`` is what the current unit of work may touch. It is entered once, at the edge (middleware,
Celery task, driver session, management command), and read in one place, ``ScopedQuery``, which all
SQL for a scoped model passes through. No value means "everything": code that needs everything says
so with ``unscoped(reason=...)``.

A scope ends with its block, for threads and tasks that copied the context too, and inside a scope only
a narrower one can be entered. An edge starts with ``outside()``, so that it inherits nothing.

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
from dataclasses import replace
from typing import Any, ClassVar, Self, TypeVar, cast

from django.db import models
from django.db.models import sql
from django.db.models.constants import OnConflict
from django.db.models.query import QuerySet
from django.db.models.sql.where import AND

from backoffice.kit.among import Among
from backoffice.kit.hooks import Hook
from backoffice.kit.levels import Level, Path
from backoffice.kit.reach import Scope

M = TypeVar("M", bound=models.Model)

path_of_tenant: Hook[[int], Path] = Hook("path_of_tenant")
"""Answers the current path of a tenant id; provided by ``tenants``."""


class ScopeError(RuntimeError):
    """Tenant data was touched outside, or across, the active scope."""


class _Stay:
    """One stay in a scope. It is over when its block ends, whoever still holds a copy of the context."""

    __slots__ = ("over", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.over = False


_active: ContextVar[_Stay | None] = ContextVar("tenant_scope", default=None)


def current_scope() -> Scope:
    """The active scope. Raises ScopeError where none is, or where it has ended."""
    stay = _active.get()
    if stay is None:
        raise ScopeError("no tenant scope is active")
    if stay.over:
        raise ScopeError("the tenant scope has ended")
    return stay.scope


def owned_by_scope(scope: Scope) -> tuple[bool, list[int]]:
    """The two parameters of ``AND (%s OR tenant_id = ANY(%s))``: what plain SQL on ``TenantOwned`` rows must say."""
    return scope.everything, list(scope.reads.owned)


def scope_is_active() -> bool:
    """Whether ``current_scope`` would answer."""
    stay = _active.get()
    return stay is not None and not stay.over


@contextmanager
def _enter(scope: Scope) -> Iterator[Scope]:
    if scope_is_active() and not scope.everything and not current_scope().admits(scope.tenant_id):
        raise ScopeError("inside a scope only a narrower one can be entered")
    stay = _Stay(scope)
    token = _active.set(stay)
    try:
        yield scope
    finally:
        stay.over = True
        _active.reset(token)


@contextmanager
def outside() -> Iterator[None]:
    """Inherit no scope. An edge (a request, a task) begins with it and then enters its own."""
    token = _active.set(None)
    try:
        yield
    finally:
        _active.reset(token)


def scoped_to(
    tenant_id: int, level: Level, owned: Iterable[int], inherited: Iterable[int] = ()
) -> AbstractContextManager[Scope]:
    """Enter the scope of one tenant. ``owned`` includes the tenant itself."""
    return _enter(Scope(tenant_id, Level(level), frozenset(owned) | {tenant_id}, frozenset(inherited)))


def within(scope: Scope) -> AbstractContextManager[Scope]:
    """Enter a scope that was active before: the later steps of an answer that is streamed."""
    return _enter(scope)


def unscoped(*, reason: str) -> AbstractContextManager[Scope]:
    """Lift the filter. ``git grep 'unscoped('`` is the audit of who does."""
    if not reason.strip():
        raise ScopeError("unscoped() needs a reason")
    return _enter(Scope(None, None, frozenset(), everything=True, reason=reason))


def looked_at(rows: QuerySet[M]) -> QuerySet[M]:
    """The rows of the part that is looked at, also in a request that acts, which reads all of its scope else."""
    scope = current_scope()
    if scope.part is None or not scope.acting or getattr(rows.query, "whole", False):
        return rows
    kept: Any = rows.model
    return rows.filter(kept.scope_filter(replace(scope, acting=False), writing=False))


class ScopedQuery(sql.Query):
    """Adds the filter of its model's kind when SQL is about to be made, whatever built the query."""

    scope_bound = False
    whole = False
    """Read all of the scope, whatever part of it is looked at."""

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        if self.scope_bound or self.combinator or self._selects_nothing():
            return super().get_compiler(*args, **kwargs)
        return self.bound().get_compiler(*args, **kwargs)

    def chain(self, klass: type[sql.Query] | None = None) -> Any:
        # UPDATE and DELETE change class on the way; bind before ours is lost.
        if klass is not None and not self.scope_bound:
            return self.bound(writing=True).chain(klass)
        return super().chain(klass)

    def trim_start(self, names_with_path: Any) -> Any:
        # The inner half of an exclude() over a relation: a join in another spelling, no longer a
        # query on our model, whose filter would bring its table back as a cross product.
        self.scope_bound = True
        return super().trim_start(names_with_path)

    def bound(self, *, writing: bool = False) -> Self:
        """A copy with the filter of the active scope added."""
        scope = current_scope().widened() if self.whole else current_scope()
        query: Any = self.clone()
        query.scope_bound = True
        if not scope.everything:
            query.add_q(cast(Any, self.model).scope_filter(scope, writing=writing))
        return query  # type: ignore[no-any-return]

    def _selects_nothing(self) -> bool:
        return self.is_empty() and self.where.connector == AND and not self.where.negated


class ScopedQuerySet(QuerySet[M]):
    """The only queryset class of scoped models."""

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None) -> None:
        if query is not None and not isinstance(query, ScopedQuery):
            raise ScopeError("rows of a scoped model are not read through a query of another class")
        super().__init__(model, query or (ScopedQuery(model) if model else None), using, hints)
        if query is None and hints and "instance" in hints:
            cast(
                Any, self.query
            ).whole = True  # what a row refers to is read with it, also above the part looked at

    def __getstate__(self) -> dict[str, Any]:
        raise ScopeError("rows do not leave their scope in a pickle or a cache")

    def whole(self) -> Self:
        """The same rows, whatever part of the scope is looked at: what is somebody's own stays his."""
        rows = cast(Any, self)._chain()
        rows.query.whole = True
        return rows  # type: ignore[no-any-return]

    def writable(self) -> Self:
        """Those of the rows that may be written: without what ancestors hand down."""
        rows = cast(Any, self)._chain()
        if not rows.query.scope_bound:
            rows.query = rows.query.bound(writing=True)
        return rows  # type: ignore[no-any-return]

    def update(self, **kwargs: Any) -> int:
        if not current_scope().everything and cast(Any, self.model).scope_columns() & kwargs.keys():
            raise ScopeError("rows do not change owner through update()")
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        # Django selects the rows, then deletes by key: what may be read may be more than may be deleted.
        return super(ScopedQuerySet, self.writable()).delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows = list(objs)
        for row in rows:
            row.assert_in_scope()  # type: ignore[attr-defined]
        return super().bulk_create(rows, *args, **kwargs)

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        if not current_scope().everything:
            raise ScopeError("raw SQL cannot be scoped")
        return super().raw(*args, **kwargs)

    def extra(self, *args: Any, **kwargs: Any) -> Any:
        if not current_scope().everything:
            raise ScopeError("raw SQL cannot be scoped")
        return super().extra(*args, **kwargs)

    def _insert(self, objs: Sequence[M], fields: Any, **kwargs: Any) -> Any:
        # Every INSERT comes by here: save, save_base, bulk_create, fixtures.
        for row in objs:
            row.assert_in_scope()  # type: ignore[attr-defined]
        if kwargs.get("on_conflict") == OnConflict.UPDATE and not current_scope().everything:
            raise ScopeError("an upsert may rewrite a row outside the scope")
        return cast(Any, super())._insert(objs, fields, **kwargs)

    _insert.alters_data = True  # type: ignore[attr-defined]
    _insert.queryset_only = False  # type: ignore[attr-defined]

    def _raw_delete(self, using: str | None) -> int:
        # Django's fast delete swaps the query class without chain().
        return cast(Any, super(ScopedQuerySet, self.writable()))._raw_delete(using)  # type: ignore[no-any-return]


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
        # Django deletes by key alone, so what the instance says of its owner is checked with the table.
        self.assert_in_scope()
        stored = cast(Any, type(self)._base_manager.filter(pk=self.pk))
        if self.pk is not None and not stored.writable().exists():
            return 0, {}
        return super().delete(*args, **kwargs)

    def _do_update(self, base_qs: Any, *args: Any, **kwargs: Any) -> Any:
        # Every UPDATE of one row comes by here, save_base and fixtures included.
        self.assert_in_scope()
        return super()._do_update(self._as_it_may_be_updated(base_qs), *args, **kwargs)

    def _as_it_may_be_updated(self, rows: Any) -> Any:
        return rows


class TenantOwned(ScopedModel):
    """Master data: a row that belongs to one tenant, visible to it and to its ancestors."""

    tenant = models.ForeignKey("tenants.Tenant", models.PROTECT, related_name="+")

    class Meta(ScopedModel.Meta):
        abstract = True

    @classmethod
    def scope_filter(cls, scope: Scope, *, writing: bool) -> models.Q:
        reach = scope.whole if writing else scope.reads
        ids = reach.owned | reach.inherited if cls.handed_down and not writing else reach.owned
        return models.Q(Among(models.F("tenant_id"), ids))

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
        reach = scope.whole if writing else scope.reads
        if reach.level is None:
            raise ScopeError("a scope without a level cannot see facts")
        return models.Q(**{reach.level.column: reach.tenant_id})

    @classmethod
    def scope_columns(cls) -> frozenset[str]:
        return frozenset(level.value for level in Level) | {level.column for level in Level}

    def in_scope(self) -> bool:
        scope = current_scope()
        if scope.everything:
            return True
        return scope.level is not None and getattr(self, scope.level.column) == scope.tenant_id

    def assert_in_scope(self) -> None:
        super().assert_in_scope()
        if self._state.adding and not self.path.is_unbroken:
            raise ScopeError(f"the path of a new {self._meta.label} has a gap")

    def _as_it_may_be_updated(self, rows: Any) -> Any:
        # A fact keeps the path of its time: with another one, no row is found.
        if current_scope().everything:
            return rows
        loaded = {level.column for level in Level} - self.get_deferred_fields()
        return rows.filter(**{column: getattr(self, column) for column in loaded})

    @property
    def path(self) -> Path:
        return Path(self.manufacturer_id, self.dealer_id, self.operator_id, self.agency_id)


def path_indexes(prefix: str, *columns: str, where: models.Q | None = None) -> list[models.Index]:
    """One index per level, ``(<level>_id, *columns)``: page 1 costs the same for every tenant.

    ``prefix`` names them; they leave out the rows that have no ancestor of the level, and those that ``where`` does.
    """

    def kept(level: Level) -> models.Q | None:
        has_ancestor = models.Q(**{f"{level.value}__isnull": False}) if level.depth else None
        return has_ancestor if where is None else where if has_ancestor is None else where & has_ancestor

    return [
        models.Index(
            fields=[level.value, *columns], name=f"{prefix}_{level.value[:3]}", condition=kept(level)
        )
        for level in Level
    ]


def scoped_models(all_models: Sequence[type[models.Model]]) -> list[type[ScopedModel]]:
    """Those of the given models that are scoped."""
    return [model for model in all_models if issubclass(model, ScopedModel)]
