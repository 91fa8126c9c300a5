"""Money set aside: once, never more than there is, and back to where it came from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from finance import services
from finance.ledger import LedgerConflict
from finance.models import Hold, HoldState, Journal, Wallet
from tests.factories.finance import ACTOR, make_wallet, order_ref

pytestmark = pytest.mark.usefixtures("proven")


def figures(wallet: Wallet) -> tuple[int, int, int, int]:
    wallet.refresh_from_db()
    return wallet.cash, wallet.bonus, wallet.held, wallet.arrears


def test_a_hold_takes_bonus_before_cash() -> None:
    wallet = make_wallet(cash=5000, bonus=1000)
    hold = services.place_hold(wallet, amount=3000, about=order_ref(), actor=ACTOR)
    assert (hold.cash, hold.bonus) == (2000, 1000)
    assert figures(wallet) == (3000, 0, 3000, 0)


def test_a_hold_placed_twice_is_one_hold() -> None:
    wallet, about = make_wallet(cash=5000), order_ref()
    first = services.place_hold(wallet, amount=3000, about=about, actor=ACTOR)
    assert services.place_hold(wallet, amount=3000, about=about, actor=ACTOR) == first
    assert figures(wallet) == (2000, 0, 3000, 0)


def test_a_second_sequence_is_a_second_hold() -> None:
    wallet, about = make_wallet(cash=5000), order_ref()
    services.place_hold(wallet, amount=3000, about=about, actor=ACTOR)
    services.place_hold(wallet, amount=500, about=about, actor=ACTOR, sequence=2)
    assert figures(wallet) == (1500, 0, 3500, 0)
    assert services.release_hold(about, actor=ACTOR) == 3500
    assert figures(wallet) == (5000, 0, 0, 0)


def test_a_hold_beyond_the_balance_is_refused_and_names_what_is_missing() -> None:
    wallet = make_wallet(cash=1999, bonus=1)
    with pytest.raises(Refused, match=r"¥.5\.00") as refusal:
        services.place_hold(wallet, amount=2500, about=order_ref(), actor=ACTOR)
    assert refusal.value.code == "balance"
    assert figures(wallet) == (1999, 1, 0, 0)
    assert not Hold.objects.exists()


def test_a_hold_with_a_minimum_takes_what_there_is_between() -> None:
    wallet = make_wallet(cash=2200)
    with pytest.raises(Refused, match=r"¥.8\.00"):
        services.place_hold(wallet, amount=9000, minimum=3000, about=order_ref(), actor=ACTOR)
    hold = services.place_hold(wallet, amount=9000, minimum=2000, about=order_ref(), actor=ACTOR)
    assert hold.amount == 2200


@pytest.mark.parametrize("amount", [0, -1])
def test_a_hold_of_nothing_is_refused(amount: int) -> None:
    wallet = make_wallet(cash=100)
    with pytest.raises(Refused):
        services.place_hold(wallet, amount=amount, about=order_ref(), actor=ACTOR)
    assert figures(wallet) == (100, 0, 0, 0)


def test_whoever_owes_gets_no_hold() -> None:
    wallet, about = make_wallet(), order_ref()
    services.settle_hold(about, version=1, electricity=16, service=0, actor=ACTOR, wallet=wallet)
    services.give_bonus(wallet, amount=500, actor=ACTOR, reason="sorry")
    with pytest.raises(Refused, match=r"¥.0\.16") as refusal:
        services.place_hold(wallet, amount=100, about=order_ref(), actor=ACTOR)
    assert refusal.value.code == "arrears"
    assert figures(wallet) == (0, 500, 0, 16)


def test_an_order_is_held_on_one_wallet_only() -> None:
    about = order_ref()
    services.place_hold(make_wallet(cash=500), amount=100, about=about, actor=ACTOR)
    other = make_wallet(cash=500)
    with pytest.raises(LedgerConflict):
        services.place_hold(other, amount=100, about=about, actor=ACTOR)
    assert figures(other) == (500, 0, 0, 0)


def test_a_release_gives_back_to_cash_and_bonus_and_only_once() -> None:
    wallet, about = make_wallet(cash=5000, bonus=1000), order_ref()
    hold = services.place_hold(wallet, amount=3000, about=about, actor=ACTOR)
    assert [services.release_hold(about, actor=ACTOR) for _ in range(3)] == [3000, 0, 0]
    assert figures(wallet) == (5000, 1000, 0, 0)
    hold.refresh_from_db()
    assert hold.state == HoldState.RELEASED


def test_a_release_of_what_was_never_held_does_nothing() -> None:
    assert services.release_hold(order_ref(), actor=ACTOR) == 0
    assert not Journal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_holds_on_one_balance_one_succeeds() -> None:
    wallet = make_wallet(cash=3000)
    start = Barrier(2)

    def hold(about: str) -> str:
        try:
            with unscoped(reason="test"):
                start.wait()
                services.place_hold(wallet, amount=2000, about=about, actor=ACTOR)
                return "held"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(hold, [order_ref(), order_ref()]))
    assert sorted(answers) == ["balance", "held"]
    assert figures(wallet) == (1000, 0, 2000, 0)
