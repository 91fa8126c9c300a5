"""Reads about the tree. Ranges and ancestors are read from the database in one statement, never from an instance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from backoffice.kit import clock
from backoffice.kit.levels import Level, Path
from backoffice.kit.reach import Part, Scope
from backoffice.kit.scope import current_scope, unscoped, within
from backoffice.kit.statements import execute
from tenants.models import Tenant, TenantStatus
from tenants.states import SETTING_UP, TenantState

DEFAULT_TIMEZONE = "UTC"
DEFAULT_CURRENCY = "CNY"
DEFAULT_LOCALE = "en"


_STANDINGS = """
SELECT a.id, b.id, c.id, d.id, a.status, b.status, c.status, d.status,
    a.timezone, b.timezone, c.timezone, d.timezone, a.currency, b.currency, c.currency, d.currency,
    a.locale, b.locale, c.locale, d.locale
FROM tenants_tenant a LEFT JOIN tenants_tenant b ON b.id = a.parent_id
    LEFT JOIN tenants_tenant c ON c.id = b.parent_id LEFT JOIN tenants_tenant d ON d.id = c.parent_id
WHERE a.id = ANY(%s)
"""
"""A tenant, its parent, and so on up to the root: the tree has four levels."""


_LINEAGE = """
SELECT up.id, up.level, up.code, up.name, up.brand, up.logo, up.hotline, up.status, up.timezone, up.currency,
    up.locale, up.settings::text
FROM tenants_tenant this JOIN tenants_tenant up
    ON up.tree_id = this.tree_id AND up.lft <= this.lft AND up.rght >= this.rght
WHERE this.id = %s ORDER BY up.lft
"""

_SUBTREE = """
SELECT below.id FROM tenants_tenant this JOIN tenants_tenant below
    ON below.tree_id = this.tree_id AND below.lft BETWEEN this.lft AND this.rght
WHERE this.id = %s
"""
"""Both are asked before every page, and plain SQL: they cost less than Django takes to write them. A scope is made
from the tree and ancestors are named to their descendants, so nobody's scope narrows them.
"""


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A tenant on the way from the root to somebody: enough for a breadcrumb and for inheritance."""

    id: int
    level: Level
    code: str
    name: str
    brand: str
    logo: str
    hotline: str
    status: TenantStatus
    timezone: str
    currency: str
    locale: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Locality:
    """Time zone (IANA), currency (ISO 4217) and language that a tenant inherits or sets itself."""

    timezone: str
    currency: str
    locale: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a tenant stands: its chain, what it inherits, and whether the whole chain is active."""

    path: Path
    locality: Locality
    active: bool


def lineage(tenant_id: int) -> list[Ancestor]:
    """The chain from the root down to the tenant itself. Raises Tenant.DoesNotExist."""
    with connection.cursor() as cursor:
        execute(cursor, _LINEAGE, [tenant_id])
        chain = [_ancestor(row) for row in cursor.fetchall()]
    if not chain:
        raise Tenant.DoesNotExist(tenant_id)
    return chain


def _ancestor(row: tuple[Any, ...]) -> Ancestor:
    """A row of ``_LINEAGE``."""
    pk, level, code, name, brand, logo, hotline, status, zone, currency, locale, settings = row
    return Ancestor(
        id=pk,
        level=Level(level),
        code=code,
        name=name,
        brand=brand or name,
        logo=logo,
        hotline=hotline,
        status=TenantStatus(status),
        timezone=zone,
        currency=currency,
        locale=locale,
        settings=json.loads(settings),
    )


def path_of(tenant_id: int) -> Path:
    """The ids of the chain. Raises Tenant.DoesNotExist."""
    return Path.of([ancestor.id for ancestor in lineage(tenant_id)])


def locality_of(tenant_id: int) -> Locality:
    """What the tenant sets itself, else what the nearest ancestor sets, else the house's default."""
    return locality_in(lineage(tenant_id))


def locality_in(lineage: list[Ancestor]) -> Locality:
    """The same for the last of a chain that is known."""
    chain = list(reversed(lineage))
    return Locality(
        timezone=next((a.timezone for a in chain if a.timezone), DEFAULT_TIMEZONE),
        currency=next((a.currency for a in chain if a.currency), DEFAULT_CURRENCY),
        locale=next((a.locale for a in chain if a.locale), DEFAULT_LOCALE),
    )


def zone_at(path: str) -> Subquery:
    """The time zone that the tenant at this path of a row sets or inherits, as a column of the row."""
    up = ("timezone", "parent__timezone", "parent__parent__timezone", "parent__parent__parent__timezone")
    zone = Coalesce(*(NullIf(one, Value("")) for one in up), Value(DEFAULT_TIMEZONE))
    return Subquery(Tenant.objects.filter(pk=OuterRef(path)).order_by().values_list(zone))


def today_at(tenant_id: int) -> date:
    """Which day it is where the tenant is."""
    return clock.now().astimezone(ZoneInfo(locality_of(tenant_id).timezone)).date()


