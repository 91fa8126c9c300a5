"""Terminals that stand nowhere yet: what came from the factory, and how far down the chain it is on its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from backoffice.demo_data.companies import SHOWN, email_of
from backoffice.demo_data.masters import Masters
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.imports import Row, Sender
from backoffice.kit.perms import Role
from stations.models import Handed, Handover, Pile
from stations.services import handovers, pile_imports
from tenants.models import Membership

MADE = 14
MODEL = "HL-DC120D"
PASSED_ON = (8, 5, 2)
"""How many each level of the shown chain gives to the next; the last of them wait to be accepted."""


def tell(masters: Masters) -> None:
    """A delivery that was accepted twice, and one on each level that waits."""
    with clock.frozen(masters.now - timedelta(days=6)):
        piles = _made(masters)
    for number, (giver, receiver) in enumerate(pairwise(SHOWN)):
        count = PASSED_ON[number]
        with clock.frozen(masters.now - timedelta(days=4 - number)):
            waits = piles[count:] if number < len(PASSED_ON) - 1 else piles[:count]
            _offer(masters, giver, receiver, waits[:4], "Second pallet 第二托盘")
            piles = piles[:count]
            if number < len(PASSED_ON) - 1:
                row = _offer(masters, giver, receiver, piles, "First pallet 第一托盘")
                handovers.accept(
                    row, by=masters.tenants[receiver], count=row.count, actor=_engineer(masters, receiver)
                )


def _made(masters: Masters) -> Sequence[Pile]:
    """The manufacturer's engineer sends an Excel with what left the factory."""
    maker = masters.tenants[SHOWN[0]]
    sender = Sender(_engineer(masters, SHOWN[0]), maker.pk)
    rows = [
        Row(number + 2, {"identity": f"HL26{number:04}", "serial": f"HL26-{7100 + number}", "model": MODEL})
        for number in range(MADE)
    ]
    return [made.pile for made in pile_imports.write_piles(pile_imports.check_piles(rows, sender), sender)]


def _offer(masters: Masters, giver: str, receiver: str, piles: Sequence[Pile], note: str) -> Handover:
    return handovers.offer(
        masters.tenants[giver],
        to=masters.tenants[receiver],
        what=Handed.PILES,
        keys=[pile.pk for pile in piles],
        actor=_engineer(masters, giver),
        note=note,
    )


def _engineer(masters: Masters, code: str) -> Actor:
    member = Membership.objects.select_related("user").get(
        tenant=masters.tenants[code], user__email=email_of(Role.ENGINEER, code)
    )
    return Actor(f"staff:{member.user_id}", member.user.name)
