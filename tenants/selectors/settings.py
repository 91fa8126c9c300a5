"""What is set for a tenant, from the top of its chain down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from backoffice.kit.scope import unscoped
from tenants.models import Tenant, User
from tenants.rules import G, InForce, Retention, Security, in_force, stored
from tenants.selectors.people import memberships_of
from tenants.selectors.tree import Ancestor, lineage


def house_retention() -> Retention:
    """What holds where no tenant says anything: the environment's figures."""
    return Retention(
        frames_days=settings.FRAMES_KEPT_DAYS,
        history_days=settings.PILE_HISTORY_KEPT_DAYS,
        samples_days=settings.SAMPLES_KEPT_DAYS,
        files_days=settings.UPLOADS_KEPT_DAYS,
    )


def house_of(group: type[G]) -> G | None:
    """The house's own values of a group, where they come from the environment."""
    return house_retention() if group is Retention else None  # type: ignore[return-value]


def set_in(group: type[G], chain: Sequence[Ancestor]) -> InForce[G]:
    """What is in force for the last of a chain that is known."""
    return in_force(group, [one.settings for one in chain], house_of(group))


def set_for(group: type[G], tenant_id: int) -> InForce[G]:
    """What is in force for a tenant. Raises Tenant.DoesNotExist."""
    return set_in(group, lineage(tenant_id))


def security_of_user(user: User) -> Security:
    """The strictest of what holds wherever the user works today."""
    layers: list[Mapping[str, Any]] = []
    for membership in memberships_of(user):
        found = set_in(Security, lineage(membership.tenant_id)).values
        layers.append({Security.key: {"min_length": found.min_length, "session_hours": found.session_hours}})
    return in_force(Security, layers).values


def longest_kept(name: str) -> int:
    """Days that any manufacturer wants what all of them share to be kept: a field of ``Retention``."""
    with unscoped(reason="tables that all manufacturers share are kept for the one who wants them longest"):
        roots = list(Tenant.objects.filter(parent=None).values_list("settings", flat=True))
    house = house_retention()
    found: list[int] = [getattr(in_force(Retention, [one], house).values, name) for one in roots]
    return max(found, default=int(getattr(house, name)))


def kept_days(name: str) -> dict[int, list[int]]:
    """Which tenants keep something for how many days: a field of ``Retention``, for all tenants, in one query."""
    with unscoped(reason="a sweep looks after all tenants"):
        rows = {row[0]: row[1:] for row in Tenant.objects.values_list("pk", "parent_id", "settings")}
    house = house_retention()
    found: dict[int, list[int]] = defaultdict(list)
    for pk in rows:
        layers = _layers_of(pk, rows)
        sets = any(name in stored(Retention, layer) for layer in layers)
        days = getattr(in_force(Retention, layers, house).values if sets else house, name)
        found[days].append(pk)
    return dict(found)


def _layers_of(pk: int | None, rows: Mapping[int, tuple[int | None, Any]]) -> list[Mapping[str, Any]]:
    layers: list[Mapping[str, Any]] = []
    while pk is not None:
        pk, settings_there = rows[pk]
        layers.append(settings_there)
    return layers[::-1]
