"""What scripts read: orders as JSON, and the proof of the books."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backoffice.celery import app
from backoffice.kit.scope import unscoped
from orders import proof
from orders.models import ChargingOrder
from orders.services import sweeps
from tests.factories.orders import (
    WORKED_PRICE,
    Site,
    again,
    charge,
    make_running_order,
    make_settled_order,
    make_site,
)
from tests.orders.staff import Desk, case_url
from tests.orders.test_case_pages import rolled_back

KEYS = [
    "order_no",
    "manufacturer",
    "dealer",
    "operator",
    "agency",
    "station",
    "pile",
    "connector",
    "charge_state",
    "pay_state",
    "review_state",
    "started_at",
    "stopped_at",
    "energy_wh",
    "lines",
    "total",
    "paid",
    "hold",
    "currency",
    "case",
]


def shown(**options: Any) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("show_orders", stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def checked() -> tuple[int, dict[str, Any]]:
    """The exit code and what was printed."""
    out, code = StringIO(), 0
    try:
        call_command("check_books", stdout=out)
    except SystemExit as exit:
        code = int(exit.code or 0)
    return code, json.loads(out.getvalue())


def test_a_settled_order_is_shown_with_lines_that_add_up(books: None) -> None:
    site = make_site(price=WORKED_PRICE, rated_kw=120)
    site.wait(hours=3, minutes=41)
    order = site.press_start(site.driver(cash=20_000))
    charge(site, order, wh=60_000, minutes=90)
    site.work()
    [row] = shown()
    with unscoped(reason="tests"):
        codes = [site.operator.parent.parent.code, site.operator.parent.code]
    assert list(row) == KEYS
    assert [row[key] for key in KEYS[1:4]] == [*codes, site.operator.code]
    assert (row["agency"], row["station"], row["pile"]) == (
        site.agency.code,
        site.station.code,
        site.pile.identity,
    )
    assert (row["connector"], row["charge_state"], row["pay_state"]) == (1, "ended", "settled")
    assert sum(line["amount"] for line in row["lines"]) == row["total"] == row["paid"]
    energy = [line for line in row["lines"] if line["fee"] == "electricity"]
    assert [line["band"] for line in energy] == ["sharp", "peak", "flat"]
    assert sum(line["quantity"] for line in energy) == row["energy_wh"] == 60_000
    assert {line["unit_price"] for line in energy} == {"1.22000", "1.02000", "0.68000"}
    assert all(list(line) == ["fee", "band", "quantity", "unit_price", "amount"] for line in row["lines"])
    assert (row["hold"], row["currency"], row["case"]) == (0, "CNY", None)
    assert row["started_at"].endswith("+00:00") and row["stopped_at"] > row["started_at"]


def test_a_running_order_is_shown_with_its_hold_and_the_fee_so_far(site: Site) -> None:
    _order, key = make_running_order(site)
    site.wait(minutes=5)
    site.charger.meters(key, 1_002_500)
    site.work()
    [row] = shown()
    assert (row["charge_state"], row["pay_state"], row["stopped_at"]) == ("charging", "held", None)
    assert (row["hold"], row["total"], row["paid"], row["energy_wh"]) == (10_000, 500, 0, 2_500)


def test_orders_come_newest_first_and_are_narrowed(site: Site) -> None:
    first = make_settled_order(site)
    site.wait(minutes=5)
    second = make_settled_order(site)
    elsewhere = make_settled_order(make_site(now=site.now))
    assert [row["order_no"] for row in shown(pile=site.pile.identity)] == [second.order_no, first.order_no]
    assert [row["order_no"] for row in shown(no=first.order_no.lower())] == [first.order_no]
    assert len(shown(limit=2)) == 2 and len(shown()) == 3
    assert shown(pile="nobody") == shown(no="QL-1") == []
    assert elsewhere.order_no in {row["order_no"] for row in shown()}


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1000000"])
def test_a_limit_without_sense_is_refused(db: None, limit: str) -> None:
    with pytest.raises(CommandError):
        call_command("show_orders", "--limit", limit)


def test_a_discount_is_a_line_so_that_lines_always_add_up(site: Site) -> None:
    _order, case = rolled_back(site)
    assert shown()[0]["case"] == "A06"
    Desk(site).post(case_url(case, "waive/"), reason="our mistake")
    [row] = shown()
    assert row["lines"][-1] == {
        "fee": "discount",
        "band": None,
        "quantity": 1,
        "unit_price": "-20.00",
        "amount": -2_000,
    }
    assert sum(line["amount"] for line in row["lines"]) == row["total"] == 0


def test_books_that_are_right_are_clean(site: Site) -> None:
    make_settled_order(site)
    make_running_order(make_site())
    code, told = checked()
    assert (code, told["clean"], told["violations"]) == (0, True, [])
    assert told["orders"] == 2 and told["journals"] > 2


@pytest.mark.parametrize(
    ("broken", "invariant"),
    [
        ({"total": 1_999}, "I2"),
        ({"paid_cash": 0}, "I2"),
        ({"electricity_fee": 1}, "I2"),
        ({"energy_wh": 1}, "I1"),
        ({"flat_wh": 9_999}, "I1"),
        ({"hold": 5}, "I6"),
        ({"version": 2}, "I9"),
    ],
)
def test_a_figure_that_was_broken_is_named_and_the_exit_code_is_one(
    db: None, caplog: pytest.LogCaptureFixture, broken: dict[str, int], invariant: str
) -> None:
    sweeps.forget_failures()
    site = make_site()
    order = make_settled_order(site)
    assert checked()[0] == 0
    with unscoped(reason="tests"):
        ChargingOrder.objects.filter(pk=order.pk).update(**broken)
    code, told = checked()
    assert (code, told["clean"]) == (1, False)
    assert invariant in {row["invariant"] for row in told["violations"]}
    assert {row["ref"] for row in told["violations"]} == {f"order:{order.order_no}"}
    with caplog.at_level(logging.ERROR), unscoped(reason="tests"):
        proof.prove_nightly()
    assert any(order.order_no in record.getMessage() for record in caplog.records)


def test_the_price_list_of_an_order_that_was_changed_is_found(db: None) -> None:
    sweeps.forget_failures()
    order = make_settled_order(make_site())
    changed = again(order).tariff
    changed["prices"]["F"] = ["0.10000", "0.10000"]
    with unscoped(reason="tests"):
        ChargingOrder.objects.filter(pk=order.pk).update(tariff=changed)
    code, told = checked()
    assert code == 1
    assert {row["invariant"] for row in told["violations"]} == {"I11"}


def test_the_books_are_proven_every_night() -> None:
    app.finalize()
    assert "orders.tasks.prove_books" in app.tasks
