"""Answers to the hooks of rooms below, and this room's checks."""

from __future__ import annotations

from django.core.checks import register as register_check

from drivers.checks import check_sms_provider

register_check(check_sms_provider)
