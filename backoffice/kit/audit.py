"""The audit trail: one row for each change, with what it was before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Path
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import PathOwned, TenantOwned, path_of_tenant

SECRET_FIELDS = frozenset(
    {
        "password",
        "secrets",
        "key_hash",
        "key_salt",
        "next_key_hash",
        "next_key_salt",
        "token_hash",
        "code_hash",
    }
)
TREE_FIELDS = frozenset({"lft", "rght", "tree_id", "depth"})


def snapshot(row: models.Model) -> dict[str, Any]:
    """The row's own columns as JSON-able values, without secrets and what its model leaves untold."""
    left_out = left_out_of(type(row)) | TREE_FIELDS
    return {
        field.attname: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name not in left_out
    }


def left_out_of(model: type[models.Model]) -> frozenset[str]:
    """Names of the columns of which the trail says nothing.

    A model names its own in ``untold``: more people read the trail than may see them, or they tell nobody anything.
    """
    untold: frozenset[str] = getattr(model, "untold", frozenset())
    return SECRET_FIELDS | untold


def reference(row: models.Model) -> str:
    """``order:17``: how other rooms name a row without importing its room."""
    return f"{row._meta.model_name}:{row.pk}"


def record(
    actor: Actor,
    action: str,
    row: models.Model,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    path: Path | None = None,
) -> AuditEntry:
    """Write one entry; of ``before`` and ``after`` only what differs is kept."""
    entry = _entry(actor, action, Change(row, before, after), path or path_of(row), reason)
    entry.save()
    return entry


@dataclass(frozen=True, slots=True)
class Change:
    """One row of many that were changed at once."""

    row: models.Model
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record_all(actor: Actor, action: str, changes: Iterable[Change], *, reason: str = "") -> None:
    """Write one entry for each change, in a few statements; the rows belong to tenants or keep a path."""
    paths: dict[int, Path] = {}
    entries = []
    for change in changes:
        row = change.row
        if isinstance(row, TenantOwned):
            if row.tenant_id not in paths:
                paths[row.tenant_id] = path_of_tenant(row.tenant_id)
            path = paths[row.tenant_id]
        else:
            path = path_of(row)
        entries.append(_entry(actor, action, change, path, reason))
    AuditEntry.objects.bulk_create(entries, batch_size=1_000)


def _entry(actor: Actor, action: str, change: Change, path: Path, reason: str) -> AuditEntry:
    row, old, new = change.row, dict(change.before or {}), dict(change.after or {})
    same = {key for key in old.keys() & new.keys() if old[key] == new[key]}
    return AuditEntry(
        **path.as_columns(),
        at=clock.now(),
        actor_ref=actor.ref,
        actor_label=actor.label[:120],
        on_behalf=actor.on_behalf[:120],
        on_behalf_ref=actor.on_behalf_ref,
        ip=actor.ip,
        action=action,
        object_ref=reference(row)[:80],
        object_label=str(row)[:160],
        before={key: value for key, value in old.items() if key not in same},
        after={key: value for key, value in new.items() if key not in same},
        reason=reason[:500],
    )


def path_of(row: models.Model) -> Path:
    """The path of the tenant that owns the row, as of now."""
    if isinstance(row, PathOwned):
        return row.path
    if isinstance(row, TenantOwned):
        return path_of_tenant(row.tenant_id)
    return path_of_tenant(row.pk)
