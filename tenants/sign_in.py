"""Who may sign in, and how: django-allauth with our rules.

Email and password; no sign-up; who works nowhere, or below a tenant that is suspended or closed, is
told so and stays outside. Every attempt is remembered.
"""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.core import context
from django.contrib.auth.base_user import AbstractBaseUser
from django.forms import ValidationError
from django.http import HttpRequest

from backoffice.kit.actor import Actor
from tenants import invitations
from tenants.models import User
from tenants.services import sign_ins
from tenants.services.acting import end_acting
from tenants.workplaces import barred


class Adapter(DefaultAccountAdapter):
    """What django-allauth asks of us."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by staff of the level above, never by strangers."""
        return False

    def actor(self, user: User, request: HttpRequest) -> Actor:
        """The person behind a request that has no scope yet."""
        return Actor(f"staff:{user.pk}", str(user), ip=self.get_client_ip(request))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self.remember_failure(request, credentials, "password")

    def remember_failure(self, request: HttpRequest, credentials: dict[str, Any], reason: str) -> None:
        """Nobody is signed in: the actor is an address on the network."""
        ip = self.get_client_ip(request)
        visitor = Actor(f"visitor:{ip}", ip, ip=ip)
        sign_ins.record_failure(credentials.get("email") or "", actor=visitor, reason=reason)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        person = cast(User, user)
        sign_ins.record_sign_in(person, actor=self.actor(person, request))

    def logout(self, request: HttpRequest) -> None:
        """Whoever signs out in another's name leaves that name too."""
        staff: Any = request
        if getattr(staff, "acting", None) is not None:
            end_acting(staff.acting, actor=staff.actor)
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        person = cast(User, user)
        sign_ins.set_password(person, password, actor=self.actor(person, context.request))

    def get_reset_password_from_key_url(self, key: str) -> str:
        return invitations.link_of_key(key)


class SignInForm(LoginForm):
    """Asks for email and password, and says why somebody with the right password stays outside."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()  # type: ignore[no-untyped-call]
        reason = barred(self.user) if self.user else ""
        if reason:
            adapter = Adapter(self.request)
            adapter.remember_failure(self.request, self.user_credentials(), "barred")
            raise ValidationError(reason)
        return cleaned
