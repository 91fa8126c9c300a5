"""The chain of custody. Whatever gives a pile to somebody, or puts it somewhere, adds a link in its own transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from stations.models import Custody, CustodyKind, Life, Pile
from tenants.selectors import standings

LIVES: Mapping[str, CustodyKind] = {
    Life.IN_STOCK: CustodyKind.STOCKED,
    Life.INSTALLED: CustodyKind.INSTALLED,
    Life.IN_SERVICE: CustodyKind.IN_SERVICE,
}
"""What it means for its custody that a pile comes to this life; the others mean nothing, or have a service of their own."""

ROWS_AT_ONCE = 500


def note_custody(
    piles: Collection[Pile],
    kind: CustodyKind,
    *,
    actor: Actor,
    from_tenant_id: int | None = None,
    note: str = "",
) -> None:
    """Add a link for each pile, as it stands now: with the tenant that has it and the station where it is.

    Call it after the pile was given away, in the same transaction. ``from_tenant_id``: who had it before.
    Three statements for any number of piles, none of them for each.
    """
    at, paths = clock.now(), standings(pile.tenant_id for pile in piles)
    Custody.objects.bulk_create(
        (
            Custody(
                **paths[pile.tenant_id].path.as_columns(),
                pile=pile,
                at=at,
                kind=kind,
                from_tenant_id=from_tenant_id,
                to_tenant_id=pile.tenant_id,
                place=pile.station.name[:120],
                actor_ref=actor.ref[:80],
                actor_label=actor.label[:120],
                note=note[:300],
            )
            for pile in piles
        ),
        batch_size=ROWS_AT_ONCE,
    )


def note_life(pile: Pile, before: str, *, actor: Actor) -> None:
    """Add a link where a pile came to another life that says where it is."""
    kind = LIVES.get(pile.life)
    if kind is not None and pile.life != before:
        note_custody([pile], kind, actor=actor)
