"""What is kept no longer than it is needed: codes for a week, ended sign-ins for a quarter."""

from __future__ import annotations

from django.db.models import Q

from backoffice.kit import clock
from drivers.models import DriverSession, SmsCode

CODES_KEPT_DAYS = 7
SESSIONS_KEPT_DAYS = 90
AT_ONCE = 5000


def forget() -> int:
    """Delete what is too old, a few thousand rows at a time; how many."""
    codes = SmsCode.objects.filter(created_at__lt=clock.ago(days=CODES_KEPT_DAYS))
    old = clock.ago(days=SESSIONS_KEPT_DAYS)
    sessions = DriverSession.objects.filter(Q(expires_at__lt=old) | Q(revoked_at__lt=old))
    deleted, _ = SmsCode.objects.filter(pk__in=codes.values("pk")[:AT_ONCE]).delete()
    more, _ = DriverSession.objects.filter(pk__in=sessions.values("pk")[:AT_ONCE]).delete()
    return deleted + more
