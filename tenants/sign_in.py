"""Who may sign in, and how: django-allauth with our rules."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):
    """Accounts are made by staff of the level above, never by strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
