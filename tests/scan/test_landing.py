"""The page behind a sticker: what it says of a connector in every state, and to whom it says nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from backoffice.kit import clock, rates as counting
from orders.models import ChargingOrder
from scan import rates
from stations.hours import Hours, parse_ranges
from stations.models import Connector, Maintenance, Pile, Station, Tariff
from stations.services import maintenance, tokens
from tenants.models import Tenant, TenantStatus
from tenants.services import tree
from tests.factories.orders import ACTOR, Site, begin, count_of, make_settled_order
from tests.scan.phones import Phone, newest_order, order_page, text, token_of, words


def test_it_shows_the_pile_its_state_and_what_charging_costs(site: Site, phone: Phone) -> None:
    page = phone.scan()
    told = words(page)

    assert page.status_code == 200
    assert f"{site.pile.name} A" in told
    assert "Free 60 kW" in told and "for 4 min" in told
    assert "Flat until 14:00 ¥ 1.13 /kWh" in told
    assert "From 14:00, in 4 h 00 ¥1.47 Peak" in told.replace("\xa0", " ")
    for period in ("Flat 1.13", "Peak 1.47", "Sharp 1.67", "00:00–14:00 Flat 0.68 0.45 1.13"):
        assert period in told
    assert "Electricity + ¥0.45 service" in told
    assert "Idle fee ¥0.50/min 15 min after charging are free, at most ¥30.00" in told
    assert "Minimum hold ¥5.00" in told
    assert "These prices are yours if you start by 10:05" in told
    assert "Only pay on 127.0.0.1:8000" in told
    assert "Charge here" in told


def test_the_day_is_drawn_as_forty_eight_bars_as_high_as_their_price(phone: Phone) -> None:
    drawn = text(phone.scan())

    assert drawn.count("h6v") == 48
    assert drawn.count("v46h-6z") == 28  # 1.13 of 1.67 of 68
    assert 'class="f past"' in drawn and 'class="s"' in drawn
    assert "00:00–14:00 Flat, 14:00–15:00 Peak, 15:00–24:00 Sharp" in drawn


def test_a_car_that_is_plugged_in_already_is_no_hindrance(site: Site, phone: Phone) -> None:
    site.charger.says(1, "Preparing")
    assert "Plugged in" in words(phone.scan()) and "Charge here" in words(phone.scan())


def suspend(site: Site) -> None:
    tree.suspend_tenant(site.operator, actor=ACTOR, reason="test")


def close_station(site: Site) -> None:
    Station.objects.filter(pk=site.station.pk).update(status="closed")


def go_offline(site: Site) -> None:
    Pile.objects.filter(pk=site.pile.pk).update(online=False, disconnected_at=site.now - timedelta(minutes=9))


def take_out_of_service(site: Site) -> None:
    Connector.objects.filter(pile=site.pile, number=1).update(intent="Inoperative")


def work_on_it(site: Site) -> None:
    now = clock.now()
    maintenance.plan_maintenance(
        site.station, starts_at=now, ends_at=now + timedelta(hours=2), reason="a secret", actor=ACTOR
    )
    Maintenance.objects.update(state="running")


def shut(site: Site) -> None:
    hours = Hours((parse_ranges("18:00-22:00"),) * 7).to_json()
    Station.objects.filter(pk=site.station.pk).update(hours=hours, strict_hours=True)


def drop_tariff(site: Site) -> None:
    Tariff.objects.update(status="retired")


def status(name: str) -> Callable[[Site], None]:
    def report(site: Site) -> None:
        Connector.objects.filter(pile=site.pile, number=1).update(status=name)

    return report


STATES = {
    "tenant_stopped": (suspend, "Charging is suspended here."),
    "station_closed": (close_station, "This station is closed."),
    "offline": (go_offline, "We can’t reach this pile"),
    "faulted": (status("Faulted"), "reports a fault"),
    "unavailable": (status("Unavailable"), "out of service"),
    "out_of_service": (take_out_of_service, "out of service"),
    "occupied": (status("Charging"), "Somebody else is charging here."),
    "finishing": (status("Finishing"), "its cable is still plugged in"),
    "reserved": (status("Reserved"), "reserved for somebody else"),
    "no_tariff": (drop_tariff, "There is no price"),
    "maintenance": (work_on_it, "This pile is being worked on."),
    "out_of_hours": (shut, "This station is closed at this hour."),
}


@pytest.mark.parametrize("state", STATES)
def test_where_nothing_can_start_it_says_why_what_it_means_for_the_money_and_what_to_do(
    site: Site, phone: Phone, state: str
) -> None:
    change, title = STATES[state]
    with site.present():
        change(site)

    page = phone.scan()
    told = words(page)

    assert page.status_code == 200
    assert title in told and "You have not paid anything." in told
    assert "Charge here" not in told
    alike = {"tenant_stopped", "station_closed", "offline", "no_tariff", "maintenance", "out_of_hours"}
    elsewhere = state not in alike
    assert (f"Go to {site.pile.name} B" in told) == elsewhere


@pytest.mark.parametrize("state", STATES)
def test_where_nothing_can_start_a_signed_in_driver_cannot_press_either(
    site: Site, phone: Phone, state: str
) -> None:
    change, title = STATES[state]
    phone.signed_in(site.driver(cash=5_000))
    with site.present():
        change(site)

    answer = phone.post(phone.start_path())

    assert answer.status_code == 200 and title in words(answer)
    assert count_of(ChargingOrder) == 0


def test_another_drivers_charge_is_told_without_who_it_is(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=5_000)
    begin(site, site.press_start(driver))

    told = words(phone.scan())

    assert "Somebody else is charging here." in told and "since 10:00" in told
    assert driver.phone[-4:] not in told and driver.name not in told


def test_the_own_charge_leads_to_its_page(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=5_000)
    phone.signed_in(driver)
    order = site.press_start(driver)

    for state in ("waiting", "running"):
        answer = phone.scan()
        assert (answer.status_code, answer.headers["Location"]) == (302, order_page(order)), state
        if state == "waiting":
            begin(site, order)


def test_who_charges_elsewhere_is_led_there(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=5_000)
    phone.signed_in(driver)
    order = site.press_start(driver)

    page = phone.scan(2)

    assert "You are charging somewhere else already." in words(page)
    assert order_page(order) in text(page)


def test_a_blocked_driver_is_told_that_the_money_is_still_his(site: Site, phone: Phone) -> None:
    phone.signed_in(site.driver(cash=5_000, status="blocked"))
    told = words(phone.scan())
    assert "Your account is blocked" in told and "The money in your wallet is still yours." in told


def test_a_replaced_code_says_so_and_opens_nothing(site: Site, phone: Phone) -> None:
    old = token_of(site)
    with site.present():
        tokens.replace_token(site.connector(), actor=ACTOR, reason="test")
    phone.signed_in(site.driver(cash=5_000))

    page = phone.get(f"/q/{old}")

    assert page.status_code == 200 and "This code was replaced." in words(page)
    assert "Charge here" not in words(page)
    assert "This code was replaced." in words(phone.post(f"/q/{old}/start"))
    assert count_of(ChargingOrder) == 0
    assert "Charge here" in words(phone.scan())


def test_what_to_do_when_the_pile_says_another_number(site: Site, phone: Phone) -> None:
    page = phone.get(f"/q/{token_of(site)}/match")
    assert page.status_code == 200
    assert "Don’t pay here." in words(page) and f"{site.pile.name} A" in words(page)


@pytest.mark.parametrize("code", ["7K2M9QXA4HT", "nonsense", "a" * 300, "%00", "../..", "１２３"])
def test_a_code_that_was_never_one_is_nothing_whatever_it_looks_like(phone: Phone, code: str) -> None:
    page = phone.get(f"/q/{code}")
    assert page.status_code == 404
    if "/" not in code:
        assert "This address opens nothing. You have not paid anything here." in words(page)


def test_who_guesses_codes_is_shut_out_for_a_while_and_alone(site: Site, phone: Phone) -> None:
    for _ in range(rates.GUESSES.most):
        assert phone.get("/q/7K2M9QXA4HT").status_code == 404

    shut_out = phone.scan()

    assert shut_out.status_code == 429 and int(shut_out.headers["Retry-After"]) > 0
    assert phone.get("/c/" + "x" * 22).status_code == 429
    assert Phone(site).scan().status_code == 200
    site.wait(minutes=11)
    assert phone.scan().status_code == 200


def test_a_device_scans_so_often_a_minute_and_an_address_some_more(site: Site, phone: Phone) -> None:
    answers = [phone.scan().status_code for _ in range(22)]
    assert answers == [200] * 21 + [429]  # the first has no cookie yet

    phone.client.cookies.clear()
    assert phone.scan().status_code == 200
    for _ in range(40):
        phone.client.cookies.clear()
        last = phone.scan().status_code
    assert last == 429
    site.wait(minutes=1)
    assert phone.scan().status_code == 200


def test_the_limits_hold_while_valkey_is_away(
    site: Site, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise counting.redis.ConnectionError("gone")

    monkeypatch.setattr(counting.cache, "add", gone, raising=False)

    answers = [phone.scan().status_code for _ in range(22)]

    assert answers == [200] * 21 + [429]


def test_a_code_is_typed_as_it_is_read(site: Site, phone: Phone) -> None:
    assert "Code on the sticker" in words(phone.get("/q/"))
    token = token_of(site)
    typed = f" {token[:4].lower()}-{token[4:8]} {token[8:]} "

    answer = phone.get("/q/", code=typed)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/q/{token}")


@pytest.mark.parametrize("typed", ["7K2M-9QXA-4HT", "", "x" * 41, "\x00", "🔌"])
def test_a_slip_of_the_pen_is_told_at_the_field(phone: Phone, typed: str) -> None:
    page = phone.get("/q/", code=typed)
    assert page.status_code == 200
    assert 'aria-invalid="true"' in text(page)
    if typed and typed.isprintable():
        assert typed in text(page)


def test_a_connector_is_free_again_after_a_charge(site: Site, phone: Phone) -> None:
    make_settled_order(site)
    assert "Charge here" in words(phone.scan())
    assert newest_order(site).settled_at is not None


def test_running_charges_go_on_where_the_operator_is_suspended(site: Site, phone: Phone) -> None:
    driver = site.driver(cash=5_000)
    order = site.press_start(driver)
    begin(site, order)
    site.work()
    with site.present():
        suspend(site)
        site.operator.refresh_from_db()
    assert site.operator.status == TenantStatus.SUSPENDED
    phone.signed_in(driver)

    page = phone.get(order_page(order))

    assert page.status_code == 200 and "Stop charging" in words(page)
    assert phone.post(order_page(order, "stop")).status_code == 302
    assert newest_order(site).charge_state == "stopping"


def test_it_says_when_it_can_be_used_again_and_not_why_it_cannot(site: Site, phone: Phone) -> None:
    with site.present():
        work_on_it(site)
    told = words(phone.scan())
    assert "until about 12:00" in told and "a secret" not in told

    with site.present():
        Maintenance.objects.update(state="done")
        shut(site)
    assert "opens 18:00" in words(phone.scan())


def test_hours_alone_are_told_and_stop_nobody(site: Site, phone: Phone) -> None:
    with site.present():
        hours = Hours((parse_ranges("18:00-22:00"),) * 7).to_json()
        Station.objects.filter(pk=site.station.pk).update(
            hours=hours, facilities=["toilet"], parking="Two hours free", height_limit_m="2.10"
        )
        now = clock.now()
        maintenance.plan_maintenance(
            site.station,
            starts_at=now + timedelta(hours=4),
            ends_at=now + timedelta(hours=6),
            reason="a secret",
            actor=ACTOR,
        )
    told = words(phone.scan())

    for sentence in (
        "Closed now, opens 18:00",
        "18:00–22:00",
        "Toilet",
        "Two hours free",
        "Height limit 2.10 m",
    ):
        assert sentence in told
    assert "will be worked on from 14:00 to 16:00" in told and "a secret" not in told
    assert "Charge here" in told


def test_the_logo_of_the_operator_stands_beside_its_name(site: Site, phone: Phone) -> None:
    assert 'class="logo"' not in text(phone.scan())
    with site.present():
        Tenant.objects.filter(pk=site.operator.pk).update(logo="logos/0123456789abcdef0123456789abcdef.png")
    page = text(phone.scan())
    assert 'class="logo" src="/q/logo/0123456789abcdef0123456789abcdef.png"' in page
