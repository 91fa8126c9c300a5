"""The session engine: Django's cached sessions, whose rows say whose browser it is.

What is known of the browser lies in the session itself under ``DEVICE`` (written at sign-in, refreshed now and then)
and is copied to columns whenever the session is saved, so that a person can be shown, and can end, his sessions.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore as CachedSessions
from django.contrib.sessions.base_session import AbstractBaseSession

DEVICE = "device"


class SessionStore(CachedSessions):
    """``SESSION_ENGINE`` is this module."""

    cache_key_prefix = "pilehouse.sessions."

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        return cast(type[AbstractBaseSession], apps.get_model("tenants", "StaffSession"))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _described(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _described(await super().acreate_model_instance(data), data)


def _described(row: Any, data: dict[str, Any]) -> AbstractBaseSession:
    device = data.get(DEVICE, {})
    row.user_id = data.get(SESSION_KEY)
    row.address, row.browser = device.get("address", ""), device.get("browser", "")
    row.began_at, row.seen_at = _instant(device.get("began")), _instant(device.get("seen"))
    return cast(AbstractBaseSession, row)


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
