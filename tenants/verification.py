"""Is the tree right, and does every row lie where the scope looks for it?

The scope trusts three things: the tree's columns agree with the parent pointers, what a row refers to
stands on its own tenant or above it (joins are not filtered), and a fact's path names tenants of the
right levels. Services keep them true; here they are read off the data. Runs under a lifted scope.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from django.apps import apps
from django.db import models
from django.db.models import Count, F, Min, Q, QuerySet

from backoffice.kit.levels import Level, Path
from backoffice.kit.scope import PathOwned, TenantOwned
from tenants.models import Tenant
from tenants.obstacles import LeftBehind
from tenants.selectors import subtree_ids


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that is wrong. ``row`` reads ``stations.Pile 17``."""

    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.row}: {self.what}"


class Node(NamedTuple):
    """A tenant as the tree stores it."""

    id: int
    parent_id: int | None
    level: str
    tree_id: int
    lft: int
    rght: int
    depth: int


@dataclass(frozen=True, slots=True)
class Stray:
    """A row of ``owner`` that refers by ``key`` to a row of ``other``, who does not stand above."""

    row: models.Model
    key: models.ForeignKey[Any, Any]
    owner: str
    other: str

    def fault(self) -> Fault:
        target = getattr(self.row, self.key.attname)
        return Fault(
            f"{self.row._meta.label} {self.row.pk}",
            f"of {self.owner} refers to {self.key.name} {target} of {self.other}, who does not stand above",
        )


def tenancy_faults() -> Iterator[Fault]:
    """Everything that is wrong with the tree, with master data and with facts."""
    yield from tree_faults(Node(*row) for row in Tenant.objects.order_by("pk").values_list(*Node._fields))
    for model in apps.get_models():
        if issubclass(model, TenantOwned):
            yield from (stray.fault() for stray in strays(model))
        elif issubclass(model, PathOwned):
            yield from broken_paths(model)


def tree_faults(nodes: Iterable[Node]) -> Iterator[Fault]:
    """Where the columns of the tree and the parent pointers disagree."""
    by_id = {node.id: node for node in nodes}
    roots = Counter(node.tree_id for node in by_id.values() if node.parent_id is None)
    for node in by_id.values():
        for what in _wrong_place(node, by_id.get(node.parent_id) if node.parent_id else None):
            yield _tenant_fault(node.id, what)
        if node.parent_id is None and roots[node.tree_id] > 1:
            yield _tenant_fault(node.id, f"another root stands in its tree {node.tree_id} too")
    trees: dict[int, list[Node]] = {}
    for node in by_id.values():
        trees.setdefault(node.tree_id, []).append(node)
    for tree in trees.values():
        yield from _bound_faults(tree)


def _wrong_place(node: Node, parent: Node | None) -> Iterator[str]:
    level = Level(node.level)
    if node.depth != level.depth:
        yield f"its depth is {node.depth}, that of level {level.value} is {level.depth}"
    if parent is None:
        if node.parent_id is not None:
            yield f"its parent {node.parent_id} does not exist"
        elif level is not Level.MANUFACTURER:
            yield f"it has no parent and its level is {level.value}"
        return
    if Level(parent.level).below != level:
        yield f"its level is {level.value}, its parent's is {parent.level}"
    if node.tree_id != parent.tree_id:
        yield f"it is in tree {node.tree_id}, its parent in {parent.tree_id}"
    elif not parent.lft < node.lft < node.rght < parent.rght:
        yield f"its bounds {node.lft}–{node.rght} are not inside its parent's {parent.lft}–{parent.rght}"


def _bound_faults(tree: list[Node]) -> Iterator[Fault]:
    """Each of the numbers 1 … 2n is the bound of one node, and no two nodes overlap."""
    bounds = Counter(bound for node in tree for bound in (node.lft, node.rght))
    wanted = range(1, 2 * len(tree) + 1)
    open_ends: list[Node] = []
    for node in sorted(tree, key=lambda node: node.lft):
        if node.lft not in wanted or node.rght not in wanted:
            yield _tenant_fault(node.id, f"its bounds {node.lft}–{node.rght} leave gaps in 1–{wanted[-1]}")
        if bounds[node.lft] > 1 or bounds[node.rght] > 1:
            yield _tenant_fault(node.id, f"another tenant has a bound of its {node.lft}–{node.rght} too")
        while open_ends and open_ends[-1].rght < node.lft:
            open_ends.pop()
        if open_ends and open_ends[-1].rght < node.rght:
            yield _tenant_fault(node.id, f"its bounds overlap with those of tenant {open_ends[-1].id}")
        if (open_ends[-1].id if open_ends else None) != node.parent_id:
            yield _tenant_fault(node.id, "by its bounds it stands below another tenant than its parent")
        open_ends.append(node)


def strays(model: type[TenantOwned]) -> Iterator[Stray]:
    """Rows that refer to a row whose tenant is neither theirs nor above it."""
    for key, found in _astray(model, model.objects.order_by("pk")):
        for row in found.select_related("tenant", f"{key.name}__tenant"):
            yield Stray(row, key, row.tenant.name, getattr(row, key.name).tenant.name)


def left_behind(tenant: Tenant) -> Iterator[LeftBehind]:
    """The same below one tenant, those together that refer to the same row."""
    below = subtree_ids(tenant.pk)
    for model in apps.get_models():
        if not issubclass(model, TenantOwned):
            continue
        for key, found in _astray(model, model.objects.filter(tenant_id__in=below)):
            groups = found.order_by(key.attname).values_list(key.attname)
            for target_id, count, first in groups.annotate(count=Count("pk"), first=Min("pk")):
                target: Any = cast(Any, key.related_model).objects.select_related("tenant").get(pk=target_id)
                example = model.objects.get(pk=first)
                yield LeftBehind(tenant, key, target, target.tenant.name, count, example)


def _astray(
    model: type[TenantOwned], rows: QuerySet[Any]
) -> Iterator[tuple[models.ForeignKey[Any, Any], QuerySet[Any]]]:
    """For each key of a model, the rows whose other end stands neither at their tenant nor above it."""
    for key in model._meta.concrete_fields:
        if not isinstance(key, models.ForeignKey) or not issubclass(
            cast(Any, key.related_model), TenantOwned
        ):
            continue
        above = Q(
            **{
                f"{key.name}__tenant__tree_id": F("tenant__tree_id"),
                f"{key.name}__tenant__lft__lte": F("tenant__lft"),
                f"{key.name}__tenant__rght__gte": F("tenant__rght"),
            }
        )
        yield key, rows.filter(**{f"{key.name}__isnull": False}).exclude(above)


def broken_paths(model: type[PathOwned]) -> Iterator[Fault]:
    """Facts whose path has a gap, or names a tenant that does not exist or has another level."""
    levels = dict(Tenant.objects.values_list("pk", "level"))
    columns = [level.column for level in Level]
    for row in model.objects.order_by().values(*columns).annotate(first=Min("pk")):
        path = Path(*(row[column] for column in columns))
        for what in _wrong_path(path, levels):
            yield Fault(f"{model._meta.label} {row['first']}", f"its path {path.as_row()} {what}")


def _wrong_path(path: Path, levels: dict[int, str]) -> Iterator[str]:
    if not path.is_unbroken:
        yield "has a gap"
    for level in Level:
        tenant = getattr(path, level.column)
        if tenant is not None and levels.get(tenant) != level:
            yield f"names {tenant} as {level.value}, which is {levels.get(tenant, 'no tenant')}"


def _tenant_fault(pk: int, what: str) -> Fault:
    return Fault(f"{Tenant._meta.label} {pk}", what)
