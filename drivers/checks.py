"""What must hold before anything starts: the SMS provider exists."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from drivers.sms import PROVIDERS


def check_sms_provider(**_: Any) -> list[CheckMessage]:
    """SMS_PROVIDER names a provider that somebody wrote."""
    if settings.SMS_PROVIDER in PROVIDERS:
        return []
    known = ", ".join(sorted(PROVIDERS))
    return [Error(f"SMS_PROVIDER is {settings.SMS_PROVIDER!r}; known are {known}", id="drivers.E001")]
