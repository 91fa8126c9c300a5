"""The provider that everything is tried with behaves like a real one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from backoffice.kit import clock
from finance import channels
from finance.channels import signing
from finance.channels.transport import Call
from finance.models import (
    PaymentChannel,
    Wallet,
)
from finance.sandbox import deliveries, server
from finance.sandbox.models import Delivery, Merchant
from tests.factories.finance import make_channel, make_operator, make_top_up
from tests.finance.steps import cash, pay, payment_of

pytestmark = pytest.mark.usefixtures("proven")

Deliver = Callable[[], int]


def test_the_sandbox_answers_nobody_without_a_signature(wallet: Wallet, channel: PaymentChannel) -> None:
    top_up = make_top_up(wallet, channel)
    path = f"/v1/payments/{top_up.number}"
    stranger = signing.new_key_pair().private
    stamp = str(int(clock.now().timestamp()))
    headers = {
        "pay-merchant": channel.merchant,
        "pay-timestamp": stamp,
        "pay-nonce": "n",
        "pay-signature": signing.sign(stranger, "POST", f"{path}/close", stamp, "n", b""),
    }
    assert server.answer(Call("POST", f"{path}/close", headers)).status == 401
    assert payment_of(top_up).status == "pending"
    assert server.answer(Call("POST", "/v1/merchants", body=b"nonsense")).status == 400


def test_a_merchant_sees_only_its_own_payments(wallet: Wallet, channel: PaymentChannel) -> None:
    top_up = make_top_up(wallet, channel)
    other = channels.client_of(make_channel(make_operator()))
    assert other.query(top_up.number).status == "unknown"
    assert other.query_refund("R1") == "unknown"
    assert Merchant.objects.count() == 2


def test_the_payers_page_takes_one_decision(wallet: Wallet, channel: PaymentChannel) -> None:
    top_up = make_top_up(wallet, channel)
    page = f"/sandbox-pay/{payment_of(top_up).token}/"
    client = Client()
    assert b"100.00 CNY" in client.get(page).content
    answer = client.post(page, {"decision": "pay", "mode": "nonsense"})
    assert answer.headers["Location"] == "http://127.0.0.1:8000/c/wallet"
    reference = payment_of(top_up).transaction
    client.post(page, {"decision": "fail"})
    client.post(page, {"decision": "pay"})
    assert (payment_of(top_up).status, payment_of(top_up).transaction) == ("paid", reference)
    assert b"has been made" in client.get(page).content
    assert client.get("/sandbox-pay/nothing/").status_code == 404
    assert Client(enforce_csrf_checks=True).post(page, {"decision": "pay"}).status_code == 403


def test_a_payer_may_pay_a_little_later(wallet: Wallet, channel: PaymentChannel, deliver: Deliver) -> None:
    top_up = make_top_up(wallet, channel)
    Client().post(f"/sandbox-pay/{payment_of(top_up).token}/", {"decision": "later"})
    assert deliver() == 0
    with clock.frozen(clock.now() + timedelta(seconds=21)):
        assert deliver() == 1
    assert cash(wallet) == 10_000


def test_a_callback_that_does_not_arrive_is_repeated_in_the_rhythm_of_real_channels(
    wallet: Wallet, channel: PaymentChannel
) -> None:
    top_up = make_top_up(wallet, channel)
    pay(top_up)
    waits = []
    at = clock.now()
    while (row := Delivery.objects.get()).due_at is not None:
        with clock.frozen(max(row.due_at, at)):
            at = clock.now()
            deliveries.deliver_due(lambda *_: 503)
        row.refresh_from_db()
        if row.due_at is not None:
            waits.append(int((row.due_at - at).total_seconds()))
    assert waits[:6] == [15, 15, 30, 180, 600, 1200]
    assert len(waits) == 15
    assert cash(wallet) == 0


def test_signatures_are_those_that_openssl_makes() -> None:
    # printf '1700000000\nabc\n{"a":1}\n' | openssl dgst -sha256 -sign key.pem | base64
    pair = signing.new_key_pair()
    signature = signing.sign(pair.private, "1700000000", "abc", b'{"a":1}')
    assert signing.is_signed(pair.public, signature, '1700000000\nabc\n{"a":1}')
    assert not signing.is_signed(pair.public, signature, "1700000000", "abc", b'{"a":2}')
    assert not signing.is_signed(signing.new_key_pair().public, signature, "1700000000", "abc", b'{"a":1}')
