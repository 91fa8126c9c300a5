"""The chain of custody of a pile, as far as the scope reaches."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.kit.scope import current_scope
from stations.models import Custody, Pile


@dataclass(frozen=True, slots=True)
class Link:
    """One link. ``source`` names who had the pile before where the scope knows them, else ``hidden`` is true."""

    row: Custody
    source: str
    target: str
    hidden: bool


def custody_of(pile: Pile) -> list[Link]:
    """The links that the scope may see, the newest first. Those of owners beside it are not among them."""
    scope = current_scope()
    rows = Custody.objects.filter(pile=pile).select_related("from_tenant", "to_tenant")
    links = []
    for row in rows.order_by("-at", "-pk"):
        had = row.from_tenant
        known = had is not None and (scope.everything or had.pk in scope.owned | scope.inherited)
        source = had.name if had is not None and known else ""
        links.append(Link(row, source, row.to_tenant.name, had is not None and not known))
    return links
