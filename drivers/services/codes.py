"""Sign-in codes: six digits, five minutes, five tries, good for one phone in one browser, once.

The rows of the codes are what the limits count, under locks in one order, so no burst gets around them and
nothing is forgotten when a cache is. The answer is the same whether the phone has an account or not.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import clock, locks
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from drivers.models import SmsCode, SmsPurpose
from drivers.services.messages import send_sms
from drivers.services.phones import phone_at
from tenants.selectors import lineage

LIFE = timedelta(minutes=5)
TRIES = 5
DIGITS = 6
LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within a time."""

    most: int
    within: timedelta


PER_PHONE = (
    Limit(1, timedelta(seconds=60)),
    Limit(5, timedelta(hours=1)),
    Limit(10, timedelta(days=1)),
)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """What the page says after a code was sent. ``phone`` is E.164; ``again_at``: when to offer another."""

    phone: str
    expires_at: datetime
    again_at: datetime


class TooOften(Refused):
    """A limit is reached; ``wait_s`` is when to try again, in seconds."""

    def __init__(self, wait: timedelta) -> None:
        self.wait_s = max(1, ceil(wait.total_seconds()))
        minutes = ceil(self.wait_s / 60)
        words = (
            ngettext("Please wait %(n)d second.", "Please wait %(n)d seconds.", self.wait_s)
            % {"n": self.wait_s}
            if self.wait_s < 100
            else ngettext("Please wait %(n)d minute.", "Please wait %(n)d minutes.", minutes) % {"n": minutes}
        )
        super().__init__(words, code="too_often", field="phone")


@transaction.atomic
def issue_code(
    operator_id: int,
    *,
    phone: str,
    browser: str,
    ip: str = "",
    purpose: SmsPurpose = SmsPurpose.SIGN_IN,
) -> IssuedCode:
    """Send a code to a phone. ``browser`` is a random text that only this browser has, from its cookie.

    Raises Refused for what is no mobile number, TooOften above a limit (domain 6.3).
    """
    number = phone_at(operator_id, phone)
    now = clock.now()
    address = _keyed("address", ip) if ip else ""
    _require_pause(operator_id, number, address, now)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = SmsCode(
        tenant_id=operator_id,
        phone=number,
        purpose=purpose,
        browser_hash=_keyed("browser", browser[:LONGEST_BROWSER]),
        ip_hash=address,
        created_at=now,
        expires_at=now + LIFE,
    )
    row.code_hash = _hash_of_code(row, code)
    row.save()
    brand = lineage(operator_id)[-1].brand
    send_sms(
        operator_id,
        number,
        purpose=purpose,
        text=_("%(code)s is your code for %(brand)s. It is valid for 5 minutes.")
        % {"code": code, "brand": brand},
        secret=code,
        until=row.expires_at,
    )
    return IssuedCode(number, row.expires_at, again_at=now + PER_PHONE[0].within)


def verify_code(
    operator_id: int,
    *,
    phone: str,
    browser: str,
    code: str,
    purpose: SmsPurpose = SmsPurpose.SIGN_IN,
) -> str:
    """Use up the newest code of this phone in this browser; the phone as E.164.

    Every try is kept, also when it is refused, so this runs in a transaction of its own and never in
    another one. Raises Refused.
    """
    number = phone_at(operator_id, phone)
    fault = _try(operator_id, number, browser, code, purpose)
    if fault == "tries":
        raise Refused(_("That was wrong too often. Ask for a new code."), code=fault, field="code")
    if fault:
        raise Refused(_("This code is wrong or has expired."), code=fault, field="code")
    return number


@transaction.atomic(durable=True)
def _try(operator_id: int, phone: str, browser: str, typed: str, purpose: SmsPurpose) -> str:
    """Empty when it was right, else why not."""
    mine = SmsCode.objects.filter(
        tenant=operator_id,
        phone=phone,
        purpose=purpose,
        browser_hash=_keyed("browser", browser[:LONGEST_BROWSER]),
    )
    newest = mine.order_by("-created_at", "-pk").values("pk")[:1]
    row = locks.locked(mine.filter(pk__in=newest)).first()
    if row is None or row.used_at is not None or row.expires_at <= clock.now():
        return "expired"
    if row.tries >= TRIES:
        return "tries"
    row.tries += 1
    right = constant_time_compare(row.code_hash, _hash_of_code(row, _digits(typed)))
    row.used_at = clock.now() if right else None
    row.save(update_fields=["tries", "used_at"])
    if right:
        return ""
    return "tries" if row.tries >= TRIES else "wrong"


def _require_pause(operator_id: int, phone: str, address: str, now: datetime) -> None:
    locks.hold(f"drivers.code.phone:{phone}")
    if address:
        locks.hold(f"drivers.code.address:{address}")
    locks.hold(f"drivers.code.tenant:{operator_id}")
    hour, day = timedelta(hours=1), timedelta(days=1)
    with unscoped(reason="the limits count what a phone and an address ask of everybody"):
        codes = SmsCode.objects.all()
        waits = [_wait(codes.filter(phone=phone), PER_PHONE, now)]
        if address:
            limit = Limit(settings.SMS_CODES_PER_ADDRESS, hour)
            waits.append(_wait(codes.filter(ip_hash=address), [limit], now))
        limit = Limit(settings.SMS_CODES_PER_TENANT, day)
        waits.append(_wait(codes.filter(tenant=operator_id), [limit], now))
    if (longest := max(waits)) > timedelta():
        raise TooOften(longest)


def _wait(codes: QuerySet[SmsCode], limits: Iterable[Limit], now: datetime) -> timedelta:
    """How long until another code keeps every limit."""
    newest_first = codes.order_by("-created_at").values_list("created_at", flat=True)
    longest = timedelta()
    for limit in limits:
        filled_since = newest_first[limit.most - 1 : limit.most].first()
        if filled_since is not None:
            longest = max(longest, filled_since + limit.within - now)
    return longest


def _digits(typed: str) -> str:
    return "".join(unicodedata.normalize("NFKC", typed[:40]).split())


def _hash_of_code(row: SmsCode, code: str) -> str:
    return _keyed("code", f"{row.tenant_id}:{row.phone}:{row.purpose}:{row.browser_hash}:{code}")


def _keyed(kind: str, value: str) -> str:
    return salted_hmac(f"drivers.codes.{kind}", value, algorithm="sha256").hexdigest()
