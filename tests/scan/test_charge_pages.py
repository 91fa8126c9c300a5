"""One charge on its page: waiting, live, out of touch, stopping, the receipt; and who may see and stop it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from ocpp_gateway.wire import CommandState
from orders.bill import Bill
from orders.models import ChargingOrder
from orders.services import billing
from orders.states import ChargeState, ReviewState
from scan.progress import live_of
from stations.models import Connector
from tests.factories.orders import (
    Site,
    again,
    cases_of,
    charge,
    commands_for,
    make_running_order,
    make_settled_order,
)
from tests.scan.phones import Phone, newest_order, order_page, text, words

PAGES = ("order", "stop", "problem")
POSTS = ("cancel", "stop", "text", "problem")


@pytest.fixture
def running(site: Site, phone: Phone) -> ChargingOrder:
    """A charge of the phone's driver with 16 kWh so far."""
    order, transaction_id = make_running_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)
    for minute in range(1, 17):
        site.wait(minutes=1)
        site.charger.meters(transaction_id, 1_000_000 + 1000 * minute, power_w=57_300, soc=40 + minute)
    site.wait(seconds=4)
    site.work()
    return again(order)


def transaction_of(order: ChargingOrder) -> int:
    assert order.transaction_id is not None
    return order.transaction_id


def test_the_steps_before_energy_are_those_that_happened(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    order = again(newest(phone, site))
    steps = re.compile(r'<li class="(done|current|later)">')

    seen = [steps.findall(text(phone.get(order_page(order))))]
    [command] = commands_for(order, "RemoteStartTransaction")
    site.charger.answers(command, CommandState.ACCEPTED, answer={"status": "Accepted"})
    seen.append(steps.findall(text(phone.get(order_page(order)))))
    site.charger.says(1, "Preparing")
    seen.append(steps.findall(text(phone.get(order_page(order)))))

    assert seen == [
        ["done", "current", "later", "later"],
        ["done", "done", "current", "later"],
        ["done", "done", "done", "current"],
    ]
    site.wait(seconds=48)
    page = phone.get(order_page(order))
    assert "1:42" in words(page) and "Not plugged in by 10:02:30" in words(page)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in text(page)


def newest(phone: Phone, site: Site) -> ChargingOrder:
    phone.press_start()
    return newest_order(site)


def test_the_wrong_plug_is_noticed(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=9_000))
    order = newest(phone, site)
    site.wait(seconds=10)
    site.charger.says(2, "Preparing")
    assert "Connector B was plugged in. This charge is for connector A." in words(
        phone.get(order_page(order))
    )
    site.charger.says(1, "Preparing")
    assert "was plugged in" not in words(phone.get(order_page(order)))


def test_the_live_page_says_how_it_stands(site: Site, phone: Phone, running: ChargingOrder) -> None:
    page = phone.get(order_page(running))
    told = words(page).replace("\xa0", " ")

    assert "Charging last heard 4 s ago" in told
    assert "Battery 56 % 57.3 kW from 41 %" in told
    assert "Energy 16.00 kWh Cost so far ¥ 18.08 Time 16 min Hold left ¥ 81.92" in told
    assert "¥18.08 of ¥100.00 hold stops when full" in told
    assert "Flat ¥1.13 /kWh from 14:00 Peak ¥1.47" in told
    assert 'stroke-dasharray="56 100"' in text(page)
    assert "Stop charging" in told


