"""Quotas: how many staff, stations and terminals a tenant and everything below it may have.

Whoever makes one of these asks here first, in the transaction that makes it: the limits of the whole chain hold,
and two that come at once wait for each other. Where nobody set a limit nothing is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from backoffice.kit import figures, locks
from backoffice.kit.errors import Refused
from tenants.selectors import Limit, limits_of, usage_of


def require_room(
    tenant_id: int, *, users: int = 0, stations: int = 0, terminals: int = 0, moved_from: int | None = None
) -> None:
    """May so many more be at this tenant? ``moved_from``: the tenant that gives them; what counts both does not change.

    Raises Refused ``quota``, naming whose limit it is.
    """
    wanted = {"users": users, "stations": stations, "terminals": terminals}
    limits = limits_of(tenant_id)
    if moved_from is not None:
        unchanged = {(one.tenant_id, one.kind) for one in limits_of(moved_from)}
        limits = [one for one in limits if (one.tenant_id, one.kind) not in unchanged]
    _require(limits, wanted)


def require_room_for_move(tenant_id: int, new_parent_id: int) -> None:
    """May everything that is below a tenant come below another parent? Raises Refused ``quota``."""
    unchanged = {(one.tenant_id, one.kind) for one in limits_of(tenant_id)}
    limits = [one for one in limits_of(new_parent_id) if (one.tenant_id, one.kind) not in unchanged]
    if limits:
        _require(limits, usage_of(tenant_id))


def _require(limits: Sequence[Limit], wanted: Mapping[str, int]) -> None:
    binding = [one for one in limits if wanted[one.kind] > 0]
    locks.hold_all(f"tenants.quota:{one.tenant_id}" for one in binding)
    for tenant_id in dict.fromkeys(one.tenant_id for one in binding):
        used = usage_of(tenant_id)
        for limit in binding:
            if limit.tenant_id == tenant_id and used[limit.kind] + wanted[limit.kind] > limit.most:
                raise Refused(_refusal(limit, used[limit.kind]), code="quota")


def _refusal(limit: Limit, used: int) -> str:
    sentences = {
        "users": _("%(name)s may have %(most)s members of staff, those below it included, and has %(used)s."),
        "stations": _("%(name)s may have %(most)s stations, those below it included, and has %(used)s."),
        "terminals": _("%(name)s may have %(most)s terminals, those below it included, and has %(used)s."),
    }
    numbers = {"most": figures.number_text(limit.most), "used": figures.number_text(used)}
    return sentences[limit.kind] % {"name": limit.name, **numbers}
