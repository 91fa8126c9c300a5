"""Callbacks to merchants: signed, repeated until they are answered with 2xx, sometimes not what they should be.

What is signed is "timestamp, newline, nonce, newline, raw body, newline" with the platform key whose
serial travels along, as the large providers do it. A misbehaving callback is sent once and followed
by an honest one.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta

from backoffice.kit import clock
from finance.channels import signing
from finance.sandbox import provider
from finance.sandbox.models import Delivery, Mode, Payment, PaymentStatus, Refund, Variant

Post = Callable[[str, Mapping[str, str], bytes], int]
"""Sends a callback: address, headers, body; the status that came back. Raises OSError."""

RETRY = tuple(
    timedelta(seconds=seconds)
    for seconds in (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
)
"""Waits between attempts; delivery is not guaranteed (``domain`` 3.8)."""

SLOW_AFTER = timedelta(seconds=20)
HONEST_AFTER = timedelta(seconds=10)

NOW = timedelta(0)
PLANS: Mapping[str, tuple[tuple[Variant, timedelta], ...]] = {
    Mode.PROMPT: ((Variant.HONEST, NOW),),
    Mode.SLOW: ((Variant.HONEST, SLOW_AFTER),),
    Mode.THRICE: (
        (Variant.HONEST, NOW),
        (Variant.HONEST, timedelta(seconds=1)),
        (Variant.HONEST, timedelta(seconds=3)),
    ),
    Mode.OUT_OF_ORDER: ((Variant.HONEST, NOW), (Variant.EARLIER_STATUS, timedelta(seconds=1))),
    Mode.WRONG_AMOUNT: ((Variant.WRONG_AMOUNT, NOW), (Variant.HONEST, HONEST_AFTER)),
    Mode.WRONG_SIGNATURE: ((Variant.WRONG_SIGNATURE, NOW), (Variant.HONEST, HONEST_AFTER)),
    Mode.OLD_TIMESTAMP: ((Variant.OLD_TIMESTAMP, NOW), (Variant.HONEST, HONEST_AFTER)),
    Mode.WRONG_SERIAL: ((Variant.WRONG_SERIAL, NOW), (Variant.HONEST, HONEST_AFTER)),
    Mode.SILENT: (),
}


def schedule_payment(payment: Payment) -> None:
    """Plan the callbacks about a payment that was made or declined."""
    now = clock.now()
    for variant, wait in PLANS[payment.mode]:
        Delivery.objects.create(payment=payment, variant=variant, due_at=now + wait)


def schedule_refund(refund: Refund) -> None:
    Delivery.objects.create(refund=refund, due_at=clock.now())


def deliver_due(post: Post, limit: int = 50) -> int:
    """Send every callback whose time has come; how many were sent. One process at a time calls this."""
    due = Delivery.objects.filter(due_at__lte=clock.now()).select_related(
        "payment__merchant", "refund__merchant"
    )
    rows = list(due.order_by("due_at", "pk")[:limit])
    for delivery in rows:
        _attempt(delivery, post)
    return len(rows)


def _attempt(delivery: Delivery, post: Post) -> None:
    url, headers, body = callback(delivery)
    try:
        status = post(url, headers, body)
    except OSError:
        status = 0
    delivery.last_status = status
    if 200 <= status < 300 or delivery.variant != Variant.HONEST or delivery.attempts >= len(RETRY):
        delivery.due_at = None
    else:
        delivery.due_at = clock.now() + RETRY[delivery.attempts]
    delivery.attempts += 1
    delivery.save(update_fields=["last_status", "due_at", "attempts"])


def callback(delivery: Delivery) -> tuple[str, dict[str, str], bytes]:
    """Address, headers and body of a callback, signed now."""
    url, content = _content(delivery)
    key = provider.platform_key()
    at, serial, private = clock.now(), key.serial, key.private
    match delivery.variant:
        case Variant.EARLIER_STATUS:
            content["status"] = PaymentStatus.PENDING.value
        case Variant.WRONG_AMOUNT:
            content["amount"] = 1
        case Variant.WRONG_SIGNATURE:
            private = signing.new_key_pair().private
        case Variant.OLD_TIMESTAMP:
            at -= timedelta(minutes=10)
        case Variant.WRONG_SERIAL:
            serial = secrets.token_hex(10).upper()
    body = json.dumps(content, separators=(",", ":")).encode()
    return url, signed_headers(serial, private, str(int(at.timestamp())), body), body


def signed_headers(serial: str, private: str, stamp: str, body: bytes) -> dict[str, str]:
    """What travels with a body: who signed it, when, and the signature."""
    nonce = secrets.token_hex(16)
    return {
        "content-type": "application/json",
        "pay-serial": serial,
        "pay-timestamp": stamp,
        "pay-nonce": nonce,
        "pay-signature": signing.sign(private, stamp, nonce, body),
    }


def _content(delivery: Delivery) -> tuple[str, dict[str, str | int]]:
    if delivery.refund is not None:
        refund = delivery.refund
        return refund.notify_url, {
            "event": "refund",
            "merchant": refund.merchant.number,
            "number": refund.number,
            "transaction": refund.transaction,
            "amount": refund.amount,
            "currency": refund.currency,
            "status": refund.status,
        }
    payment = delivery.payment
    if payment is None:
        raise ValueError("a callback about nothing")
    return payment.notify_url, {
        "event": "payment",
        "merchant": payment.merchant.number,
        "number": payment.number,
        "transaction": payment.transaction,
        "amount": payment.amount,
        "currency": payment.currency,
        "status": payment.status,
    }
