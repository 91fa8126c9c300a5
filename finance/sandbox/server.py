"""The provider's interface for merchants: signed JSON in, signed JSON out.

``POST /v1/merchants`` · ``POST /v1/payments`` · ``GET /v1/payments/N`` · ``POST /v1/payments/N/close``
· ``POST /v1/refunds`` · ``GET /v1/refunds/N``. A merchant signs method, path, timestamp, nonce and body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from backoffice.kit import clock
from finance.channels import signing
from finance.channels.transport import Answer, Call
from finance.sandbox import provider
from finance.sandbox.deliveries import signed_headers
from finance.sandbox.models import Merchant, Payment, Refund
from finance.sandbox.provider import Declined

TOLERANCE = timedelta(minutes=5)
Content = dict[str, Any]


class _NotFound(Exception):
    pass


def answer(call: Call) -> Answer:
    """Answer a merchant. Never raises on what a merchant sends."""
    try:
        status, content = _dispatch(call)
    except _NotFound:
        status, content = 404, {"code": "NOT_FOUND"}
    except Declined as declined:
        status, content = 400, {"code": declined.code}
    except (ValueError, KeyError, TypeError, RecursionError):
        status, content = 400, {"code": "MALFORMED"}
    key = provider.platform_key()
    body = json.dumps(content, separators=(",", ":")).encode()
    stamp = str(int(clock.now().timestamp()))
    return Answer(status, signed_headers(key.serial, key.private, stamp, body), body)


def _dispatch(call: Call) -> tuple[int, Content]:
    if (call.method, call.path) == ("POST", "/v1/merchants"):
        return 201, _sign_up(json.loads(call.body))
    merchant = _merchant(call)
    if merchant is None:
        return 401, {"code": "SIGNATURE"}
    for method, pattern, handler in _ROUTES:
        match = re.fullmatch(pattern, call.path)
        if match and method == call.method:
            return 200, handler(merchant, *match.groups(), *([json.loads(call.body)] if call.body else []))
    raise _NotFound


def _merchant(call: Call) -> Merchant | None:
    merchant = Merchant.objects.filter(number=call.headers.get("pay-merchant", "")).first()
    stamp, nonce = call.headers.get("pay-timestamp", ""), call.headers.get("pay-nonce", "")
    signature = call.headers.get("pay-signature", "")
    if merchant is None or not signing.is_signed(
        merchant.public_key, signature, call.method, call.path, stamp, nonce, call.body
    ):
        return None
    fresh = abs(int(stamp) - clock.now().timestamp()) <= TOLERANCE.total_seconds()
    return merchant if fresh else None


def _sign_up(told: Content) -> Content:
    merchant = provider.sign_up(told["name"], told["public_key"])
    key = provider.platform_key()
    return {"merchant": merchant.number, "serial": key.serial, "platform_key": key.public}


def _register_payment(merchant: Merchant, told: Content) -> Content:
    payment = provider.register_payment(
        merchant,
        number=told["number"],
        amount=told["amount"],
        currency=told["currency"],
        title=told["title"],
        notify_url=told["notify_url"],
        return_url=told["return_url"],
        expires_at=datetime.fromisoformat(told["expires_at"]),
    )
    page = settings.PUBLIC_URL + reverse("sandbox:pay", args=[payment.token])
    return {**_of_payment(payment), "pay_url": page}


def _payment(merchant: Merchant, number: str) -> Content:
    return _of_payment(_find_payment(merchant, number))


def _close(merchant: Merchant, number: str) -> Content:
    return _of_payment(provider.close(_find_payment(merchant, number)))


def _register_refund(merchant: Merchant, told: Content) -> Content:
    refund = provider.register_refund(
        _find_payment(merchant, told["payment"]),
        number=told["number"],
        amount=told["amount"],
        currency=told["currency"],
        notify_url=told["notify_url"],
    )
    return _of_refund(refund)


def _refund(merchant: Merchant, number: str) -> Content:
    refund = Refund.objects.filter(merchant=merchant, number=number).first()
    if refund is None:
        raise _NotFound
    return _of_refund(refund)


def _find_payment(merchant: Merchant, number: str) -> Payment:
    payment = Payment.objects.filter(merchant=merchant, number=number).first()
    if payment is None:
        raise _NotFound
    return payment


def _of_payment(payment: Payment) -> Content:
    return {
        "number": payment.number,
        "status": payment.status,
        "transaction": payment.transaction,
        "amount": payment.amount,
        "currency": payment.currency,
    }


def _of_refund(refund: Refund) -> Content:
    return {
        "number": refund.number,
        "status": refund.status,
        "transaction": refund.transaction,
        "amount": refund.amount,
        "currency": refund.currency,
    }


_ROUTES: tuple[tuple[str, str, Callable[..., Content]], ...] = (
    ("POST", r"/v1/payments", _register_payment),
    ("GET", r"/v1/payments/([A-Za-z0-9]{1,64})", _payment),
    ("POST", r"/v1/payments/([A-Za-z0-9]{1,64})/close", _close),
    ("POST", r"/v1/refunds", _register_refund),
    ("GET", r"/v1/refunds/([A-Za-z0-9]{1,64})", _refund),
)
