"""Which connection a command leaves on, and what a gateway holds that is not its own any more.

The generation of a pile's row is the fence: a command is claimed for a connection under it, and an
older connection is granted none. So nothing is sent twice and nothing by a gateway that a pile has
left, whatever Redis lost, kept or brought twice, and whoever died meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from django.db import transaction

from backoffice.kit import clock
from ocpp_gateway.wire import Claim, CommandOrder, CommandOutcome, CommandState
from stations import dispatch
from stations.intake.batch import sql
from stations.models import Pile
from stations.outcomes import lock_commands, take_outcome

_COMPARE = """
SELECT p.id, p.generation, p.generation > held.generation
FROM unnest(%s::bigint[], %s::bigint[]) AS held (id, generation) JOIN stations_pile p ON p.id = held.id
WHERE p.generation > held.generation OR p.generation = held.generation AND NOT p.online
"""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a gateway holds and the house sees differently.

    ``newer``: piles to the generation of the connection that they have elsewhere. ``away``: piles to
    their generation here, which others took for gone.
    """

    newer: dict[int, int] = field(default_factory=dict)
    away: dict[int, int] = field(default_factory=dict)


@transaction.atomic
def claim(command_id: int, generation: int, message_id: str) -> Claim:
    """Make a queued command a sent one, on the connection of this generation, right before it leaves."""
    command = lock_commands([command_id]).get(command_id)
    if command is None:
        return Claim.GONE
    if command.state == CommandState.SENT and command.message_id == message_id:
        return Claim.GRANTED  # the answer to the first question was lost
    if command.state != CommandState.QUEUED:
        return Claim.GONE
    if Pile.objects.filter(pk=command.pile_id, generation__gt=generation).exists():
        return Claim.MOVED
    command.generation = generation
    sent = CommandOutcome(
        command_id=command.pk, state=CommandState.SENT, at=clock.now(), message_id=message_id
    )
    take_outcome(command, sent)
    return Claim.GRANTED


@transaction.atomic
def pass_on(order: CommandOrder, away_from: str) -> bool:
    """Hand a command to the gateway that its pile is connected to; False when it is to none, or this one."""
    pile = Pile.objects.filter(pk=order.pile_id, online=True).exclude(gateway__in=["", away_from])
    for gateway, generation in pile.values_list("gateway", "generation"):
        moved = replace(order, generation=generation)
        transaction.on_commit(partial(dispatch.push, gateway, moved))
        return True
    return False


def compare_holdings(sessions: Mapping[int, int]) -> Holdings:
    """What a gateway holds, pile to generation, against the rows."""
    holdings = Holdings()
    with sql() as cursor:
        cursor.execute(_COMPARE, [list(sessions), list(sessions.values())])
        for pile_id, generation, is_newer in cursor.fetchall():
            (holdings.newer if is_newer else holdings.away)[pile_id] = generation
    return holdings
