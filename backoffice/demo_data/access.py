"""Lists of cards that piles keep, and reservations of the last days. The piles are told once they are simulated."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from backoffice.demo_data.masters import Masters
from backoffice.kit import clock
from backoffice.kit.actor import timer
from backoffice.kit.scope import path_of_tenant
from drivers.models import Card, Driver
from stations.models import Pile, Reservation, ReservationState
from stations.services import local_lists

ENDS = (
    (ReservationState.USED, "", ""),
    (ReservationState.EXPIRED, "", ""),
    (ReservationState.USED, "", ""),
    (ReservationState.CANCELLED, "", ""),
    (ReservationState.REFUSED, "Occupied", ""),
    (ReservationState.INVALIDATED, "", "Faulted"),
)
EVERY = timedelta(hours=5)
PICKED = 12
SEEDER = timer("seed_demo")


def tell(masters: Masters, chance: Random) -> None:
    """For each operator with drivers: a default list, a short one, and how reservations ended."""
    for code, customers in sorted(masters.customers.items()):
        operator = masters.tenants[code]
        carded = [(one.driver, one.card) for one in customers if one.card is not None]
        piles = [pile for pile in masters.piles if path_of_tenant(pile.tenant_id).operator_id == operator.pk]
        if carded and piles:
            fleet = local_lists.create_list(operator, actor=SEEDER, name="All cards 全部卡", rule="all")
            local_lists.make_default(fleet, actor=SEEDER)
            tags = [card.uid for _driver, card in carded[:PICKED]]
            local_lists.create_list(
                operator, actor=SEEDER, name="Night shift 夜班", rule="picked", picked=tags
            )
            for number, end in enumerate(ENDS):
                _reservation(masters, chance.choice(piles), *chance.choice(carded), number, end)


def _reservation(
    masters: Masters,
    pile: Pile,
    driver: Driver,
    card: Card,
    number: int,
    end: tuple[ReservationState, str, str],
) -> None:
    state, refusal, remark = end
    at = masters.now - EVERY * (number + 1)
    with clock.frozen(at):
        Reservation.objects.create(
            **path_of_tenant(pile.tenant_id).as_columns(),
            pile=pile,
            connector_number=1,
            id_tag=card.uid,
            id_tag_folded=card.uid_folded,
            parent_id_tag=card.parent_id_tag,
            driver=driver,
            state=state,
            refusal=refusal,
            remark=remark,
            expires_at=at + timedelta(hours=1),
            asked_at=at,
            created_at=at,
            ended_at=at + timedelta(minutes=20),
            actor_ref=SEEDER.ref,
            actor_label=SEEDER.label,
        )
