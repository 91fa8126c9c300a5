"""MeterValues: stored whatever they say, attached where there is no doubt, shown when they are the newest."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from ocpp_gateway import wire
from orders.models import Sample
from tests.factories.orders import (
    Site,
    again,
    count_of,
    make_running_order,
    make_site,
    value,
)

REGISTER = "Energy.Active.Import.Register"


def samples(site: Site) -> list[Sample]:
    with site.present():
        return list(Sample.objects.order_by("taken_at", "pk"))


def test_a_reading_shows_on_its_order_and_the_worker_prices_it(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=1)

    assert site.charger.meters(key, 1_000_900, power_w=54_000, soc=41) == [order.pk]

    order = again(order)
    assert (order.power_w, order.soc, order.soc_start, order.last_sample_at) == (54_000, 41, 41, site.now)
    assert order.priced_at is None
    site.work()
    order = again(order)
    assert (order.energy_wh, order.total) == (900, 180)


def test_a_reading_sent_again_is_stored_once(site: Site) -> None:
    _, key = make_running_order(site)
    fact = site.charger.meter_fact(key, 1_000_900, power_w=54_000)

    site.charger.deliver_meters([fact, fact])
    site.charger.deliver_meters([fact])

    assert count_of(Sample) == 1


def test_an_unknown_reading_sent_again_is_stored_once(site: Site) -> None:
    fact = site.charger.meter_fact(4711, 1_000_900)

    for _ in range(3):
        assert site.charger.deliver_meters([fact, fact]) == []

    [sample] = samples(site)
    assert (sample.transaction_id, sample.remarks) == (None, "sent_for_4711")


def test_an_older_reading_that_comes_late_is_stored_and_not_shown(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=2)
    site.charger.meters(key, 1_002_000, power_w=30_000, soc=45)

    site.charger.meters(key, 1_001_000, power_w=60_000, soc=40, at=site.now - timedelta(minutes=1))

    assert count_of(Sample) == 2
    assert (again(order).power_w, again(order).soc) == (30_000, 45)


@pytest.mark.parametrize("claimed", [None, 0, -1, 999_999])
def test_a_reading_without_a_usable_id_goes_to_what_ran_there_then(site: Site, claimed: int | None) -> None:
    _, key = make_running_order(site)
    site.wait(minutes=1)

    site.charger.meters(claimed, 1_000_900)

    assert [sample.transaction_id for sample in samples(site)] == [key]


@pytest.mark.statement(59)
def test_a_reading_of_another_piles_transaction_is_not_given_to_it(site: Site) -> None:
    order, key = make_running_order(site)
    other = make_site()

    other.charger.meters(key, 5_000_000)
    site.work()

    assert [sample.transaction_id for sample in samples(site)] == [None]
    assert again(order).energy_wh == 0


@pytest.mark.statement(59)
@pytest.mark.parametrize(
    ("connector", "shift"),
    [(2, 0), (0, 0), (1, -60)],
    ids=["another connector", "the whole pile", "before the start"],
)
def test_a_reading_that_fits_nowhere_is_an_orphan(site: Site, connector: int, shift: int) -> None:
    make_running_order(site)
    site.wait(minutes=1)

    site.charger.meters(None, 1_000_900, connector=connector, at=site.now + timedelta(minutes=shift))

    assert [sample.transaction_id for sample in samples(site)] == [None]


def test_readings_between_two_sessions_belong_to_neither(site: Site) -> None:
    first = site.charger.starts("TAG").transaction_id
    site.wait(minutes=10)
    site.charger.stops(first, 1_001_000)
    site.wait(minutes=10)
    gap = site.now
    site.wait(minutes=10)
    second = site.charger.starts("TAG", meter_start=1_001_000).transaction_id
    site.wait(minutes=10)

    for at in (gap, gap - timedelta(minutes=15), site.now):
        site.charger.meters(None, 1_001_000, at=at)

    assert [sample.transaction_id for sample in samples(site)] == [first, None, second]


def test_a_reading_goes_to_the_later_of_two_that_are_both_open(site: Site) -> None:
    lost = site.charger.starts("TAG").transaction_id
    site.wait(minutes=10)
    running = site.charger.starts("TAG", meter_start=1_001_000).transaction_id
    site.wait(minutes=1)

    site.charger.meters(None, 1_001_500)
    site.charger.meters(None, 1_000_500, at=site.now - timedelta(minutes=5))

    assert [sample.transaction_id for sample in samples(site)] == [lost, running]


@pytest.mark.statement(62)
def test_connector_0_and_the_inlet_are_never_billed(site: Site) -> None:
    _, key = make_running_order(site)
    site.charger.meters(key, 9_000_000, connector=0)
    inlet = wire.Reading(at=site.now, values=(value(REGISTER, 8_000_000, "Wh", location="Inlet"),))
    site.charger.meters(key, None, readings=(inlet,))

    assert [sample.register_wh for sample in samples(site)] == [None, None]


@pytest.mark.statement(62)
def test_phases_are_added_up_where_there_is_no_total(site: Site) -> None:
    _, key = make_running_order(site)
    phases = [value(REGISTER, 400_000 + n, "Wh", phase=f"L{n}") for n in (1, 2, 3)]
    power = [value("Power.Active.Import", 7_000, "W", phase=f"L{n}") for n in (1, 2, 3)]
    reading = wire.Reading(at=site.now, values=(*phases, *power))

    site.charger.meters(key, None, readings=(reading,))

    [sample] = samples(site)
    assert (sample.register_wh, sample.power_w) == (Decimal(1_200_006), Decimal(21_000))


@pytest.mark.parametrize(
    "nonsense",
    [
        value("SoC", -1, "Percent"),
        value("SoC", 300, "Percent"),
        value("Power.Active.Import", 10**14, "W"),
        value("Temperature", 10**9, "Celsius"),
        value("Energy.Active.Import.Register", 10**14, "Wh"),
        value("Energy.Active.Import.Register", -5, "Wh"),
        wire.SampledValue(measurand="x" * 500, raw="y" * 500, value=None, context="z" * 500),
        wire.SampledValue(measurand=REGISTER, raw="QUJD", value=None, format="SignedData"),
    ],
    ids=["soc below 0", "soc above 100", "power", "heat", "register", "negative register", "words", "signed"],
)
def test_a_value_that_cannot_be_true_is_kept_as_it_was_sent_and_does_no_harm(
    site: Site, nonsense: wire.SampledValue
) -> None:
    order, key = make_running_order(site)

    site.charger.meters(key, None, readings=(wire.Reading(at=site.now, values=(nonsense,)),))
    site.work()

    [sample] = samples(site)
    assert sample.readings[0]["value"] == nonsense.raw
    assert [sample.register_wh, sample.power_w, sample.soc, sample.temperature_c] == [None] * 4
    assert again(order).energy_wh == 0


def test_a_reading_without_values_is_left_out(site: Site) -> None:
    _, key = make_running_order(site)

    site.charger.meters(key, None, readings=(wire.Reading(at=site.now, values=()),))

    assert samples(site) == []


@pytest.mark.statement(59)
@pytest.mark.quirk("readings-after-stop")
def test_a_reading_after_the_stop_is_kept_and_changes_no_money(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=10)
    site.charger.stops(key, 1_006_000)
    site.work()
    before = again(order)

    site.charger.meters(key, 1_006_000, context="Transaction.End", at=site.now)
    site.wait(minutes=1)
    site.charger.meters(key, 1_007_000)
    site.work()

    assert count_of(Sample) == 2
    assert (again(order).total, again(order).version) == (before.total, 1)


def test_the_order_in_which_readings_arrive_does_not_matter(books: None) -> None:
    totals = set()
    for order_of_arrival in permutations(range(3)):
        site = make_site(codes="F" * 21 + "P" * 27, peak_electricity=Decimal("1.5"))
        order, key = make_running_order(site)
        begun = site.now
        readings = [(1_010_000, 10), (1_025_000, 25), (1_040_000, 40)]
        site.wait(minutes=50)
        for index in order_of_arrival:
            wh, minute = readings[index]
            site.charger.meters(key, wh, at=begun + timedelta(minutes=minute))
            site.work()
        site.charger.stops(key, 1_050_000)
        site.work()
        totals.add((again(order).total, again(order).flat_wh, again(order).peak_wh))

    assert len(totals) == 1


@pytest.mark.quirk("register-from-zero")
def test_a_pile_that_counts_from_zero_in_each_session_is_billed_by_its_difference(site: Site) -> None:
    order, key = make_running_order(site)
    for minute in range(1, 11):
        site.wait(minutes=1)
        site.charger.meters(key, minute * 900)
        site.work()
        assert again(order).energy_wh == minute * 900

    site.charger.stops(key, 1_009_000)
    site.work()

    assert again(order).energy_wh == 9_000


@pytest.mark.statement(63)
def test_a_falling_register_never_shows_less_energy(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_004_000)
    site.work()
    site.wait(minutes=1)
    site.charger.meters(key, 1_001_000)
    site.work()

    assert again(order).energy_wh == 4_000
