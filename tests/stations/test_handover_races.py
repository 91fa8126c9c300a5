"""Two people decide about one offer, offer one pile, or import one file at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from backoffice.kit.errors import Refused
from backoffice.kit.imports import Row, Sender
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from stations.models import Handed, Handover, HandoverState, Pile
from stations.services import handovers, pile_imports, sites
from tests.factories.stations import ACTOR, make_pile, make_station
from tests.factories.tenants import Forest, make_forest
from tests.stations.test_concurrency import together

pytestmark = pytest.mark.django_db(transaction=True)


def offering(forest: Forest, pile: Pile) -> Callable[[], Handover]:
    return lambda: handovers.offer(
        forest.operator, to=forest.agency, what=Handed.PILES, keys=[pile.pk], actor=ACTOR
    )


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def pile(forest: Forest) -> Pile:
    with unscoped(reason="tests"):
        return make_pile(sites.store_of(forest.operator, actor=ACTOR))


def test_one_pile_is_offered_once(forest: Forest, pile: Pile) -> None:
    answers = together([offering(forest, pile)] * 3)

    assert sorted(isinstance(answer, Refused) for answer in answers) == [False, True, True]
    with unscoped(reason="tests"):
        assert Handover.objects.count() == 1


def test_an_offer_is_accepted_and_taken_back_by_one_of_two(forest: Forest, pile: Pile) -> None:
    with unscoped(reason="tests"):
        row = offering(forest, pile)()
    answers = together(
        [
            lambda: handovers.accept(row, by=forest.agency, count=1, actor=ACTOR),
            lambda: handovers.accept(row, by=forest.agency, count=1, actor=ACTOR),
            lambda: handovers.withdraw(row, by=forest.operator, actor=ACTOR, reason="too late"),
        ]
    )

    with unscoped(reason="tests"):
        row.refresh_from_db()
        pile.refresh_from_db()
        accepted = row.state == HandoverState.ACCEPTED
        assert pile.tenant_id == (forest.agency.pk if accepted else forest.operator.pk)
        assert AuditEntry.objects.filter(action="pile.handed_over").count() == accepted
        assert AuditEntry.objects.filter(action__startswith="handover.").count() == 2
    assert [isinstance(answer, Refused) for answer in answers] == [not accepted, not accepted, accepted]


def test_two_files_with_one_pile_make_it_once(forest: Forest) -> None:
    station = make_station(forest.operator)
    sender = Sender(ACTOR, forest.operator.pk)
    rows = [Row(2, {"identity": "CP-1", "station_code": station.code, "connectors": 2})]

    def bring_in() -> Any:
        with transaction.atomic():
            return pile_imports.write_piles(pile_imports.check_piles(rows, sender), sender)

    answers = together([bring_in] * 3)

    assert all(isinstance(answer, list | Refused) for answer in answers), answers
    assert sum(len(answer) for answer in answers if isinstance(answer, list)) == 1
    with unscoped(reason="tests"):
        assert Pile.objects.count() == 1