def standings(tenant_ids: Iterable[int]) -> dict[int, Standing]:
    """Of many tenants at once, in one query. Ids that do not exist are left out.

    Plain SQL, because the intake asks for each of its batches; nobody's scope matters, facts keep the path of
    their owner whoever writes them.
    """
    with connection.cursor() as cursor:
        execute(cursor, _STANDINGS, [list(set(tenant_ids))])
        rows = cursor.fetchall()
    return {row[0]: _standing(row) for row in rows}


@lru_cache(maxsize=10_000)
def _standing(row: tuple[Any, ...]) -> Standing:
    """What a row of ``_STANDINGS`` says; a row that says the same is nearly always one that was seen before."""
    ids, statuses, zones, currencies, locales = (row[start : start + 4] for start in range(0, 20, 4))
    return Standing(
        path=Path.of([i for i in reversed(ids) if i is not None]),
        locality=Locality(
            timezone=next(filter(None, zones), DEFAULT_TIMEZONE),
            currency=next(filter(None, currencies), DEFAULT_CURRENCY),
            locale=next(filter(None, locales), DEFAULT_LOCALE),
        ),
        active=all(status in {None, TenantStatus.ACTIVE} for status in statuses),
    )


def subtree_ids(tenant_id: int) -> list[int]:
    """The tenant and everything below it."""
    with connection.cursor() as cursor:
        execute(cursor, _SUBTREE, [tenant_id])
        return [row[0] for row in cursor.fetchall()]


def scope_of(tenant_id: int) -> AbstractContextManager[Scope]:
    """Enter the scope of a tenant: itself and everything below. Raises Tenant.DoesNotExist."""
    return within(scope_in(lineage(tenant_id)))


def scope_in(lineage: list[Ancestor]) -> Scope:
    """The scope of the last of a chain that is known, to be entered with ``within``."""
    *above, own = lineage
    return Scope(
        own.id, own.level, frozenset(subtree_ids(own.id)), frozenset(ancestor.id for ancestor in above)
    )


def part_in(lineage: list[Ancestor]) -> Part:
    """The last of a chain with everything below it, to be looked at alone."""
    *above, own = lineage
    handing_down = frozenset(ancestor.id for ancestor in above)
    return Part(own.id, own.level, frozenset(subtree_ids(own.id)), handing_down, own.name)


def stopped_by(tenant_id: int) -> Ancestor | None:
    """The topmost tenant of the chain that is not active, if any: it stops everything below it."""
    return stopped_in(lineage(tenant_id))


def stopped_in(lineage: list[Ancestor]) -> Ancestor | None:
    """The same for the last of a chain that is known."""
    return next((a for a in lineage if a.status is not TenantStatus.ACTIVE), None)


def shut_in(lineage: list[Ancestor]) -> Ancestor | None:
    """Who keeps the staff of the last of a chain outside, if anybody does. A tenant that is being set up lets its own
    staff in: they see to its papers.
    """
    stopped = stopped_in(lineage)
    if stopped is lineage[-1] and TenantState(stopped.status) in SETTING_UP:
        return None
    return stopped


def tenant_names(ids: Iterable[int]) -> dict[int, str]:
    """Names by id, for columns that show the chain of a row the viewer may already see."""
    with unscoped(reason="ancestors are named to their descendants"):
        return dict(Tenant.objects.filter(pk__in=set(ids)).values_list("pk", "name"))


def tenants() -> QuerySet[Tenant]:
    """The tenants of the active scope, in tree order."""
    return Tenant.objects.order_by("tree_id", "lft")


def tenants_to_look_at(words: str) -> QuerySet[Tenant]:
    """Those of the scope below its own tenant whose name or code has these words, the upper levels first.

    The whole scope, whatever part of it is looked at: from one part the way leads to another.
    """
    whole: QuerySet[Tenant] = cast(Any, Tenant.objects).whole()
    rows = whole.exclude(pk=current_scope().tenant_id or 0)
    return rows.filter(Q(name__icontains=words) | Q(code__icontains=words)).order_by("depth", "name", "pk")


def tenants_by_name() -> QuerySet[Tenant]:
    """The same, to choose from."""
    return Tenant.objects.order_by("name", "pk")


def children_of(tenant_id: int) -> QuerySet[Tenant]:
    """The tenants directly below one of the scope, by name."""
    return Tenant.objects.filter(parent_id=tenant_id).order_by("name", "pk")


def possible_parents(tenant: Tenant) -> QuerySet[Tenant]:
    """Under whom a tenant could be moved: active tenants of the scope with the level of its parent."""
    if tenant.parent_id is None:
        return Tenant.objects.none()
    above = list(Level)[Level(tenant.level).depth - 1]
    fitting = Tenant.objects.filter(level=above, status=TenantStatus.ACTIVE)
    return fitting.exclude(pk=tenant.parent_id).order_by("name", "pk")


def tenant_by_code(code: str) -> Tenant:
    """Raises Tenant.DoesNotExist."""
    return Tenant.objects.get(code=code)


def stopped_tenants(ids: Iterable[int]) -> set[int]:
    """Those of the ids that are not active themselves or through an ancestor, in one query."""
    return {tenant_id for tenant_id, standing in standings(ids).items() if not standing.active}
