"""Where the attempts to reach another tenant's row are played: two kinds of rows below four tenants.

The viewer is a dealer. A row called ``own`` is its own, ``below`` its operator's, ``beside`` its sibling's,
``above`` its manufacturer's. Each kind has a parent table, so that joins can be tried too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.db import models, transaction

from backoffice.kit import clock
from backoffice.kit.perms import Role
from backoffice.kit.reach import Scope
from backoffice.kit.scope import path_of_tenant, unscoped
from stations.models import Command, Pile, Station
from tenants.models import Membership, Tenant, User
from tenants.selectors import scope_of
from tests.factories.tenants import make_tenant, make_user

VISIBLE = ["below", "own"]
EVERYTHING = ["above", "below", "beside", "own"]


def master(tenant: Tenant, text: str, parent: Station) -> Pile:
    """A ``TenantOwned`` row, not saved."""
    return Pile(
        tenant=tenant,
        name=text,
        identity=f"{text}-{clock.now().timestamp()}",
        station=parent,
        created_at=clock.now(),
    )


def fact(tenant: Tenant, text: str, parent: Pile) -> Command:
    """A ``PathOwned`` row, not saved."""
    path = path_of_tenant(tenant.pk)
    return Command(
        **path.as_columns(),
        action=text,
        pile=parent,
        created_at=clock.now(),
        deadline=clock.now() + timedelta(seconds=30),
    )


@dataclass(frozen=True)
class Kind:
    """One of the two kinds of rows. ``owner`` is the column that a row may not change."""

    name: str
    model: type[models.Model]
    build: Callable[[Tenant, str, Any], Any]
    text: str
    parent: type[models.Model]
    parent_field: str
    children: str
    owner: str
    plain: type[models.Model]
    """A model of the same kind to which nothing points, so that Django deletes it without looking."""


KINDS = [
    Kind("master data", Pile, master, "name", Station, "station", "piles", "tenant", Membership),
    Kind("facts", Command, fact, "action", Pile, "pile", "commands", "dealer", Command),
]


@dataclass
class Stage:
    """What an attempt gets: the manager, the rows, and how to build more of them."""

    kind: Kind
    tenants: dict[str, Tenant]
    rows: dict[str, Any] = field(default_factory=dict)
    parents: dict[str, Any] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    foreign_keys: set[int] = field(default_factory=set)
    before: list[dict[str, Any]] = field(default_factory=list)

    @property
    def model(self) -> Any:
        return self.kind.model

    @property
    def objects(self) -> Any:
        return self.kind.model.objects  # type: ignore[attr-defined]

    def texts(self, rows: Any) -> list[str]:
        """What the rows are called, sorted."""
        return sorted(getattr(row, self.kind.text) for row in rows)

    def called(self, text: str) -> dict[str, str]:
        return {self.kind.text: text}

    def build(self, whose: str, text: str = "new") -> Any:
        """A row that is not saved, of one of the four tenants."""
        return self.kind.build(self.tenants[whose], text, self.parents[whose])

    def forged(self, whose: str) -> Any:
        """A row of ours, not saved, under the key of another's."""
        row = self.build("own", "forged")
        row.pk = self.rows[whose].pk
        return row

    def scope(self, whose: str = "own") -> AbstractContextManager[Scope]:
        return scope_of(self.tenants[whose].pk)

    def foreign(self) -> list[dict[str, Any]]:
        """Every column of every row that is not the viewer's."""
        with unscoped(reason="a test compares"):
            return list(self.objects.filter(pk__in=self.foreign_keys).order_by("pk").values())

    def count(self) -> int:
        with unscoped(reason="a test compares"):
            return int(self.objects.count())


def set_stage(kind: Kind) -> Stage:
    """Four tenants, and one row of the kind for each."""
    above = make_tenant()
    own, beside = make_tenant(above), make_tenant(above)
    stage = Stage(kind, {"above": above, "own": own, "beside": beside, "below": make_tenant(own)})
    user = make_user()
    with unscoped(reason="test data"):
        for name, tenant in stage.tenants.items():
            stage.parents[name] = _parent(kind, tenant, name)
            stage.rows[name] = stage.build(name, name)
            stage.rows[name].save()
            stage.plain[name] = _plain(stage, name, user)
    stage.foreign_keys = {stage.rows["beside"].pk, stage.rows["above"].pk}
    stage.before = stage.foreign()
    return stage


def _parent(kind: Kind, tenant: Tenant, name: str) -> Any:
    station = Station.objects.create(tenant=tenant, code=f"S-{tenant.pk}", name=name, created_at=clock.now())
    if kind.parent is Station:
        return station
    pile = master(tenant, name, station)
    pile.save()
    return pile


def _plain(stage: Stage, name: str, user: User) -> Any:
    if stage.kind.plain is stage.model:
        return stage.rows[name]
    return Membership.objects.create(
        tenant=stage.tenants[name], user=user, role=Role.OWNER, created_at=clock.now()
    )


@dataclass(frozen=True)
class Attempt:
    """A way to a row. ``wanted`` is what comes of it in the scope: a value or the name of an exception."""

    name: str
    run: Callable[[Stage], Any]
    wanted: Any
    without: Any


class Attempts(list[Attempt]):
    """Collects functions; each is one attempt."""

    def gives(self, wanted: Any, *, without: Any = "ScopeError") -> Callable[[Callable[[Stage], Any]], Any]:
        """What the attempt gives under the dealer's scope, and ``without`` any."""

        def collect(run: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
            self.append(Attempt(run.__name__, run, wanted, without))
            return run

        return collect


def outcome(attempt: Attempt, stage: Stage) -> Any:
    """The value, or the name of what was raised."""
    try:
        with transaction.atomic():
            return attempt.run(stage)
    except Exception as error:
        return type(error).__name__


def awaited(something: Awaitable[Any]) -> Any:
    """What a coroutine returns."""

    async def wait() -> Any:
        return await something

    return async_to_sync(wait)()
