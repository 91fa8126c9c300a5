"""A past that is taken over at once is the same as one that was lived through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backoffice.kit import clock
from finance import services
from finance.models import Hold, Journal, PaymentChannel, Posting, Settlement, TopUp, Wallet
from finance.rules import Figures
from finance.services.history import NotCovered, PastOrder, PastTopUp, import_history
from tenants.models import Tenant
from tests.factories.finance import ACTOR, make_wallet

pytestmark = pytest.mark.usefixtures("proven")

START = datetime(2026, 1, 1, tzinfo=UTC)


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def past(wallet: Wallet, channel: PaymentChannel, mark: str) -> list[PastTopUp | PastOrder]:
    return [
        PastOrder(wallet.pk, f"order:{mark}2", 9000, Figures(3000, 1000, 50, 20), hours(5), hours(6)),
        PastTopUp(wallet.pk, channel, 5000, hours(1)),
        PastOrder(wallet.pk, f"order:{mark}1", 3000, Figures(1000, 500), hours(2), hours(3)),
        PastOrder(wallet.pk, f"order:{mark}3", 500, Figures(), hours(7), hours(8)),
        PastOrder(wallet.pk, f"order:{mark}4", 100, Figures(150), hours(9), hours(10)),
        PastTopUp(wallet.pk, channel, 2000, hours(4)),
    ]


def test_an_imported_past_equals_a_lived_one(operator: Tenant, channel: PaymentChannel) -> None:
    imported, lived = make_wallet(operator, bonus=100), make_wallet(operator, bonus=100)
    settlements = import_history(past(imported, channel, "I"), actor=ACTOR)
    events = past(lived, channel, "L")
    for at, act in sorted(
        [(event.at, event) for event in events if isinstance(event, PastTopUp)]
        + [(event.held_at, event) for event in events if isinstance(event, PastOrder)],
        key=lambda pair: pair[0],
    ):
        with clock.frozen(at):
            if isinstance(act, PastTopUp):
                services.adjust_balance(lived, amount=act.amount, actor=ACTOR, reason="top-up")
                continue
            services.place_hold(lived, amount=act.hold, minimum=1, about=act.about, actor=ACTOR)
        with clock.frozen(act.settled_at):
            services.settle_hold(
                act.about,
                version=1,
                electricity=act.figures.electricity,
                service=act.figures.service,
                idle=act.figures.idle,
                discount=act.figures.discount,
                actor=ACTOR,
            )
    for wallet in (imported, lived):
        wallet.refresh_from_db()
    assert (imported.cash, imported.bonus, imported.held) == (lived.cash, lived.bonus, lived.held)
    kept = ("version", "paid_cash", "paid_bonus", "arrears", "released_cash", "released_bonus", "at")
    assert list(Settlement.objects.filter(wallet=imported).order_by("about").values(*kept)) == list(
        Settlement.objects.filter(wallet=lived).order_by("about").values(*kept)
    )
    states = ("cash", "bonus", "state", "created_at", "closed_at")
    assert list(Hold.objects.filter(wallet=imported).order_by("about").values(*states)) == list(
        Hold.objects.filter(wallet=lived).order_by("about").values(*states)
    )
    assert settlements["order:I1"].payable == 1500


def test_an_order_that_was_not_covered_is_not_imported(wallet: Wallet, channel: PaymentChannel) -> None:
    events = [
        *past(wallet, channel, "X"),
        PastOrder(wallet.pk, "order:X9", 9, Figures(9999), hours(11), hours(12)),
    ]
    with pytest.raises(NotCovered):
        import_history(events, actor=ACTOR)
    assert not TopUp.objects.exists() and not Journal.objects.filter(about__startswith="order:").exists()


def test_a_large_past_takes_few_statements(
    operator: Tenant, channel: PaymentChannel, django_assert_max_num_queries: object
) -> None:
    wallets = [make_wallet(operator) for _ in range(5)]
    events: list[PastTopUp | PastOrder] = []
    for wallet in wallets:
        for number in range(40):
            at = hours(number * 3)
            events.append(PastTopUp(wallet.pk, channel, 1500, at))
            events.append(
                PastOrder(
                    wallet.pk,
                    f"order:{wallet.pk}-{number}",
                    2000,
                    Figures(900, 500),
                    at + timedelta(minutes=5),
                    at + timedelta(minutes=50),
                )
            )
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        import_history(events, actor=ACTOR)
    assert Journal.objects.count() == 5 * 40 * 4
    assert Posting.objects.count() == 5 * 40 * 9
