"""Driver accounts: opened at the first sign-in or by staff, edited, blocked.

One account per phone and operator, also when two ask at once. A block stops new charges; the driver
still signs in, because the money in the wallet and the receipts are the driver's.
"""

from __future__ import annotations

from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Path
from backoffice.kit.machines import move
from backoffice.kit.scope import path_of_tenant
from drivers.hooks import cards_changed
from drivers.models import Driver, DriverSession, DriverStatus
from drivers.selectors import driver_by_phone
from drivers.services.phones import phone_at
from drivers.states import DRIVER


class DriverFields(TypedDict, total=False):
    """What staff may set of a driver."""

    name: str
    locale: str
    several_at_once: bool


@transaction.atomic
def find_or_create_driver(operator_id: int, *, phone: str, actor: Actor, locale: str = "") -> Driver:
    """The account of a phone at an operator, opened if there is none.

    ``phone`` is E.164 or as people type it in the operator's country. Raises Refused for what is no mobile number.
    """
    number = phone_at(operator_id, phone)
    return driver_by_phone(operator_id, number) or _create(operator_id, number, actor, {"locale": locale})[0]


def known_driver(operator_id: int, phone: str) -> Driver | None:
    """The account of a phone that somebody typed; None for nothing typed. Raises Refused when it has none."""
    if not phone.strip():
        return None
    driver = driver_by_phone(operator_id, phone_at(operator_id, phone))
    if driver is None:
        raise Refused(_("There is no account with this phone."), code="unknown_phone", field="phone")
    return driver


@transaction.atomic
def create_driver(operator_id: int, *, phone: str, actor: Actor, **fields: Unpack[DriverFields]) -> Driver:
    """Open an account for a phone that has none. Raises Refused when it has one."""
    number = phone_at(operator_id, phone)
    driver, is_new = _create(operator_id, number, actor, fields)
    if not is_new:
        raise Refused(_("There is an account with this phone already."), code="phone_taken", field="phone")
    return driver


@transaction.atomic
def edit_driver(driver: Driver, *, actor: Actor, **fields: Unpack[DriverFields]) -> Driver:
    """Change what is given."""
    row = _lock(driver)
    before = audit.snapshot(row)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    _record("driver.edited", row, before, actor)
    return row


@transaction.atomic
def change_phone(driver: Driver, *, phone: str, actor: Actor, reason: str) -> Driver:
    """Give the account another number and end its sign-ins. Raises Refused when the number has an account."""
    number = phone_at(driver.tenant_id, phone)
    row = _lock(driver)
    if row.phone == number:
        return row
    if driver_by_phone(row.tenant_id, number) is not None:
        raise Refused(_("There is an account with this phone already."), code="phone_taken", field="phone")
    before = audit.snapshot(row)
    row.phone = number
    row.save(update_fields=["phone"])
    _end_sessions(row)
    _record("driver.phone_changed", row, before, actor, reason)
    return row


@transaction.atomic
def block_driver(driver: Driver, *, actor: Actor, reason: str) -> Driver:
    """Let the driver start no more charges, with any of the cards either. What runs ends normally."""
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    return _change_status(driver, DriverStatus.BLOCKED, "driver.blocked", actor, reason)


@transaction.atomic
def unblock_driver(driver: Driver, *, actor: Actor, reason: str = "") -> Driver:
    """Undo a block."""
    return _change_status(driver, DriverStatus.ACTIVE, "driver.unblocked", actor, reason)


@transaction.atomic
def end_sessions(driver: Driver, *, actor: Actor, reason: str = "") -> int:
    """Sign the driver out everywhere; how many sign-ins that ended."""
    ended = _end_sessions(driver)
    if ended:
        audit.record(actor, "driver.signed_out", driver, after={"sessions": ended}, reason=reason)
    return ended


def _create(operator_id: int, phone: str, actor: Actor, fields: DriverFields) -> tuple[Driver, bool]:
    _require_operator(path_of_tenant(operator_id), operator_id)
    try:
        with transaction.atomic():
            row = Driver.objects.create(tenant_id=operator_id, phone=phone, created_at=clock.now(), **fields)
    except IntegrityError:
        return Driver.objects.get(tenant=operator_id, phone=phone), False
    audit.record(actor, "driver.created", row, after=audit.snapshot(row))
    return row, True


def _require_operator(path: Path, tenant_id: int) -> None:
    if path.operator_id != tenant_id:
        raise Refused(_("Drivers belong to operators."), code="not_operator", field="operator")


def _change_status(driver: Driver, status: DriverStatus, action: str, actor: Actor, reason: str) -> Driver:
    row = _lock(driver)
    if row.status == status:
        return row
    before = audit.snapshot(row)
    row.status = move(DRIVER, row.status, status)
    row.blocked_reason = reason[:300] if status == DriverStatus.BLOCKED else ""
    row.save(update_fields=["status", "blocked_reason"])
    _record(action, row, before, actor, reason)
    cards_changed(row.tenant_id)
    return row


@transaction.atomic
def show_phone(driver: Driver, *, actor: Actor, reason: str) -> str:
    """The number in full, for one look: every look is in the audit trail with its reason, the number is not."""
    row = Driver.objects.get(pk=driver.pk)
    audit.record(actor, "driver.phone_shown", row, reason=reason)
    return row.phone


def _lock(driver: Driver) -> Driver:
    return locks.locked(Driver.objects.filter(pk=driver.pk)).get()


def _end_sessions(driver: Driver) -> int:
    live = DriverSession.objects.filter(driver=driver, revoked_at__isnull=True)
    return live.update(revoked_at=clock.now())


def _record(action: str, row: Driver, before: dict[str, object], actor: Actor, reason: str = "") -> None:
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
