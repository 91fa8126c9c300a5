"""The limit, the money it needs, and the press of start: once, at the price that was shown, or not at all."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import pytest

from finance import services as finance
from orders.models import ChargingOrder, LimitKind
from orders.states import ChargeState, PayState
from scan import rates
from stations.models import Connector, Tariff
from stations.services import tariffs
from tests.factories.orders import (
    ACTOR,
    WORKED_PRICE,
    Site,
    begin,
    commands_for,
    count_of,
    wallet_of,
)
from tests.scan.phones import Phone, newest_order, nothing_happened, order_page, text, words
from tests.support.together import together


def sealed_on(page: Any) -> str:
    found = re.search(r'name="quote" value="([^"]+)"', text(page))
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.parametrize(
    ("wish", "kind", "value", "hold"),
    [
        ({}, LimitKind.FULL, None, 9_000),
        ({"limit": "full", "energy": "20"}, LimitKind.FULL, None, 9_000),
        ({"limit": "money", "money": "30"}, LimitKind.MONEY, 3_000, 3_000),
        ({"limit": "money", "money": "other", "money_other": "12.50"}, LimitKind.MONEY, 1_250, 1_250),
        ({"limit": "energy", "energy": "20"}, LimitKind.ENERGY, 20_000, 3_591),
        ({"limit": "energy", "energy": "other", "energy_other": "７,5"}, LimitKind.ENERGY, 7_500, 1_503),
        ({"limit": "minutes", "minutes": "20"}, LimitKind.MINUTES, 20, 3_591),
    ],
)
def test_a_choice_becomes_an_order_with_the_hold_it_needs(
    site: Site, phone: Phone, wish: dict[str, str], kind: LimitKind, value: int | None, hold: int
) -> None:
    driver = site.driver(cash=9_000)
    phone.signed_in(driver)

    answer = phone.press_start(**wish)

    order = newest_order(site)
    assert answer.headers["Location"] == order_page(order), words(answer)
    assert (order.limit_kind, order.limit_value, order.hold) == (kind, value, hold)
    assert (order.driver_id, order.charge_state) == (driver.pk, ChargeState.STARTING)
    assert wallet_of(driver).held == hold
    assert len(commands_for(order, "RemoteStartTransaction")) == 1


def test_each_choice_says_what_it_sets_aside(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    told = words(phone.get(phone.start_path()))
    for hold in ("20 hold ¥35.91", "40 hold ¥69.31", "60 hold ¥102.71", "Hold now ¥ 90.00", "Wallet"):
        assert hold in told, told
    assert "Now ¥1.13 Flat from 14:00 ¥1.47 Peak" in told


@pytest.mark.parametrize(
    ("wish", "typed"),
    [
        ({"limit": "energy", "energy": "other", "energy_other": "abc"}, "abc"),
        ({"limit": "energy", "energy": "other", "energy_other": "1001"}, "1001"),
        ({"limit": "energy", "energy": "other"}, ""),
        ({"limit": "money", "money": "other", "money_other": "-5"}, "-5"),
        ({"limit": "money", "money": "other", "money_other": "10001"}, "10001"),
        ({"limit": "minutes", "minutes": "other", "minutes_other": "1441"}, "1441"),
        ({"limit": "minutes", "minutes": "other", "minutes_other": "0"}, "0"),
        ({"limit": "minutes", "minutes": "other", "minutes_other": "0.4"}, "0.4"),
        ({"limit": "minutes", "minutes": "nonsense"}, ""),
        ({"limit": "soc", "soc": "80"}, ""),
    ],
)
def test_a_limit_without_sense_is_told_at_the_field_and_kept(
    site: Site, phone: Phone, wish: dict[str, str], typed: str
) -> None:
    phone.signed_in(site.driver(cash=9_000))

    page = phone.press_start(**wish)

    assert page.status_code == 200 and nothing_happened(site)
    if wish["limit"] != "soc":
        assert 'aria-invalid="true"' in text(page)
        assert f'id="limit-{wish["limit"]}" value="{wish["limit"]}" checked' in text(page)
    assert f'value="{typed}"' in text(page)


def test_nonsense_in_the_address_is_no_fault(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    for query in ("?limit=x", "?limit=energy&energy=%00", "?quote=" + "x" * 900, "?money=1e9&limit=money"):
        page = phone.get(phone.start_path() + query)
        assert page.status_code == 200, query


def test_who_is_not_signed_in_signs_in_and_finds_the_choice_again(site: Site, phone: Phone) -> None:
    answer = phone.post(phone.start_path(), limit="money", money="50")

    assert answer.status_code == 302 and "sign-in" in answer.headers["Location"]
    assert "limit%3Dmoney%26money%3D50" in answer.headers["Location"]
    assert nothing_happened(site)


def test_pressing_twice_is_one_order(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))

    first = phone.press_start()
    second = phone.post(phone.start_path())

    assert first.headers["Location"] == second.headers["Location"]
    assert count_of(ChargingOrder) == 1
    assert len(commands_for(newest_order(site), "RemoteStartTransaction")) == 1


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_order(site: Site) -> None:
    driver = site.driver(cash=9_000)
    phones = [Phone(site).signed_in(driver) for _ in range(2)]

    answers = together([lambda one=one: one.post(one.start_path()) for one in phones])

    assert {answer.headers["Location"] for answer in answers} == {order_page(newest_order(site))}
    assert count_of(ChargingOrder) == 1


def test_the_price_that_was_shown_counts_for_five_minutes(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    shown = sealed_on(phone.get(phone.start_path()))
    dearer(site)
    site.wait(minutes=4)

    phone.post(phone.start_path(), quote=shown)

    order = newest_order(site)
    assert order.tariff["prices"]["F"] == ["0.68000", "0.45000"]
    assert order.tariff_why == "operator"


def test_after_that_a_new_price_is_shown_before_anything_starts(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=90_000))
    shown = sealed_on(phone.get(phone.start_path()))
    dearer(site)
    site.wait(minutes=6)

    page = phone.post(phone.start_path(), quote=shown, limit="energy", energy="10")

    told = words(page)
    assert page.status_code == 200 and "The price has changed. Nothing has started" in told
    assert "Now ¥9.45 Flat" in told and 'value="energy" checked' in text(page)
    assert nothing_happened(site)

    phone.post(phone.start_path(), quote=sealed_on(page), limit="energy", energy="10")
    assert newest_order(site).tariff["prices"]["F"] == ["9.00000", "0.45000"]


def test_an_old_quote_at_the_same_price_starts(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    shown = sealed_on(phone.get(phone.start_path()))
    site.wait(minutes=30)
    assert phone.post(phone.start_path(), quote=shown).status_code == 302
    assert newest_order(site).quoted_at == site.now


@pytest.mark.parametrize("forged", ["", "nonsense", "eyJhIjoxfQ:1:x"])
def test_a_forged_quote_is_none(site: Site, phone: Phone, forged: str) -> None:
    phone.signed_in(site.driver(cash=9_000))
    phone.get(phone.start_path())
    dearer(site)
    phone.post(phone.start_path(), quote=forged)
    assert newest_order(site).tariff["prices"]["F"] == ["9.00000", "0.45000"]


def test_a_quote_of_another_connector_is_none(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    elsewhere = sealed_on(phone.get(phone.start_path(2)))
    dearer(site)
    phone.post(phone.start_path(1), quote=elsewhere)
    assert newest_order(site).tariff["prices"]["F"][0] == "9.00000"


def dearer(site: Site) -> None:
    with site.present():
        tariff = Tariff.objects.get()
        version = tariffs.write_version(
            tariff, actor=ACTOR, **WORKED_PRICE | {"flat_electricity": Decimal("9.00")}
        )
        tariffs.approve_version(version, actor=ACTOR)


def test_a_driver_presses_start_five_times_in_ten_minutes(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=9_000)
    phone.signed_in(driver)
    for _ in range(rates.STARTS.most):
        assert phone.press_start().status_code == 302
        phone.post(order_page(newest_order(site), "cancel"))

    answer = phone.press_start()

    assert answer.status_code == 429 and "Nothing was started" in words(answer)
    assert count_of(ChargingOrder) == rates.STARTS.most
    site.wait(minutes=10)
    assert phone.press_start().status_code == 302


def test_a_pile_that_went_away_meanwhile_takes_no_money(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=9_000)
    phone.signed_in(driver)
    shown = sealed_on(phone.get(phone.start_path()))
    site.charger.goes()

    page = phone.post(phone.start_path(), quote=shown)

    assert page.status_code == 200 and "We can’t reach this pile" in words(page)
    assert nothing_happened(site) and wallet_of(driver).held == 0


def test_a_pile_that_has_not_booted_takes_no_money(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    with site.present():
        Connector.objects.filter(pile=site.pile).update(status="Available")
        site.pile.registration = "Rejected"
        site.pile.online = True
        site.pile.save()
    page = phone.post(phone.start_path())
    assert page.status_code == 200 and "The pile can’t start a charge just now." in words(page)
    assert nothing_happened(site)


def test_giving_up_before_the_plug_gives_the_money_back(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=9_000)
    phone.signed_in(driver)
    phone.press_start()
    order = newest_order(site)

    for _ in range(2):
        answer = phone.post(order_page(order, "cancel"))
        assert answer.headers["Location"] == order_page(order)

    page = words(phone.get(order_page(order)))
    assert "Cancelled, as you asked. Your ¥90.00 is back." in page and "You pay nothing." in page
    assert (newest_order(site).pay_state, wallet_of(driver).cash) == (PayState.RELEASED, 9_000)


def test_giving_up_too_late_says_so(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    phone.press_start()
    order = newest_order(site)
    begin(site, order)
    site.work()

    page = phone.follow(phone.post(order_page(order, "cancel")))

    assert "It has begun meanwhile: stop it instead." in words(page)
    assert newest_order(site).charge_state == ChargeState.CHARGING


def test_a_start_that_nobody_plugged_in_for_names_the_money_and_another_connector(
    site: Site, phone: Phone
) -> None:
    phone.signed_in(site.driver(cash=9_000))
    phone.press_start()
    order = newest_order(site)
    site.wait(minutes=3)
    site.work()

    page = words(phone.get(order_page(order)))

    assert "Nobody plugged in, so it didn’t start. Your ¥90.00 is back." in page
    assert "¥90.00 back in your wallet 10:03:00" in page and "Try connector B" in page


def test_the_wallet_is_opened_at_the_first_look(site: Site, phone: Phone) -> None:
    driver = site.driver()
    phone.signed_in(driver)
    page = phone.get(phone.start_path())
    assert "not enough to start ¥0.00" in words(page) and "Add money" in words(page)
    with site.present():
        assert finance.wallet_for(driver, "CNY").available == 0
