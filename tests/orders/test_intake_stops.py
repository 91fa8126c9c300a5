"""StopTransaction: always answered, the first one counts, and nobody stops the charge of another pile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ocpp_gateway.wire import StopAnswer
from orders.models import Case, LooseFact, Sample, Transaction
from orders.states import ChargeState, FactFlag
from tests.factories.orders import (
    Site,
    again,
    cases_of,
    count_of,
    make_running_order,
    make_site,
    order_of,
    read,
)


def stored(site: Site, key: int) -> Transaction:
    with site.present():
        return Transaction.objects.get(pk=key)


def loose(site: Site) -> list[LooseFact]:
    with site.present():
        return list(LooseFact.objects.order_by("pk"))


def test_a_stop_ends_the_order_at_once(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=10)

    site.charger.stops(key, 1_006_000, reason="EVDisconnected")

    order = again(order)
    assert (order.charge_state, order.meter_stop, order.stop_reason) == (
        ChargeState.ENDED,
        1_006_000,
        "EVDisconnected",
    )
    assert order.stopped_at == site.now


@pytest.mark.statement(67, 73)
def test_a_stop_delivered_again_changes_nothing_and_gets_the_same_answer(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=10)
    fact = site.charger.stop_fact(key, 1_006_000, id_tag=order.id_tag)
    [first] = site.charger.deliver_stops([fact])
    site.work()
    before = again(order)
    site.wait(minutes=2)

    assert site.charger.deliver_stops([fact, fact]) == [first, first]
    site.work()

    assert again(order) == before
    assert again(order).version == before.version == 1
    assert count_of(LooseFact) == 0


def test_a_one_time_token_has_served_its_time_when_it_stops(site: Site) -> None:
    order, key = make_running_order(site)

    answer = site.charger.stops(key, 1_000_500, id_tag=order.id_tag)

    assert answer.id_tag is not None
    assert answer.id_tag.status == "Expired"


@pytest.mark.statement(68)
def test_a_stop_without_a_tag_has_no_tag_in_its_answer(site: Site) -> None:
    _, key = make_running_order(site)

    assert site.charger.stops(key, 1_000_500) == StopAnswer(id_tag=None)


@pytest.mark.statement(70)
def test_the_first_of_two_stops_counts_and_the_other_is_a_case(site: Site) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=10)
    site.charger.stops(key, 1_006_000)
    site.work()
    paid = again(order).paid_cash

    site.charger.stops(key, 1_009_000)
    site.charger.stops(key, 1_009_500)
    site.work()

    order = again(order)
    assert (order.meter_stop, order.paid_cash) == (1_006_000, paid)
    assert stored(site, key).meter_stop == 1_006_000
    case = cases_of(order)["A14"]
    assert case.evidence["meter_stop"] == 1_009_000
    assert [later["meter_stop"] for later in case.evidence["later"]] == [1_009_500]
    assert [fact.attached_to_id for fact in loose(site)] == [key, key]


@pytest.mark.parametrize("named", [-1, 0])
def test_a_stop_without_an_id_ends_the_only_open_transaction_that_fits(site: Site, named: int) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=10)
    fact = site.charger.stop_fact(named, 1_006_000, id_tag=order.id_tag)

    site.charger.deliver_stops([fact])
    site.charger.deliver_stops([fact])
    site.work()

    assert stored(site, key).meter_stop == 1_006_000
    assert again(order).settled_at is not None
    assert count_of(LooseFact) == 0


def test_a_stop_without_an_id_is_never_guessed_between_two(site: Site) -> None:
    first = site.charger.starts("TAG", connector=1).transaction_id
    second = site.charger.starts("TAG", connector=2).transaction_id
    site.wait(minutes=10)

    site.charger.stops(-1, 1_006_000)

    assert stored(site, first).meter_stop is None
    assert stored(site, second).meter_stop is None
    assert [fact.flags[0] for fact in loose(site)] == ["unknown_transaction"]


def test_a_stop_without_an_id_passes_over_a_transaction_whose_connector_went_on(site: Site) -> None:
    lost = site.charger.starts("TAG").transaction_id
    site.wait(minutes=30)
    running = site.charger.starts("TAG", meter_start=1_020_000).transaction_id
    site.wait(minutes=10)

    site.charger.stops(-1, 1_026_000)

    assert stored(site, lost).meter_stop is None
    assert stored(site, running).meter_stop == 1_026_000


@pytest.mark.statement(75)
@pytest.mark.parametrize(
    "wrong",
    [{"id_tag": "OTHER"}, {"at": -timedelta(minutes=5)}, {"wh": 999_999}],
    ids=["another tag", "before the start", "below the start"],
)
@pytest.mark.quirk("stop-without-start")
def test_a_stop_without_an_id_that_does_not_fit_is_kept_apart(site: Site, wrong: dict[str, object]) -> None:
    key = site.charger.starts("TAG").transaction_id
    at = site.now + wrong.pop("at", timedelta(0))  # type: ignore[operator]

    site.charger.stops(-1, int(wrong.pop("wh", 1_006_000)), at=at, **wrong)  # type: ignore[call-overload]

    assert stored(site, key).meter_stop is None
    assert len(loose(site)) == 1


@pytest.mark.statement(67, 71)
def test_a_stop_of_another_pile_touches_nothing_there_and_is_a_case_here(site: Site) -> None:
    order, key = make_running_order(site)
    forger = make_site(agency=None)

    forger.charger.stops(key, 9_999_999)
    forger.work()

    assert again(order).charge_state == ChargeState.CHARGING
    assert stored(site, key).meter_stop is None
    with site.present():
        [case] = Case.objects.all()
    assert (case.code, case.pile_id, case.order_id) == ("A22", forger.pile.pk, None)
    assert case.agency_id == forger.agency.pk


def test_an_unknown_stop_repeated_for_days_is_one_row_and_one_case(site: Site) -> None:
    fact = site.charger.stop_fact(123_456, 10, at=site.now)
    for _ in range(5):
        site.wait(hours=6)
        site.charger.deliver_stops([fact, fact])
        site.work()

    assert len(loose(site)) == 1
    with site.present():
        assert [case.code for case in Case.objects.all()] == ["A02"]


@pytest.mark.parametrize("named", [2**31, 2**63, 10**30, -(10**30)])
def test_an_id_that_no_transaction_can_have_is_answered_and_kept(site: Site, named: int) -> None:
    assert site.charger.stops(named, 5) == StopAnswer(id_tag=None)
    assert len(loose(site)) == 1


def test_values_of_a_stop_that_counts_for_nothing_are_kept_at_no_connector(site: Site) -> None:
    site.charger.stops(999, 10, readings=(read(site.now, 9_000),))

    with site.present():
        [sample] = Sample.objects.all()
    assert (sample.connector_number, sample.transaction_id, sample.register_wh) == (0, None, None)
    assert sample.readings[0]["value"] == "9000"


@pytest.mark.statement(72)
def test_transaction_data_adds_only_what_was_not_sent_before(site: Site) -> None:
    order, key = make_running_order(site)
    begun = site.now
    site.wait(minutes=5)
    site.charger.meters(key, 1_003_000, power_w=40_000, soc=50)
    seen = site.now
    site.wait(minutes=5)

    site.charger.stops(
        key,
        1_006_000,
        readings=(
            read(begun, 1_000_000, context="Transaction.Begin"),
            read(seen, 1_003_000),
            read(site.now, 1_006_000, context="Transaction.End"),
        ),
    )

    with site.present():
        rows = Sample.objects.filter(transaction=key).order_by("taken_at")
        assert [row.context for row in rows] == ["Transaction.Begin", "Sample.Periodic", "Transaction.End"]
    site.work()
    assert again(order).energy_wh == 6_000


@pytest.mark.statement(76)
@pytest.mark.parametrize(
    ("closing", "energy_wh"),
    [
        ("1006000.4", 6_000),
        ("1006000.5", 6_001),
        ("1006000.96", 6_001),
        ("1005999.2", 5_999),
        ("1006001.2", 6_000),
    ],
)
def test_the_closing_reading_counts_where_it_is_finer_than_the_stop_and_agrees(
    site: Site, closing: str, energy_wh: int
) -> None:
    order, key = make_running_order(site)
    site.wait(minutes=10)
    readings = (read(site.now, Decimal(closing), context="Transaction.End"),)
    site.charger.stops(key, 1_006_000, readings=readings)
    site.work()

    order = again(order)
    assert (order.energy_wh, order.meter_stop) == (energy_wh, 1_000_000 + energy_wh)
    assert stored(site, key).meter_stop == 1_006_000
    assert cases_of(order) == {}


def test_a_stop_of_a_pile_whose_clock_is_wrong_is_the_same_when_it_comes_again(site: Site) -> None:
    _order, key = make_running_order(site)
    epoch = datetime(1970, 1, 1, 0, 10, tzinfo=UTC)
    site.wait(minutes=10)
    site.charger.stops(key, 1_006_000, at=site.now, pile_time=epoch)
    site.wait(minutes=1)
    site.charger.stops(key, 1_006_000, at=site.now, pile_time=epoch)

    assert count_of(LooseFact) == 0
    assert FactFlag.CLOCK_UNSYNCED in stored(site, key).flags


def test_the_stop_of_a_transaction_whose_connector_went_on_takes_the_mark_off(site: Site) -> None:
    first = site.charger.starts("TAG").transaction_id
    site.wait(minutes=10)
    site.charger.starts("TAG", meter_start=1_006_000)

    site.charger.stops(first, 1_006_000, at=site.now - timedelta(minutes=1))

    assert FactFlag.STOP_MISSING not in stored(site, first).flags


def test_an_offline_pile_replays_two_sessions_in_one_batch(site: Site) -> None:
    """WARP and others do not wait for the id: the stop says -1."""
    card = site.card(site.driver(cash=5_000))
    began = site.now - timedelta(hours=3)
    starts = [
        site.charger.start_fact(card.uid, at=began, meter_start=1_000_000),
        site.charger.start_fact(card.uid, at=began + timedelta(hours=1), meter_start=1_003_000),
    ]
    stops = [
        site.charger.stop_fact(-1, 1_003_000, at=began + timedelta(minutes=30), id_tag=card.uid),
        site.charger.stop_fact(-1, 1_005_000, at=began + timedelta(minutes=90), id_tag=card.uid),
    ]

    first, second = site.charger.deliver_starts(starts)
    site.charger.deliver_stops(stops)
    site.work()

    orders = [order_of(first.transaction_id), order_of(second.transaction_id)]
    assert [order.energy_wh for order in orders] == [3_000, 2_000]
    assert [order.paid_cash for order in orders] == [600, 400]
    assert all(order.charge_state == ChargeState.ENDED for order in orders)
