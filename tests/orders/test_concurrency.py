"""The same facts at the same moment, as two gateways tell them, and sweeps that meet them."""

from __future__ import annotations

import pytest
from django.db import transaction

from finance.models import Settlement
from ocpp_gateway import wire
from orders import checks, intake
from orders.models import Transaction
from orders.services import sweeps
from tests.factories.orders import Site, again, begin, count_of, make_site
from tests.support.together import errors, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(transactional_db: None) -> Site:
    return make_site()


def start(facts: list[wire.TransactionStarted]) -> list[wire.StartAnswer]:
    with transaction.atomic():
        return intake.start(facts)


def stop(facts: list[wire.TransactionStopped]) -> list[wire.StopAnswer]:
    with transaction.atomic():
        return intake.stop(facts)


@pytest.mark.statement(48, 49)
def test_identical_starts_at_the_same_moment_are_one_transaction(place: Site) -> None:
    card = place.card(place.driver(cash=5_000))
    facts = [place.charger.start_fact(card.uid, message_id=f"m{number}") for number in range(4)]
    answers = together([lambda fact=fact: start([fact]) for fact in facts])

    assert errors(answers) == []
    assert {answer.transaction_id for [answer] in answers} == {answers[0][0].transaction_id}
    assert count_of(Transaction) == 1


@pytest.mark.statement(73)
def test_a_stop_delivered_several_times_at_once_settles_once(place: Site) -> None:
    order = place.press_start(place.driver(cash=5_000))
    key = begin(place, order)
    place.wait(minutes=10)
    facts = [place.charger.stop_fact(key, 1_001_000, message_id=f"s{number}") for number in range(3)]

    def sweep() -> None:
        with place.present():
            sweeps.follow_facts()

    results = together([*(lambda fact=fact: stop([fact]) for fact in facts), sweep, sweep])
    sweep()

    assert errors(results) == []
    with place.present():
        assert Settlement.objects.count() == 1
        assert [*checks.violations()] == []
    assert (again(order).pay_state, again(order).energy_wh) == ("settled", 1000)
