"""Sign-ins of drivers: a random token in the browser's cookie, its hash in a row, 90 days."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.figures import masked_phone
from drivers.models import Driver, DriverSession
from drivers.selectors import hash_of
from drivers.services.accounts import find_or_create_driver
from drivers.services.codes import verify_code

LIFE = timedelta(days=90)
SEEN_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SignIn:
    """``token`` is for the cookie and is shown nowhere else."""

    driver: Driver
    token: str


def sign_in(
    operator_id: int,
    *,
    phone: str,
    browser: str,
    code: str,
    ip: str = "",
    user_agent: str = "",
    locale: str = "",
) -> SignIn:
    """Trade a code for a sign-in; opens the account at the first one. Raises Refused.

    Never inside another transaction: a wrong code counts (``codes.verify_code``).
    """
    number = verify_code(operator_id, phone=phone, browser=browser, code=code)
    actor = Actor("visitor:phone", masked_phone(number), ip=ip)
    with transaction.atomic():
        driver = find_or_create_driver(operator_id, phone=number, actor=actor, locale=locale)
        return SignIn(driver, open_session(driver, user_agent=user_agent))


@transaction.atomic
def open_session(driver: Driver, *, user_agent: str = "") -> str:
    """Sign a driver in; the token for the cookie."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    DriverSession.objects.create(
        tenant_id=driver.tenant_id,
        driver=driver,
        token_hash=hash_of(token),
        user_agent=user_agent[:200],
        created_at=now,
        expires_at=now + LIFE,
    )
    Driver.objects.filter(pk=driver.pk).update(last_seen_at=now)
    return token


@transaction.atomic
def close_session(session: DriverSession) -> None:
    """Sign out in this browser. A second time changes nothing."""
    DriverSession.objects.filter(pk=session.pk, revoked_at__isnull=True).update(revoked_at=clock.now())


def note_seen(driver: Driver) -> None:
    """The driver is here now; written at most every five minutes."""
    now = clock.now()
    if driver.last_seen_at is None or driver.last_seen_at < now - SEEN_STEP:
        Driver.objects.filter(pk=driver.pk).update(last_seen_at=now)
