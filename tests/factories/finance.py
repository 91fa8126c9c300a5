"""Wallets, channels and payments for tests. They go through the services, so the books are always right."""

from __future__ import annotations

from itertools import count
from typing import Any

from backoffice.kit.actor import command_line
from backoffice.kit.scope import unscoped
from drivers.models import Driver
from finance import services
from finance.models import PaymentChannel, TopUp, Wallet
from tenants.models import Tenant
from tests.factories.drivers import make_driver
from tests.factories.tenants import make_tenant

ACTOR = command_line("tests")

_numbers = count(1)


def make_operator() -> Tenant:
    """An operator with its dealer and manufacturer."""
    return make_tenant(make_tenant(make_tenant()))


def make_wallet(
    operator: Tenant | None = None,
    *,
    cash: int = 0,
    bonus: int = 0,
    currency: str = "CNY",
    driver: Driver | None = None,
) -> Wallet:
    """A driver's wallet with money from the desk."""
    driver = driver or make_driver(operator or make_operator())
    with unscoped(reason="test data"):
        wallet = services.wallet_for(driver, currency)
        if cash:
            wallet = services.adjust_balance(wallet, amount=cash, actor=ACTOR, reason="test data")
        if bonus:
            wallet = services.give_bonus(wallet, amount=bonus, actor=ACTOR, reason="test data")
        return wallet


def make_channel(operator: Tenant, currency: str = "CNY") -> PaymentChannel:
    """A contract with the sandbox."""
    with unscoped(reason="test data"):
        return services.connect_sandbox(operator.pk, currency=currency, actor=ACTOR)


def make_top_up(wallet: Wallet, channel: PaymentChannel, amount: int = 10_000, **over: Any) -> TopUp:
    """A top-up that waits to be paid on the sandbox's page."""
    with unscoped(reason="test data"):
        return services.start_top_up(
            wallet,
            **{"amount": amount, "channel": channel, "come_back_to": "/c/wallet", "actor": ACTOR} | over,
        )


def order_ref() -> str:
    """The reference of an order that nobody else uses."""
    return f"order:TEST{next(_numbers)}"
