"""The second factor: a code from the person's phone, and recovery codes for when the phone is gone.

Secrets and codes are django-allauth's, sealed at rest. What changes is in the audit trail in the same transaction, and
a letter goes to the person, who may not have been the one that did it.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import current_scope, path_of_tenant
from tenants import mail
from tenants.models import User
from tenants.rules import Security
from tenants.selectors import memberships_of, set_for

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


def is_on(user: User) -> bool:
    """Is a code asked for when this user signs in?"""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def who_has(user_ids: list[int]) -> set[int]:
    """Those of the users who have it on, in one query."""
    rows = Authenticator.objects.filter(user_id__in=user_ids, type=Authenticator.Type.TOTP)
    return set(rows.values_list("user_id", flat=True))


def codes_left(user: User) -> int:
    """How many recovery codes are not used yet."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(row).get_unused_codes()) if row else 0


def is_demanded(user: User) -> bool:
    """Does any tenant that the user works for demand it of his role?"""
    return any(set_for(Security, one.tenant_id).values.wants_code(one.role) for one in memberships_of(user))


@transaction.atomic
def switch_on(user: User, secret: str, *, actor: Actor) -> list[str]:
    """From now on a code of this secret is asked for at sign-in. The recovery codes, to be shown once.

    Raises Refused when it is on already.
    """
    row = locks.locked(User.objects.filter(pk=user.pk)).get()
    if is_on(row):
        raise Refused(_("Two-factor sign-in is on already."), code="is_on")
    Authenticator.objects.filter(user=row).delete()
    TOTP.activate(row, secret)
    codes = _new_codes(row)
    _record(row, actor, "two_factor.switched_on")
    return codes


@transaction.atomic
def switch_off(user: User, *, actor: Actor) -> None:
    """Ask for no code any more, and forget the recovery codes. Raises Refused where a tenant demands it."""
    row = locks.locked(User.objects.filter(pk=user.pk)).get()
    if is_demanded(row):
        raise Refused(_("Where you work, two-factor sign-in is required."), code="demanded")
    gone, _each = Authenticator.objects.filter(user=row, type__in=KINDS).delete()
    if gone:
        _record(row, actor, "two_factor.switched_off")


@transaction.atomic
def reset(user: User, *, actor: Actor, reason: str) -> bool:
    """Forget the phone and the codes of somebody who lost both; False where there was nothing to forget.

    Who may ask for it is ``services.staff``'s business. Where it is demanded, the person sets it up anew after the
    password.
    """
    row = locks.locked(User.objects.filter(pk=user.pk)).get()
    gone, _each = Authenticator.objects.filter(user=row, type__in=KINDS).delete()
    if gone:
        _record(row, actor, "two_factor.reset", reason=reason)
    return bool(gone)


@transaction.atomic
def renew_codes(user: User, *, actor: Actor) -> list[str]:
    """New recovery codes, to be shown once; the old ones do not work any more. Raises Refused when it is off."""
    row = locks.locked(User.objects.filter(pk=user.pk)).get()
    if not is_on(row):
        raise Refused(_("Two-factor sign-in is off."), code="is_off")
    Authenticator.objects.filter(user=row, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes = _new_codes(row)
    _record(row, actor, "two_factor.codes_renewed")
    return codes


def _new_codes(user: User) -> list[str]:
    return list(RecoveryCodes.activate(user).get_unused_codes())


def _record(user: User, actor: Actor, action: str, reason: str = "") -> None:
    tenant_id = current_scope().tenant_id
    if tenant_id is not None:
        audit.record(actor, action, user, path=path_of_tenant(tenant_id), reason=reason)
    transaction.on_commit(lambda: mail.send_notice(user, action, actor=actor), robust=True)
