"""Our side of the sandbox channel: a provider to try everything with, which takes no real money.

It speaks as the large providers do: JSON, every call and every answer signed, callbacks signed with
the provider's key of the serial that they name.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from backoffice.kit import clock
from backoffice.kit.hooks import Hook
from finance.channels import (
    About,
    ChannelError,
    Contract,
    Fault,
    Notice,
    NoticeFault,
    PaymentOrder,
    PaymentState,
    PaymentStatus,
    RefundStatus,
    signing,
)
from finance.channels.transport import Answer, Call

carry: Hook[[Call], Answer] = Hook("finance.channels.sandbox.carry")
"""Carries a call to the sandbox; provided by the sandbox itself where it is switched on."""

TOLERANCE = timedelta(seconds=300)
NOT_FOUND = 404


class _NotFound(ChannelError):
    """The sandbox has never heard of the number."""


def sign_up(name: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """Become a merchant of the sandbox: merchant number, our secrets, the sandbox's keys by serial."""
    keys = signing.new_key_pair()
    answer = carry(Call("POST", "/v1/merchants", body=_json({"name": name, "public_key": keys.public})))
    told = _read(answer)
    return (
        told["merchant"],
        {"private_key": keys.private},
        {told["serial"]: told["platform_key"]},
    )


class SandboxClient:
    """A merchant's line to the sandbox (``finance.channels.Client``)."""

    refund_window = timedelta(days=365)

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def create_payment(self, order: PaymentOrder) -> str:
        told = self._ask(
            "POST",
            "/v1/payments",
            {
                "number": order.number,
                "amount": order.amount,
                "currency": order.currency,
                "title": order.title,
                "notify_url": order.notify_url,
                "return_url": order.return_url,
                "expires_at": order.expires_at.isoformat(),
            },
        )
        return str(told["pay_url"])

    def query(self, number: str) -> PaymentState:
        return self._payment("GET", f"/v1/payments/{number}")

    def close(self, number: str) -> PaymentState:
        return self._payment("POST", f"/v1/payments/{number}/close")

    def refund(
        self, number: str, *, payment: str, amount: int, currency: str, notify_url: str
    ) -> RefundStatus:
        told = self._ask(
            "POST",
            "/v1/refunds",
            {
                "number": number,
                "payment": payment,
                "amount": amount,
                "currency": currency,
                "notify_url": notify_url,
            },
        )
        return _refund_status(told)

    def query_refund(self, number: str) -> RefundStatus:
        try:
            return _refund_status(self._ask("GET", f"/v1/refunds/{number}"))
        except _NotFound:
            return RefundStatus.UNKNOWN

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notice:
        self._verify(headers, body, at)
        try:
            told = json.loads(body)
            notice = Notice(
                about=About(told["event"]),
                merchant=_text(told, "merchant"),
                number=_text(told, "number"),
                channel_ref=_text(told, "transaction"),
                amount=_whole(told, "amount"),
                currency=_text(told, "currency"),
                status=_text(told, "status"),
            )
            (PaymentStatus if notice.about is About.PAYMENT else RefundStatus)(notice.status)
        except (ValueError, KeyError, TypeError) as error:
            raise NoticeFault(Fault.MALFORMED) from error
        return notice

    def _payment(self, method: str, path: str) -> PaymentState:
        try:
            told = self._ask(method, path)
        except _NotFound:
            return PaymentState(PaymentStatus.UNKNOWN)
        try:
            return PaymentState(
                PaymentStatus(told["status"]),
                _text(told, "transaction"),
                _whole(told, "amount"),
                _text(told, "currency"),
            )
        except (KeyError, ValueError) as error:
            raise ChannelError("the answer is not about a payment") from error

    def _ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        body = b"" if content is None else _json(content)
        stamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
        try:
            signature = signing.sign(self._contract.secrets["private_key"], method, path, stamp, nonce, body)
        except (KeyError, ValueError) as error:
            raise ChannelError("this merchant has no key") from error
        call = Call(
            method,
            path,
            {
                "content-type": "application/json",
                "pay-merchant": self._contract.merchant,
                "pay-timestamp": stamp,
                "pay-nonce": nonce,
                "pay-signature": signature,
            },
            body,
        )
        try:
            answer = carry(call)
            self._verify(answer.headers, answer.body, clock.now())
        except (OSError, NoticeFault) as error:
            raise ChannelError(str(error)) from error
        return _read(answer)

    def _verify(self, headers: Mapping[str, str], body: bytes, at: datetime) -> None:
        """Signature first of all: nothing else in an unsigned message means anything."""
        serial, stamp = headers.get("pay-serial", ""), headers.get("pay-timestamp", "")
        key = self._contract.platform_keys.get(serial)
        if key is None:
            raise NoticeFault(Fault.SERIAL)
        if not signing.is_signed(
            key, headers.get("pay-signature", ""), stamp, headers.get("pay-nonce", ""), body
        ):
            raise NoticeFault(Fault.SIGNATURE)
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            raise NoticeFault(Fault.TIMESTAMP)
        if abs(int(stamp) - at.timestamp()) > TOLERANCE.total_seconds():
            raise NoticeFault(Fault.TIMESTAMP)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _read(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except ValueError as error:
        raise ChannelError(f"answer {answer.status} cannot be read") from error
    if answer.status == NOT_FOUND:
        raise _NotFound
    if answer.status >= 300 or not isinstance(told, dict):
        code = told.get("code", "") if isinstance(told, dict) else ""
        raise ChannelError(f"answer {answer.status} {code}".rstrip())
    return told


def _refund_status(told: dict[str, Any]) -> RefundStatus:
    try:
        return RefundStatus(told["status"])
    except (KeyError, ValueError) as error:
        raise ChannelError("the answer is not about a refund") from error


def _text(told: dict[str, Any], name: str) -> str:
    value = told[name]
    if not isinstance(value, str) or len(value) > 64 or "\0" in value:
        raise ValueError(name)
    return value


def _whole(told: dict[str, Any], name: str) -> int:
    value = told[name]
    if type(value) is not int:
        raise ValueError(name)
    return value
