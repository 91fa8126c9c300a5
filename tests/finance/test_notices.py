"""Callbacks: believed only when signed and about our rows; duplicates and lies move nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from backoffice.kit import clock
from finance import services
from finance.models import (
    ChannelNotice,
    PaymentChannel,
    TopUp,
    TopUpState,
    Wallet,
)
from finance.sandbox import deliveries, provider
from finance.sandbox.models import Delivery, Mode, Variant
from tenants.models import Tenant
from tests.factories.finance import make_channel, make_operator, make_top_up, make_wallet
from tests.finance.steps import alerts, callback_of, cash, pay, payment_of, state

pytestmark = pytest.mark.usefixtures("proven")

Deliver = Callable[[], int]


@pytest.mark.parametrize("mode", [Mode.THRICE, Mode.OUT_OF_ORDER, Mode.SLOW])
def test_repeated_late_and_overtaken_callbacks_credit_once(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver, mode: Mode
) -> None:
    top_up = make_top_up(wallet, channel)
    pay(top_up, mode)
    for seconds in range(0, 31, 5):
        with clock.frozen(clock.now() + timedelta(seconds=seconds)):
            deliver()
    assert not Delivery.objects.filter(due_at__isnull=False).exists()
    assert set(Delivery.objects.values_list("last_status", flat=True)) == {200}
    assert cash(wallet) == 10_000
    assert alerts() == 0


def test_three_duplicates_one_out_of_order_and_one_wrong_amount_make_one_top_up_and_one_alert(
    wallet: Wallet, channel: PaymentChannel, deliver: Deliver
) -> None:
    # features 24.12
    top_up = make_top_up(wallet, channel)
    pay(top_up, Mode.SILENT)
    for variant in (
        Variant.WRONG_AMOUNT,
        Variant.HONEST,
        Variant.HONEST,
        Variant.EARLIER_STATUS,
        Variant.WRONG_AMOUNT,
        Variant.HONEST,
    ):
        Delivery.objects.create(payment=payment_of(top_up), variant=variant, due_at=clock.now())
    assert deliver() == 6
    assert cash(wallet) == 10_000
    assert TopUp.objects.filter(state=TopUpState.PAID).count() == 1
    assert alerts() == 1
    assert sorted(ChannelNotice.objects.values_list("outcome", flat=True)) == [
        "credited",
        "duplicate",
        "duplicate",
        "stale",
        "wrong_amount",
        "wrong_amount",
    ]


@pytest.mark.parametrize(
    ("variant", "status", "outcome"),
    [
        (Variant.WRONG_AMOUNT, 400, "wrong_amount"),
        (Variant.WRONG_SIGNATURE, 401, "bad_signature"),
        (Variant.OLD_TIMESTAMP, 400, "old_timestamp"),
        (Variant.WRONG_SERIAL, 401, "unknown_serial"),
    ],
)
def test_a_callback_that_lies_is_kept_alerted_once_and_moves_nothing(
    wallet: Wallet,
    channel: PaymentChannel,
    post: Callable[..., int],
    variant: Variant,
    status: int,
    outcome: str,
) -> None:
    top_up = make_top_up(wallet, channel)
    pay(top_up, Mode.SILENT)
    assert [post(*callback_of(top_up, variant)) for _ in range(3)] == [status] * 3
    assert state(top_up) == TopUpState.PENDING
    assert cash(wallet) == 0
    assert set(ChannelNotice.objects.values_list("outcome", flat=True)) == {outcome}
    assert alerts() == 1
    assert post(*callback_of(top_up)) == 200
    assert cash(wallet) == 10_000


def test_a_body_changed_on_the_way_is_not_believed(
    wallet: Wallet, channel: PaymentChannel, post: Callable[..., int]
) -> None:
    top_up = make_top_up(wallet, channel)
    pay(top_up, Mode.SILENT)
    url, headers, body = callback_of(top_up)
    forged = [
        (headers, body.replace(b'"amount":10000', b'"amount":10001')),
        (headers, body + b" "),
        (headers, b""),
        (headers, b"\xff\x00"),
        ({**headers, "pay-timestamp": str(int(headers["pay-timestamp"]) + 1)}, body),
        ({**headers, "pay-nonce": "other"}, body),
        ({**headers, "pay-signature": "not base 64"}, body),
        ({**headers, "pay-signature": ""}, body),
    ]
    assert {post(url, other, content) for other, content in forged} == {401}
    bare = {"content-type": "application/json"}
    assert post(url, bare, body) == 401
    assert cash(wallet) == 0


def test_another_merchants_callback_is_not_believed(
    wallet: Wallet, channel: PaymentChannel, post: Callable[..., int]
) -> None:
    other_operator = make_operator()
    stranger = make_channel(other_operator)
    top_up = make_top_up(wallet, channel)
    pay(top_up, Mode.SILENT)
    url, headers, body = callback_of(top_up)
    other_url = url.replace(channel.public_id, stranger.public_id)
    assert post(other_url, headers, body) == 400
    assert ChannelNotice.objects.get().outcome == "wrong_merchant"
    assert cash(wallet) == 0


def test_signed_nonsense_is_malformed(channel: PaymentChannel, post: Callable[..., int]) -> None:
    key = provider.platform_key()
    url = services.channels.notify_url(channel)
    good = {
        "event": "payment",
        "merchant": channel.merchant,
        "number": "T1",
        "transaction": "42",
        "amount": 1,
        "currency": "CNY",
        "status": "paid",
    }
    bad: list[object] = [
        [],
        "x",
        None,
        {},
        {**good, "amount": "1"},
        {**good, "amount": 1.0},
        {**good, "amount": True},
        {**good, "status": "confirmed"},
        {**good, "event": "other"},
        {**good, "number": "T\0"},
        {**good, "number": "T" * 65},
        {**good, "number": None},
    ]
    for content in bad:
        body = json.dumps(content).encode()
        stamp = str(int(clock.now().timestamp()))
        assert post(url, deliveries.signed_headers(key.serial, key.private, stamp, body), body) == 400
    assert set(ChannelNotice.objects.values_list("outcome", flat=True)) == {"malformed"}
    body = json.dumps(good).encode()
    assert post(url, deliveries.signed_headers(key.serial, key.private, stamp, body), body) == 400
    assert ChannelNotice.objects.filter(outcome="unknown_number").count() == 1


def test_a_flood_of_forged_callbacks_is_kept_only_so_far(
    channel: PaymentChannel, post: Callable[..., int]
) -> None:
    url = services.channels.notify_url(channel)
    statuses = [post(url, {"content-type": "application/json"}, b"{}") for _ in range(65)]
    assert statuses == [401] * 60 + [429] * 5
    assert ChannelNotice.objects.count() == 60
    assert post(url, {"content-type": "application/json"}, b"x" * 70_000) == 413
    assert post(url.replace(channel.public_id, "nobody"), {"content-type": "application/json"}, b"{}") == 404
    assert Client().get(url).status_code == 405
    assert ChannelNotice.objects.count() == 60


def test_the_sandboxes_reference_cannot_pay_two_top_ups(
    wallet: Wallet, channel: PaymentChannel, post: Callable[..., int]
) -> None:
    first, second = make_top_up(wallet, channel), make_top_up(wallet, channel)
    pay(first, Mode.SILENT)
    assert post(*callback_of(first)) == 200
    forged = payment_of(second)
    forged.status, forged.transaction = "paid", payment_of(first).transaction
    url, _, body = deliveries.callback(Delivery(payment=forged))
    key = provider.platform_key()
    stamp = str(int(clock.now().timestamp()))
    assert post(url, deliveries.signed_headers(key.serial, key.private, stamp, body), body) == 400
    assert ChannelNotice.objects.filter(outcome="reference_reused").count() == 1
    assert cash(wallet) == 10_000


@pytest.mark.django_db(transaction=True)
def test_one_callback_three_times_in_parallel_is_one_credit(
    wallet: Wallet, channel: PaymentChannel, post: Callable[..., int]
) -> None:
    top_up = make_top_up(wallet, channel)
    pay(top_up, Mode.SILENT)
    callbacks = [callback_of(top_up) for _ in range(3)]
    start = Barrier(3)

    def send(callback: tuple[str, dict[str, str], bytes]) -> int:
        try:
            start.wait()
            return post(*callback)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(send, callbacks)) == [200] * 3
    assert cash(wallet) == 10_000
    assert sorted(ChannelNotice.objects.values_list("outcome", flat=True)) == [
        "credited",
        "duplicate",
        "duplicate",
    ]


def test_a_notice_for_a_channel_of_one_operator_never_reaches_anothers_wallet(
    operator: Tenant, channel: PaymentChannel, post: Callable[..., int]
) -> None:
    other_operator = make_operator()
    other_wallet = make_wallet(other_operator)
    other_top_up = make_top_up(other_wallet, make_channel(other_operator))
    key = provider.platform_key()
    body = json.dumps(
        {
            "event": "payment",
            "merchant": channel.merchant,
            "number": other_top_up.number,
            "transaction": "4711",
            "amount": 10_000,
            "currency": "CNY",
            "status": "paid",
        }
    ).encode()
    stamp = str(int(clock.now().timestamp()))
    headers = deliveries.signed_headers(key.serial, key.private, stamp, body)
    assert post(services.channels.notify_url(channel), headers, body) == 400
    assert ChannelNotice.objects.get().outcome == "unknown_number"
    assert cash(other_wallet) == 0
