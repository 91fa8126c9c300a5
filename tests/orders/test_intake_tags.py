"""Authorize and the check at every start: tokens are good for one start, cards while their holder can pay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orders.states import ChargeState
from tenants.models import Tenant, TenantStatus
from tests.factories.orders import (
    Site,
    again,
    begin,
    make_site,
    order_of,
)


@pytest.mark.statement(43)
def test_an_unknown_tag_is_invalid_and_no_error(site: Site) -> None:
    assert site.charger.asks("NOBODY") == "Invalid"
    assert site.charger.asks("") == "Invalid"


@pytest.mark.statement(42)
def test_a_card_is_known_in_any_case_and_with_blanks(site: Site) -> None:
    card = site.card(site.driver(cash=5_000))

    assert site.charger.asks(f" {card.uid.lower()} ") == "Accepted"


def test_a_card_of_another_operator_is_not_ours(site: Site) -> None:
    card = site.card(site.driver(cash=5_000))

    assert make_site().charger.asks(card.uid) == "Invalid"


@pytest.mark.statement(43, 44)
@pytest.mark.parametrize(
    ("card", "answer"),
    [
        ({"status": "blocked"}, "Blocked"),
        ({"status": "lost"}, "Blocked"),
        ({"expires_at": timedelta(days=-1)}, "Expired"),
        ({"expires_at": timedelta(days=1)}, "Accepted"),
    ],
)
def test_a_card_is_answered_by_its_state(site: Site, card: dict[str, object], answer: str) -> None:
    if isinstance(card.get("expires_at"), timedelta):
        card["expires_at"] = site.now + card["expires_at"]  # type: ignore[operator]

    assert site.charger.asks(site.card(site.driver(cash=5_000), **card).uid) == answer


def test_a_card_of_nobody_of_a_blocked_driver_or_of_one_who_cannot_pay_is_blocked(site: Site) -> None:
    poor, blocked = site.driver(cash=499), site.driver(cash=5_000, status="blocked")

    assert site.charger.asks(site.card(None).uid) == "Blocked"
    assert site.charger.asks(site.card(poor).uid) == "Blocked"
    assert site.charger.asks(site.card(blocked).uid) == "Blocked"


def test_a_card_needs_the_minimum_hold_of_the_price_list_there(books: None) -> None:
    dear = make_site(min_hold=9_000)
    card = dear.card(dear.driver(cash=8_999))
    assert dear.charger.asks(card.uid) == "Blocked"
    assert dear.charger.asks(dear.card(dear.driver(cash=9_000)).uid) == "Accepted"


def test_nobody_starts_where_there_is_no_price(books: None) -> None:
    site = make_site(price=None)

    assert site.charger.asks(site.card(site.driver(cash=5_000)).uid) == "Blocked"


def test_a_card_is_blocked_while_the_tenant_is_suspended(site: Site) -> None:
    card = site.card(site.driver(cash=5_000))
    with site.present():
        Tenant.objects.filter(pk=site.operator.pk).update(status=TenantStatus.SUSPENDED)

    assert site.charger.asks(card.uid) == "Blocked"
    assert site.charger.starts(card.uid).id_tag.status == "Blocked"


@pytest.mark.statement(52)
def test_a_card_that_charges_is_refused_a_second_time_but_asked_for_it_is_good(site: Site) -> None:
    card = site.card(site.driver(cash=50_000))
    site.charger.starts(card.uid, connector=1)
    site.work()

    assert site.charger.asks(card.uid) == "Accepted"
    assert site.charger.starts(card.uid, connector=2).id_tag.status == "ConcurrentTx"


def test_two_cards_of_one_driver_in_one_batch_do_not_both_start(site: Site) -> None:
    driver = site.driver(cash=50_000)
    facts = [
        site.charger.start_fact(site.card(driver).uid, connector=number, meter_start=number)
        for number in (1, 2)
    ]

    answers = site.charger.deliver_starts(facts)

    assert [answer.id_tag.status for answer in answers] == ["Accepted", "ConcurrentTx"]


@pytest.mark.statement(52)
def test_a_driver_who_may_charges_several_vehicles_at_once(site: Site) -> None:
    card = site.card(site.driver(cash=50_000, several_at_once=True))

    assert site.charger.starts(card.uid, connector=1).id_tag.status == "Accepted"
    assert site.charger.starts(card.uid, connector=2).id_tag.status == "Accepted"


def test_the_same_card_at_another_operator_keeps_nobody_from_charging(site: Site) -> None:
    other = make_site()
    uid = "SHAREDUID01"
    site.card(site.driver(cash=5_000), uid=uid, uid_folded=uid)
    other.card(other.driver(cash=5_000), uid=uid, uid_folded=uid)
    site.charger.starts(uid)

    assert other.charger.starts(uid).id_tag.status == "Accepted"


def test_a_session_that_lost_its_stop_does_not_keep_the_card_from_charging(site: Site) -> None:
    card = site.card(site.driver(cash=50_000))
    site.charger.starts(card.uid, connector=1)
    site.work()
    site.charger.starts("STRANGER", connector=1, meter_start=1_000_500)

    assert site.charger.starts(card.uid, connector=2).id_tag.status == "Accepted"


def test_an_order_that_was_closed_here_does_not_keep_the_card_from_charging(site: Site) -> None:
    card = site.card(site.driver(cash=50_000))
    site.charger.starts(card.uid, connector=1)
    site.work()
    site.charger.goes()
    site.wait(hours=25)
    site.work()
    site.charger.comes()

    assert site.charger.starts(card.uid, connector=2).id_tag.status == "Accepted"


@pytest.mark.statement(50, 53)
def test_a_start_from_offline_is_judged_by_what_was_true_then(site: Site) -> None:
    """The energy has flowed: an empty wallet or a suspended tenant of now prevents nothing any more."""
    expired = site.card(site.driver(cash=0), expires_at=site.now - timedelta(hours=1))

    assert site.charger.starts(expired.uid, at=site.now - timedelta(hours=3)).id_tag.status == "Accepted"
    assert site.charger.starts(expired.uid, at=site.now - timedelta(minutes=30)).id_tag.status == "Expired"


def test_a_pile_whose_clock_is_slow_is_not_taken_for_one_that_was_offline(site: Site) -> None:
    card = site.card(site.driver(cash=0))

    answer = site.charger.starts(card.uid, at=site.now - timedelta(hours=1), remarks=("skew:timestamp",))

    assert answer.id_tag.status == "Blocked"


@pytest.mark.statement(46)
def test_a_token_is_good_until_it_has_been_used_and_only_at_its_pile(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    other = make_site(price=None, agency=site.agency)
    assert site.charger.asks(order.id_tag.lower()) == "Accepted"
    assert other.charger.asks(order.id_tag) == "Invalid"

    key = begin(site, order)
    assert site.charger.asks(order.id_tag) == "Accepted"
    site.wait(minutes=1)
    second = site.charger.starts(order.id_tag, connector=2)
    assert second.id_tag.status == "Blocked"

    site.charger.stops(key, 1_000_500)
    assert site.charger.asks(order.id_tag) == "Expired"
    assert site.charger.starts(order.id_tag, connector=2, meter_start=5).id_tag.status == "Expired"


@pytest.mark.statement(46)
def test_a_token_starts_once_even_when_two_starts_come_in_one_batch(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    facts = [site.charger.start_fact(order.id_tag, connector=number) for number in (1, 2)]

    answers = site.charger.deliver_starts(facts)

    assert [answer.id_tag.status for answer in answers] == ["Accepted", "Blocked"]
    assert again(order).transaction_id == answers[0].transaction_id


@pytest.mark.statement(46)
def test_a_token_of_an_order_that_was_given_up_is_dead(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    site.wait(minutes=3)
    site.work()
    assert again(order).charge_state == ChargeState.START_FAILED

    assert site.charger.asks(order.id_tag) == "Blocked"
    site.wait(seconds=1)
    assert site.charger.starts(order.id_tag).id_tag.status == "Blocked"


def test_a_guess_that_looks_like_a_token_is_invalid(site: Site) -> None:
    order = site.press_start(site.driver(cash=5_000))
    guess = order.id_tag[:-1] + ("0" if order.id_tag[-1] != "0" else "1")

    assert site.charger.asks(guess) == "Invalid"


@pytest.mark.statement(45)
def test_a_group_is_told_and_is_no_card(site: Site) -> None:
    """Whoever holds up the number of a group holds no card (OCPP 1.6 §3.10)."""
    card = site.card(site.driver(cash=5_000), parent_id_tag="GROUP1")
    order_id = site.charger.starts(card.uid).transaction_id

    assert site.charger.starts("GROUP1", connector=2).id_tag.status == "Invalid"
    assert site.charger.asks("GROUP1") == "Invalid"
    answer = site.charger.stops(order_id, 1_000_100, id_tag="GROUP1")
    assert answer.id_tag is not None and answer.id_tag.status == "Invalid"
    site.work()
    assert order_of(order_id).charge_state == "ended"
