"""Holidays, seasons and weekdays reach every figure: the poster, the quote, the running fee, the final bill."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backoffice.kit.scope import unscoped
from orders.bill import Bill
from orders.quotes import Quote, quote
from orders.samples import price_sample
from scan.strip import draw_strip
from stations.models import Connector
from stations.samples import Sample
from stations.slots import Band
from tenants.models import Holiday
from tests.factories.orders import MORNING, WORKED_PRICE, Site, again, charge, make_running_order, make_site

SHANGHAI = ZoneInfo("Asia/Shanghai")


def day_type(kind: str, **over: Any) -> dict[str, Any]:
    return {"kind": kind, "name": kind, "codes": "S" * 48, "weekdays": [], "season": [], "dates": []} | over


def quoted(site: Site) -> Quote:
    with unscoped(reason="tests"):
        connector = Connector.objects.select_related("pile__station", "pile__model").get(
            pile=site.pile, number=1
        )
        found = quote(connector, at=site.now)
    assert found is not None
    return found


def today() -> date:
    """The local day on which sites of tests stand."""
    return MORNING.astimezone(SHANGHAI).date()


def of_today(kind: str) -> dict[str, Any]:
    """A day type that today is of, with the sharp price all day."""
    day = today()
    return {
        "dates": day_type("dates", dates=[day.isoformat()]),
        "holidays": day_type("holidays"),
        "weekdays": day_type("weekdays", weekdays=[day.weekday()]),
        "season": day_type("season", season=[f"{day:%m-%d}", f"{day + timedelta(days=30):%m-%d}"]),
    }[kind]


@pytest.mark.parametrize("kind", ["dates", "holidays", "weekdays", "season"])
def test_the_price_of_a_day_type_reaches_every_figure(books: None, kind: str) -> None:
    site = make_site(price=WORKED_PRICE, days=[of_today(kind)])
    if kind == "holidays":
        with unscoped(reason="tests"):
            Holiday.objects.create(tenant=site.operator.parent, date=today(), name="Founding day")
    offer = quoted(site)
    strip = draw_strip(offer.tariff, site.now)
    assert {period.band for period in strip.periods} == {Band.SHARP}
    assert offer.tariff.price_at(site.now).total == Decimal("1.67")

    order, transaction = make_running_order(site)
    assert order.tariff["days"]
    site.wait(minutes=10)
    site.charger.meters(transaction, 1_006_000)
    site.work()
    assert again(order).total == 1_002  # 6 kWh at 1.67

    site.wait(minutes=10)
    site.charger.stops(transaction, 1_010_000)
    site.charger.says(1, "Finishing")
    site.work()
    ended = again(order)
    assert (ended.sharp_wh, ended.flat_wh, ended.total) == (10_000, 0, 1_670)
    assert {line.band for line in Bill.from_json(ended.bill).lines} == {Band.SHARP}


def test_a_holiday_of_somebody_else_changes_no_price(books: None) -> None:
    site = make_site(price=WORKED_PRICE, days=[day_type("holidays")])
    with unscoped(reason="tests"):
        Holiday.objects.create(tenant=site.agency, date=today(), name="Day of the agency")
        Holiday.objects.create(tenant=site.operator, date=today() + timedelta(days=1), name="Tomorrow")

    assert quoted(site).tariff.price_at(site.now).total == Decimal("1.13")


def test_a_holiday_that_is_entered_later_changes_no_charge_that_runs(books: None) -> None:
    site = make_site(price=WORKED_PRICE, days=[day_type("holidays")])
    order = site.press_start(site.driver(cash=10_000))
    with unscoped(reason="tests"):
        Holiday.objects.create(tenant=site.operator, date=today(), name="Announced late")
    charge(site, order)
    site.work()

    assert again(order).total == 1_130


def test_standing_is_free_in_the_hours_that_the_version_says(books: None) -> None:
    local = MORNING.astimezone(SHANGHAI)
    hours = [[f"{local:%H:%M}", f"{local + timedelta(hours=3):%H:%M}"]]
    fees = {"idle_grace_min": 5, "idle_per_minute": 50, "idle_cap": 3000}
    paid, free = make_site(**fees), make_site(**fees, idle_free=hours)
    totals = []
    for site in (paid, free):
        order = site.press_start(site.driver(cash=10_000))
        charge(site, order)
        site.wait(minutes=25)
        site.charger.says(1, "Available")
        site.work()
        totals.append(again(order).total)

    assert totals == [2_000 + 20 * 50, 2_000]


def test_a_sample_session_costs_what_such_a_charge_is_billed(books: None) -> None:
    site = make_site(price=WORKED_PRICE, days=[of_today("weekdays")])
    start = site.now
    bill = price_sample(Sample(start, 10_000, 60_000), quoted(site).tariff)
    order = site.press_start(site.driver(cash=10_000))
    charge(site, order, wh=10_000, minutes=10)
    site.work()

    assert bill.total.amount == again(order).total == 1_670
    assert bill.parts == ((Band.SHARP, 10_000, bill.total),)
    assert bill.ended_at - start == timedelta(minutes=10)


def test_a_sample_over_midnight_is_split_by_the_days_that_it_touches(books: None) -> None:
    start = datetime(2027, 1, 1, 23, 30, tzinfo=SHANGHAI)
    site = make_site(price=WORKED_PRICE, days=[day_type("dates", dates=["2027-01-02"])])
    tariff = quoted(site).tariff
    bill = price_sample(Sample(start, 60_000, 60_000), tariff)

    assert [(band, wh) for band, wh, _money in bill.parts] == [(Band.SHARP, 60_000)]
    assert price_sample(Sample(start - timedelta(hours=9, minutes=30), 60_000, 60_000), tariff).parts[0][
        :2
    ] == (
        Band.PEAK,
        60_000,
    )
