"""Who carries our messages: the provider that the settings name. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from drivers.sms.file import FileProvider
from drivers.sms.port import Outgoing, Provider, SmsRefused, SmsUnreachable

PROVIDERS: Mapping[str, Callable[[], Provider]] = {"file": FileProvider}


def provider() -> Provider:
    """The provider named by SMS_PROVIDER; a system check has made sure that there is one."""
    return PROVIDERS[settings.SMS_PROVIDER]()


__all__ = ["PROVIDERS", "Outgoing", "Provider", "SmsRefused", "SmsUnreachable", "provider"]