def test_what_it_costs_so_far_is_what_a_stop_now_would_bill(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    with site.present():
        shown = live_of(again(running)).cost
    site.charger.stops(transaction_of(running), 1_016_000)
    site.work()
    assert again(running).total == shown.amount == 1_808


def test_without_a_battery_level_the_energy_is_the_big_figure(site: Site, phone: Phone) -> None:
    order, transaction_id = make_running_order(site, kind="energy", value=10_000)
    assert order.driver is not None
    phone.signed_in(order.driver)
    site.wait(minutes=4)
    site.charger.meters(transaction_id, 1_002_500)
    site.work()

    page = phone.get(order_page(order))

    assert '<p class="huge wide">2.50</p>' in text(page)
    assert 'stroke-dasharray="25 100"' in text(page) and "stops at 10.0 kWh" in words(page)


def test_the_part_of_the_page_says_which_page_it_is_of(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    part = phone.get(order_page(running), part="")
    assert part.headers["X-Page"] == "live"
    assert text(part).lstrip().startswith("<main") and "<html" not in text(part)
    site.charger.stops(transaction_of(running), 1_016_000)
    assert phone.get(order_page(running), part="").headers["X-Page"] == "ending"
    site.work()
    assert phone.get(order_page(running), part="").headers["X-Page"] == "receipt"


def test_while_the_pile_is_away_the_figures_stand_still(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    site.charger.goes()
    site.wait(minutes=6)

    told = words(phone.get(order_page(running))).replace("\xa0", " ")

    assert "We lost contact with the pile. Your car is probably still charging." in told
    assert "last heard 10:16:00, 6 min ago" in told
    assert "Energy at 10:16 16.00 kWh Cost at 10:16 ¥ 18.08" in told
    assert "Your hold of ¥100.00 is safe." in told and "Stop when it is back" in told


def test_a_stop_is_asked_for_confirmed_and_sent_once(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    page = words(phone.get(order_page(running, "stop")))
    assert "Stop now, and pay what the meter counts. Cost so far ¥ 18.08" in page
    assert "about ¥81.92" in page and "Go on charging" in page
    assert again(running).charge_state == ChargeState.CHARGING

    for _ in range(2):
        answer = phone.post(order_page(running, "stop"))
        assert answer.headers["Location"] == order_page(running)

    assert "Stopping asked at 10:16:04" in words(phone.follow(answer))
    assert len(commands_for(running, "RemoteStopTransaction")) == 1


def test_a_stop_of_what_has_ended_leads_to_the_receipt(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    site.charger.stops(transaction_of(running), 1_016_000)
    site.work()
    for answer in (
        phone.get(order_page(running, "stop")),
        phone.post(order_page(running, "stop")),
        phone.post(order_page(running, "cancel")),
    ):
        assert "Receipt" in words(phone.follow(answer))
    assert commands_for(running, "RemoteStopTransaction") == []


def test_a_pile_that_does_not_stop_is_told_as_it_is(site: Site, phone: Phone, running: ChargingOrder) -> None:
    phone.post(order_page(running, "stop"))
    for _ in range(20):
        site.wait(seconds=61)
        site.work()

    assert "The pile does not stop" in words(phone.get(order_page(running)))
    assert "A05" in cases_of(running)


def test_whoever_has_the_link_sees_the_charge_and_nothing_of_the_driver(
    site: Site, running: ChargingOrder
) -> None:
    visitor = Phone(site)
    assert running.driver is not None

    page = visitor.get(order_page(running))

    assert page.status_code == 200 and "Sign in to stop" in words(page)
    for secret in (running.driver.phone[-4:], running.driver.name, running.id_tag, "wallet"):
        assert secret not in text(page)
    for name in POSTS:
        answer = visitor.post(order_page(running, name), words="x")
        assert answer.status_code == 302 and "/sign-in?next=" in answer.headers["Location"], name
    assert again(running).charge_state == ChargeState.CHARGING
    assert cases_of(running) == {}


def test_another_drivers_charge_is_not_there(site: Site, running: ChargingOrder) -> None:
    other = Phone(site).signed_in(site.driver(cash=9_000))
    for name in PAGES:
        assert other.get(order_page(running, name)).status_code == 404, name
    for name in POSTS:
        assert other.post(order_page(running, name), words="x").status_code == 404, name
    assert again(running).charge_state == ChargeState.CHARGING
    assert cases_of(running) == {}


@pytest.mark.parametrize("link", ["x" * 22, "at", "1", "A" * 400])
def test_a_guessed_link_opens_nothing(site: Site, phone: Phone, link: str) -> None:
    phone.signed_in(site.driver())
    for name in PAGES:
        assert phone.get(reverse(f"scan:{name}", args=[link])).status_code == 404
    for name in POSTS:
        assert phone.post(reverse(f"scan:{name}", args=[link])).status_code == 404


def test_in_another_browser_the_link_and_a_sign_in_lead_back(site: Site, running: ChargingOrder) -> None:
    assert running.driver is not None
    elsewhere = Phone(site)
    asked = elsewhere.get(order_page(running, "stop"))
    assert f"{site.pile.name} A" in words(elsewhere.follow(asked))
    elsewhere.signed_in(running.driver)
    assert "Stop now" in words(elsewhere.get(order_page(running, "stop")))


def test_between_the_stop_and_the_bill_the_page_says_so(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    site.charger.stops(transaction_of(running), 1_016_000)
    page = phone.get(order_page(running))
    assert "Charging has ended. The bill comes in a few seconds." in words(page)


def test_the_receipt_explains_every_line_and_where_the_money_is(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    site.charger.stops(transaction_of(running), 1_016_400, reason="Local")
    site.charger.says(1, "Finishing")
    site.work()

    told = words(phone.get(order_page(running))).replace("\xa0", " ")

    assert "Paid from your wallet ¥ 18.53 16.400 kWh" in told
    assert "¥81.47 given back in the wallet 10:16:04" in told
    assert "Please unplug idle fee from 10:31" in told
    assert "Flat 16.400 kWh 18.53 10:00–10:16 Electricity × 0.68 11.15 Service × 0.45 7.38" in told
    assert "Total ¥18.53 Set aside before the start 100.00 Given back to you 81.47 Paid 18.53" in told
    assert "Meter 1,000.000 → 1,016.400 kWh" in told and "stopped at the pile" in told


def test_the_idle_fee_stands_on_the_receipt_with_its_arithmetic(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    site.charger.stops(transaction_of(running), 1_016_400)
    site.charger.says(1, "Finishing")
    site.work()
    site.wait(minutes=25, seconds=30)
    counting = words(phone.get(order_page(running))).replace("\xa0", " ")
    assert "Please unplug idle fee so far ¥5.00" in counting and "still counting" in counting
    site.wait(minutes=20)
    site.charger.says(1, "Available")
    site.work()

    told = words(phone.get(order_page(running))).replace("\xa0", " ")

    assert "Idle fee 30 min 15.00 15 min free, then 10:31:04–11:01:34 × 0.50" in told
    assert "Total ¥33.53" in told and "Taken from the wallet later 15.00" in told and "Paid 33.53" in told
    assert "Please unplug" not in told


def test_the_bill_of_a_day_with_several_periods_adds_up(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=20_000)
    phone.signed_in(driver)
    site.wait(hours=3, minutes=40)
    order = site.press_start(driver)
    charge(site, order, wh=60_000, minutes=90)
    site.work()

    told = words(phone.get(order_page(order))).replace("\xa0", " ")

    bill = Bill.from_json(again(order).bill)
    assert re.findall(r"(Flat|Peak|Sharp) [\d.]+ kWh", told) == ["Flat", "Peak", "Sharp"]
    for line in bill.lines:
        assert f"{line.amount.decimal}" in told
    assert f"Total ¥{bill.payable.decimal}" in told


def test_a_charge_that_costs_nothing_says_why(site: Site, phone: Phone) -> None:
    order, transaction_id = make_running_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)
    site.charger.stops(transaction_id, 1_000_005)
    site.work()
    told = words(phone.get(order_page(order)))
    assert "Nothing to pay" in told and "Next to no energy flowed: nothing is charged." in told
    assert "¥100.00 given back" in told


def test_what_is_owed_stands_on_the_receipt_with_the_way_to_pay(site: Site, phone: Phone) -> None:
    order, transaction_id = make_running_order(site, cash=600)
    assert order.driver is not None
    phone.signed_in(order.driver)
    site.wait(minutes=10)
    site.charger.stops(transaction_id, 1_010_000)
    site.work()
    told = words(phone.get(order_page(order)))
    assert "¥5.30 not paid yet before you charge again" in told
    assert "Not paid yet 5.30" in told and "Pay ¥5.30" in told


def test_a_complaint_opens_a_case_in_the_drivers_words(site: Site, phone: Phone) -> None:
    order = make_settled_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)
    assert "What is wrong with this charge?" in words(phone.get(order_page(order, "problem")))

    sent = [phone.post(order_page(order, "problem"), words="It stopped early", once="one") for _ in range(2)]

    assert {answer.headers["Location"] for answer in sent} == {order_page(order)}
    case = cases_of(order)["A20"]
    assert case.evidence["words"] == "It stopped early" and "later" not in case.evidence
    assert again(order).review_state == ReviewState.ABNORMAL
    assert "We are checking this charge." in words(phone.get(order_page(order)))


@pytest.mark.parametrize("said", ["", "   ", "x" * 501])
def test_a_complaint_without_words_is_told_at_the_field(site: Site, phone: Phone, said: str) -> None:
    order = make_settled_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)
    page = phone.post(order_page(order, "problem"), words=said)
    assert page.status_code == 200 and 'aria-invalid="true"' in text(page)
    assert cases_of(order) == {}


def test_complaints_have_a_limit(site: Site, phone: Phone) -> None:
    order = make_settled_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)
    answers = [
        phone.post(order_page(order, "problem"), words=f"n {number}").status_code for number in range(4)
    ]
    assert answers == [302, 302, 302, 429]


def test_the_page_of_a_running_charge_stays_quick_after_a_day_of_readings(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    facts = [
        site.charger.meter_fact(
            transaction_of(running), 1_016_000 + number, at=site.now + timedelta(seconds=number)
        )
        for number in range(60)
    ]
    site.charger.deliver_meters(facts)
    with site.present():
        row = again(running)
        assert billing.account(row, row.transaction).envelope.wh == live_of(row).wh  # type: ignore[arg-type]
        assert Connector.objects.get(pk=row.connector_id).status == "Charging"
    assert phone.get(order_page(running)).status_code == 200


def test_a_charge_begun_with_a_card_has_its_page_too(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=9_000)
    phone.signed_in(driver)
    card = site.card(driver)
    site.charger.says(1, "Preparing")
    site.charger.starts(card.uid)
    site.charger.says(1, "Charging")
    site.work()
    page = phone.get(order_page(newest_order(site)))
    assert page.status_code == 200 and "Stop charging" in words(page)


def test_the_start_page_of_a_connector_that_charges_for_the_driver_leads_to_it(
    site: Site, phone: Phone, running: ChargingOrder
) -> None:
    assert phone.get(phone.start_path()).headers["Location"] == order_page(running)
    assert phone.post(phone.start_path()).headers["Location"] == order_page(running)
