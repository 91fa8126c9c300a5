"""What payment channels report to us: kept as it came, believed only when it is signed and about our rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from backoffice.kit import audit, clock
from finance import channels
from finance.channels import About, ChannelError, Fault, Notice, NoticeFault, RefundStatus
from finance.models import ChannelNotice, PaymentChannel, Refund, TopUp
from finance.services.refunds import note_refund_status
from finance.services.top_ups import Outcome, take_in

LARGEST = 64 * 1024
MOST_UNBELIEVED = 60
"""Notices a minute that cannot be believed and are still kept, for each channel."""
ALERT_AGAIN = timedelta(hours=1)
KEPT_HEADERS = 2_000


@dataclass(frozen=True, slots=True)
class NoticeAnswer:
    """What the channel is told: 200 stops it, anything else makes it try again later."""

    status: int
    code: str


ACCEPTED = NoticeAnswer(200, "SUCCESS")
BUSY = NoticeAnswer(429, "TOO_MANY")


def receive_notice(
    channel: PaymentChannel, headers: Mapping[str, str], body: bytes, *, remote: str
) -> NoticeAnswer:
    """Take in one callback. ``headers`` with names in lower case, ``body`` as the raw bytes that were signed.

    Called with a lifted scope: a channel has no tenant of its own. Duplicates are answered as successes.
    """
    if len(body) > LARGEST:
        return NoticeAnswer(413, "TOO_LARGE")
    try:
        notice = channels.client_of(channel).read_notice(headers, body, at=clock.now())
    except NoticeFault as fault:
        return _refuse(channel, headers, body, remote, fault.fault)
    except ChannelError:
        return NoticeAnswer(503, "UNAVAILABLE")
    return _follow(channel, notice, headers, body, remote)


@transaction.atomic
def _follow(
    channel: PaymentChannel, notice: Notice, headers: Mapping[str, str], body: bytes, remote: str
) -> NoticeAnswer:
    about, outcome = _outcome(channel, notice)
    if outcome.is_alarming:
        known = ChannelNotice.objects.filter(channel=channel, outcome=outcome, about=about)
        _alert(channel, outcome, about, already=known.exists())
    _keep(channel, headers, body, remote, outcome, signature_ok=True, about=about)
    return NoticeAnswer(400, outcome.upper()) if outcome.is_alarming else ACCEPTED


def _outcome(channel: PaymentChannel, notice: Notice) -> tuple[str, Outcome]:
    about = f"{'topup' if notice.about is About.PAYMENT else 'refund'}:{notice.number}"
    if notice.merchant != channel.merchant:
        return about, Outcome.MERCHANT
    if notice.about is About.REFUND:
        return about, _refund_outcome(channel, notice)
    top_up = TopUp.objects.filter(number=notice.number, channel=channel).first()
    if top_up is None:
        return about, Outcome.NUMBER
    return about, take_in(top_up.pk, notice.payment_state(), actor=channels.actor_of(channel))


def _refund_outcome(channel: PaymentChannel, notice: Notice) -> Outcome:
    refund = Refund.objects.filter(number=notice.number, top_up__channel=channel).first()
    if refund is None:
        return Outcome.NUMBER
    if notice.currency != refund.currency:
        return Outcome.CURRENCY
    if notice.amount != refund.cash:
        return Outcome.AMOUNT
    after = note_refund_status(refund.pk, RefundStatus(notice.status), channel_ref=notice.channel_ref)
    return Outcome.REFUND_NOTED if after.state != refund.state else Outcome.DUPLICATE


@transaction.atomic
def _refuse(
    channel: PaymentChannel, headers: Mapping[str, str], body: bytes, remote: str, fault: Fault
) -> NoticeAnswer:
    recent = ChannelNotice.objects.filter(channel=channel, outcome__in=[fault.value for fault in Fault])
    if recent.filter(received_at__gt=clock.ago(minutes=1)).count() >= MOST_UNBELIEVED:
        return BUSY
    same = recent.filter(outcome=fault, received_at__gt=clock.now() - ALERT_AGAIN)
    _alert(channel, fault, "", already=same.exists())
    signed = fault not in {Fault.SIGNATURE, Fault.SERIAL}
    _keep(channel, headers, body, remote, fault, signature_ok=signed, about="")
    return NoticeAnswer(400 if signed else 401, fault.upper())


def _keep(
    channel: PaymentChannel,
    headers: Mapping[str, str],
    body: bytes,
    remote: str,
    outcome: str,
    *,
    signature_ok: bool,
    about: str,
) -> None:
    ChannelNotice.objects.create(
        **audit.path_of(channel).as_columns(),
        channel=channel,
        received_at=clock.now(),
        headers={name: value[:KEPT_HEADERS] for name, value in headers.items()},
        body=body,
        remote=remote[:60],
        signature_ok=signature_ok,
        outcome=outcome,
        about=about[:80],
    )


def _alert(channel: PaymentChannel, outcome: str, about: str, *, already: bool) -> None:
    if not already:
        audit.record(
            channels.actor_of(channel),
            "channel.notice_refused",
            channel,
            after={"outcome": outcome, "about": about},
        )
