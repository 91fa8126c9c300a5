"""Reads of somebody about himself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from backoffice.kit import clock
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from tenants.models import ApiToken, NotificationChoices, StaffSession, User

SIGN_INS_SHOWN = 50


def sessions_of(user: User) -> QuerySet[StaffSession]:
    """The sessions of a user that are not over, those used last first."""
    rows = StaffSession.objects.filter(user=user, expire_date__gt=clock.now())
    return rows.order_by("-seen_at", "-began_at", "expire_date")


def sign_ins_of(user: User) -> list[AuditEntry]:
    """The last times that somebody signed in as this user, or tried to, wherever that was recorded."""
    with unscoped(reason="a person's own sign-ins, recorded where he worked at the time"):
        rows = AuditEntry.objects.filter(object_ref=f"user:{user.pk}", action__startswith="sign_in.")
        return list(rows.order_by("-at", "-id")[:SIGN_INS_SHOWN])


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The tokens that a user has in the active scope, newest first."""
    rows = ApiToken.objects.filter(membership__user=user).select_related("membership__tenant")
    return rows.order_by("-created_at", "-pk")


def choices_of(user: User) -> NotificationChoices:
    """What the user chose to be told, or an unsaved row where he never did."""
    return NotificationChoices.objects.filter(user=user).first() or NotificationChoices(user=user)


def choices_that_mail(kinds: Iterable[str]) -> list[NotificationChoices]:
    """The choices of users who want at least one of the kinds to be mailed."""
    asked = reduce(or_, (Q(kinds__contains={kind: {"mail": True}}) for kind in kinds))
    rows = NotificationChoices.objects.filter(asked, user__is_active=True).select_related("user")
    return list(rows.order_by("pk"))
