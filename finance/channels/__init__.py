"""The port to payment channels: what we ask of one, and what it tells us.

A client holds one operator's contract and does no bookkeeping. Whatever does not end in a clear
answer is a ChannelError: the payment's state is unknown and is asked for again. A notice is verified
on its raw bytes before anything in it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from backoffice.kit.actor import Actor
from backoffice.kit.sealing import SealBroken
from finance.models import PaymentChannel
from finance.sealing import unseal


class ChannelError(Exception):
    """The channel did not answer, or not clearly."""


class Fault(StrEnum):
    """What is wrong with a notice that cannot be believed."""

    SIGNATURE = "bad_signature"
    TIMESTAMP = "old_timestamp"
    SERIAL = "unknown_serial"
    MALFORMED = "malformed"


class NoticeFault(Exception):
    """A notice that cannot be believed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class PaymentStatus(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    CLOSED = "closed"
    UNKNOWN = "unknown"  # the channel has never heard of the number


class RefundStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class About(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What a driver shall pay. ``number`` is ours and unique; ``amount`` in minor units; addresses absolute."""

    number: str
    amount: int
    currency: str
    title: str
    notify_url: str
    return_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentState:
    """What the channel knows about a payment. ``channel_ref`` is its number for it."""

    status: PaymentStatus
    channel_ref: str = ""
    amount: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified callback; ``number`` is ours, of a payment or of a refund. Not yet compared with our rows."""

    about: About
    merchant: str
    number: str
    channel_ref: str
    amount: int
    currency: str
    status: str

    def payment_state(self) -> PaymentState:
        return PaymentState(PaymentStatus(self.status), self.channel_ref, self.amount, self.currency)


@dataclass(frozen=True, slots=True)
class Contract:
    """What a client needs to speak for an operator. ``platform_keys``: serial → public key, PEM."""

    merchant: str
    secrets: Mapping[str, Any]
    platform_keys: Mapping[str, str]


class Client(Protocol):
    """One operator's line to one channel. Every method raises ChannelError when the answer is not clear."""

    refund_window: timedelta

    def create_payment(self, order: PaymentOrder) -> str:
        """Register a payment; the address where the driver pays. The same number again is the same payment."""

    def query(self, number: str) -> PaymentState:
        """What became of a payment."""

    def close(self, number: str) -> PaymentState:
        """Let nobody pay it any more; its state, PAID when that came too late."""

    def refund(
        self, number: str, *, payment: str, amount: int, currency: str, notify_url: str
    ) -> RefundStatus:
        """Pay part of a payment back. The same number again is the same refund."""

    def query_refund(self, number: str) -> RefundStatus:
        """What became of a refund."""

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notice:
        """Verify and read a callback that arrived ``at``. Raises NoticeFault. Header names are lower case."""


_clients: dict[str, Callable[[Contract], Client]] = {}


def register(kind: str, client: Callable[[Contract], Client]) -> None:
    """Make a kind of channel usable."""
    _clients[kind] = client


def client_of(channel: PaymentChannel) -> Client:
    """The client of an operator's channel.

    Raises ChannelError when its kind is switched off here, or its secrets cannot be opened any more.
    """
    if channel.kind not in _clients:
        raise ChannelError(f"payment channels of kind {channel.kind} are switched off")
    try:
        contract = Contract(channel.merchant, unseal(channel.secrets), channel.platform_keys)
    except SealBroken as error:
        raise ChannelError(str(error)) from error
    return _clients[channel.kind](contract)


def actor_of(channel: PaymentChannel) -> Actor:
    """The channel as the one who does something."""
    return Actor(f"channel:{channel.pk}", channel.name)
