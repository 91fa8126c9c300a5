"""Messages to phones: written down with the change that causes them, sent by a sweep.

A message is a row first, so it is sent if and only if its cause was committed. The sweep claims a row,
lets go of the database while it talks to the provider, and notes the answer; a sender that died is
replaced when its claim is over. What is secret in a text is sealed and wiped once it has left.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from backoffice.kit import clock, locks
from backoffice.kit.figures import masked_phone
from backoffice.kit.machines import move
from backoffice.kit.scope import path_of_tenant, unscoped
from backoffice.kit.sealing import Box, SealBroken
from backoffice.kit.tasks import nudge
from drivers.models import SmsError, SmsMessage, SmsPurpose, SmsState
from drivers.segments import parts_of
from drivers.sms import Outgoing, Provider, SmsRefused, SmsUnreachable, provider
from drivers.states import SMS

log = logging.getLogger(__name__)

BOX = Box("pilehouse messages to phones")
DOTS = "••••••"
LONGEST = 500
KEPT_FOR = timedelta(hours=12)
"""How long an ordinary message is worth sending."""

CLAIM = timedelta(seconds=60)
PAUSES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""Before the second and every further attempt."""

AT_ONCE = 100


@transaction.atomic
def send_sms(
    tenant_id: int,
    phone: str,
    *,
    purpose: SmsPurpose | str,
    text: str,
    about: str = "",
    secret: str = "",
    until: datetime | None = None,
) -> SmsMessage:
    """Have a message sent once this transaction has committed. ``phone`` is E.164.

    ``secret`` is the part of the text that the log must not show. After ``until`` (default: 12 hours) it
    is not sent any more. Above the daily cap of a phone the row is there, failed, and nothing is sent;
    sign-in codes have tighter limits of their own.
    """
    now = clock.now()
    text = text[:LONGEST]
    over = purpose != SmsPurpose.SIGN_IN and _is_over_cap(phone, now)
    message = SmsMessage.objects.create(
        **path_of_tenant(tenant_id).as_columns(),
        phone=phone,
        purpose=purpose,
        text=text.replace(secret, DOTS) if secret else text,
        sealed="" if over else BOX.seal(text),
        parts=parts_of(text),
        state=SmsState.FAILED if over else SmsState.QUEUED,
        error=SmsError.DAILY_CAP if over else "",
        about=about,
        created_at=now,
        due_at=None if over else now,
        expires_at=until or now + KEPT_FOR,
    )
    nudge("drivers.tasks.send_messages")
    return message


def send_due_messages() -> int:
    """Send what waits, each message on its own. Returns how many left."""
    carrier = provider()
    return sum(_send(message, carrier) for message in _claim())


def _is_over_cap(phone: str, now: datetime) -> bool:
    locks.hold(f"drivers.sms:{phone}")
    with unscoped(reason="the cap counts what a phone gets from everybody"):
        today = SmsMessage.objects.filter(phone=phone, created_at__gt=now - timedelta(days=1))
        return today.exclude(state=SmsState.FAILED).count() >= settings.SMS_PER_PHONE


@transaction.atomic
def _claim() -> list[SmsMessage]:
    """Due messages, marked as ours for a minute."""
    now = clock.now()
    waiting = SmsMessage.objects.filter(state__in=[SmsState.QUEUED, SmsState.SENDING], due_at__lte=now)
    claimed = list(
        waiting.order_by("due_at", "pk").select_for_update(skip_locked=True, of=("self",))[:AT_ONCE]
    )
    for message in claimed:
        message.state = move(SMS, message.state, SmsState.SENDING)
        message.attempts += 1
        message.due_at = now + CLAIM
    SmsMessage.objects.bulk_update(claimed, ["state", "attempts", "due_at"])
    return claimed


def _send(message: SmsMessage, carrier: Provider) -> bool:
    if message.expires_at is not None and message.expires_at <= clock.now():
        _fail(message, SmsError.TOO_LATE)
        return False
    try:
        text = BOX.unseal(message.sealed)
        reference = carrier.send(
            Outgoing(message.pk, message.phone, message.purpose, text, at=message.created_at)
        )
    except SealBroken:
        _fail(message, SmsError.UNREADABLE)
    except SmsRefused as error:
        log.warning("sms %s to %s was refused: %s", message.pk, masked_phone(message.phone), error)
        _fail(message, SmsError.REFUSED)
    except SmsUnreachable as error:
        log.warning("sms %s to %s was not sent: %s", message.pk, masked_phone(message.phone), error)
        _try_later(message)
    else:
        return _settle(
            message,
            state=SmsState.SENT,
            provider_ref=reference[:80],
            sent_at=clock.now(),
            sealed="",
            due_at=None,
        )
    return False


def _try_later(message: SmsMessage) -> None:
    if message.attempts > len(PAUSES):
        _fail(message, SmsError.UNREACHABLE)
    else:
        due_at = clock.now() + PAUSES[message.attempts - 1]
        _settle(message, state=SmsState.QUEUED, due_at=due_at)


def _fail(message: SmsMessage, error: SmsError) -> None:
    _settle(message, state=SmsState.FAILED, error=error, sealed="", due_at=None)


def _settle(message: SmsMessage, *, state: SmsState, **columns: object) -> bool:
    """Note what became of it, unless another sender has taken it over meanwhile."""
    move(SMS, message.state, state)
    ours = SmsMessage.objects.filter(pk=message.pk, state=SmsState.SENDING, attempts=message.attempts)
    return bool(ours.update(state=state, **columns))
