"""StartTransaction: an id for every start, the same answer to a resend, and a mark on what is odd."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from orders.models import Transaction
from orders.states import ChargeState, FactFlag
from tests.factories.orders import Site, again, begin, count_of


def transaction(key: int) -> Transaction:
    return Transaction.objects.get(pk=key)


def flags(site: Site, key: int) -> list[str]:
    with site.present():
        return Transaction.objects.get(pk=key).flags


@pytest.mark.statement(47)
def test_every_start_gets_a_positive_id_of_its_own(site: Site) -> None:
    first = site.charger.starts("UNKNOWN", connector=1)
    second = site.charger.starts("UNKNOWN", connector=2)

    assert 0 < first.transaction_id < second.transaction_id < 2**31


@pytest.mark.statement(48, 52)
def test_a_start_sent_again_gets_the_same_id_and_answer_and_makes_nothing(site: Site) -> None:
    card = site.card(site.driver(cash=5_000))
    fact = site.charger.start_fact(card.uid)
    [first] = site.charger.deliver_starts([fact])
    site.work()
    site.wait(minutes=3)

    again_, lower = site.charger.deliver_starts(
        [
            fact,
            site.charger.start_fact(
                card.uid.lower(), at=fact.at, meter_start=fact.meter_start, message_id="another"
            ),
        ]
    )

    assert again_ == lower == first
    assert first.id_tag.status == "Accepted"
    assert count_of(Transaction) == 1


@pytest.mark.statement(49)
def test_two_identical_starts_in_one_batch_are_one_transaction(site: Site) -> None:
    fact = site.charger.start_fact("UNKNOWN")

    answers = site.charger.deliver_starts([fact, fact])

    assert answers[0] == answers[1]
    assert count_of(Transaction) == 1


def test_an_offset_of_another_zone_is_the_same_instant(site: Site) -> None:
    east = timezone(timedelta(hours=8))
    first = site.charger.starts("TAG", at=site.now)
    second = site.charger.starts("TAG", at=site.now.astimezone(east))

    assert first.transaction_id == second.transaction_id


def test_a_start_sent_again_after_the_stop_does_not_reopen_the_transaction(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    fact = site.charger.start_fact(order.id_tag)
    [answer] = site.charger.deliver_starts([fact])
    site.wait(minutes=10)
    site.charger.stops(answer.transaction_id, 1_001_000)
    site.work()
    settled = again(order)

    for _ in range(5):
        assert site.charger.deliver_starts([fact]) == [answer]
    site.work()

    assert again(order).settled_at == settled.settled_at
    assert again(order).charge_state == ChargeState.ENDED
    assert count_of(Transaction) == 1


def test_a_resend_of_a_pile_whose_clock_was_never_set_is_known_by_the_piles_own_time(site: Site) -> None:
    epoch = datetime(1970, 1, 1, 0, 0, 40, tzinfo=UTC)
    first = site.charger.starts("TAG", at=site.now, pile_time=epoch)
    site.wait(seconds=60)
    second = site.charger.starts("TAG", at=site.now, pile_time=epoch)

    assert first == second
    assert FactFlag.CLOCK_UNSYNCED in flags(site, first.transaction_id)


@pytest.mark.statement(42, 55)
def test_a_token_in_another_case_sets_its_order_charging_at_once(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))

    answer = site.charger.starts(order.id_tag.lower(), meter_start=77)

    assert answer.id_tag.status == "Accepted"
    assert answer.id_tag.expires_at is not None
    order = again(order)
    assert (order.charge_state, order.meter_start, order.transaction_id) == (
        ChargeState.CHARGING,
        77,
        answer.transaction_id,
    )


@pytest.mark.statement(56)
def test_a_start_on_a_connector_with_an_open_transaction_flags_the_older_one(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    older = begin(site, order)
    site.wait(minutes=5)

    newer = site.charger.starts("UNKNOWN").transaction_id

    assert FactFlag.STOP_MISSING in flags(site, older)
    assert FactFlag.STOP_MISSING not in flags(site, newer)
    assert again(order).stop_missing_since == site.now


def test_an_older_start_that_arrives_late_leaves_the_running_one_alone(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    running = begin(site, order)

    site.charger.starts("UNKNOWN", at=site.now - timedelta(hours=2))

    assert FactFlag.STOP_MISSING not in flags(site, running)
    assert again(order).stop_missing_since is None


@pytest.mark.statement(57)
def test_a_start_below_the_last_stop_is_answered_and_flagged(site: Site) -> None:
    first = site.charger.starts("TAG", meter_start=5_000).transaction_id
    site.wait(minutes=5)
    site.charger.stops(first, 9_000)
    site.wait(minutes=5)

    second = site.charger.starts("TAG", meter_start=8_000)

    assert FactFlag.BELOW_LAST_STOP in flags(site, second.transaction_id)


@pytest.mark.statement(53)
def test_a_start_hours_old_is_taken_with_its_own_time(site: Site) -> None:
    began = site.now - timedelta(hours=5)

    answer = site.charger.starts("TAG", at=began)

    with site.present():
        row = Transaction.objects.get(pk=answer.transaction_id)
    assert row.started_at == began
    assert row.start_received_at == site.now
    assert FactFlag.START_UPLOADED_LATE in row.flags


@pytest.mark.statement(51)
@pytest.mark.parametrize(
    "odd",
    [
        {"reservation_id": 2**40},
        {"reservation_id": 0},
        {"connector": 0},
        {"connector": 99},
        {"id_tag": ""},
        {"id_tag": "x" * 500},
        {"meter_start": -5},
        {"meter_start": 10**14},
        {"remarks": ("extra:" + "y" * 60,)},
        {"at": datetime(2015, 1, 2, tzinfo=UTC)},
    ],
    ids=lambda odd: str(*odd),
)
def test_whatever_a_start_says_it_is_stored_and_becomes_an_order(site: Site, odd: dict[str, object]) -> None:
    tag = str(odd.pop("id_tag", "TAG"))

    answer = site.charger.starts(tag, **odd)
    site.work()

    with site.present():
        row = Transaction.objects.select_related("order").get(pk=answer.transaction_id)
        assert row.start_handled_at is not None
        assert row.order.charge_state in {ChargeState.CHARGING, ChargeState.STOPPING}
