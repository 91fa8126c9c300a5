"""Who may sign in, and how: django-allauth with our rules.

Email and password, and a code where the person set that up; no sign-up; who works nowhere, or below a tenant that is
suspended or closed, is told so and stays outside. Every attempt is remembered, and so is the browser.
"""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.contrib.auth.base_user import AbstractBaseUser
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backoffice.kit.actor import Actor
from backoffice.kit.sealing import Box
from tenants import invitations
from tenants.duties import PASSWORD_DUE
from tenants.mail import letter
from tenants.models import User
from tenants.selectors import memberships_of, security_of_user
from tenants.services import sessions, sign_ins
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
        browser = request.headers.get("User-Agent", "")
        sessions.begin(request.session, address=self.get_client_ip(request), browser=browser)
        sign_ins.record_sign_in(person, actor=self.actor(person, request))

    def logout(self, request: HttpRequest) -> None:
        """Whoever signs out in another's name leaves that name too."""
        staff: Any = request
        if getattr(staff, "acting", None) is not None:
            end_acting(staff.acting, actor=staff.actor)
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        person, session = cast(User, user), context.request.session
        actor = self.actor(person, context.request)
        sign_ins.set_password(person, password, actor=actor)
        sessions.end_sessions(person, actor=actor, keep=session.session_key)
        session.pop(PASSWORD_DUE, None)

    def send_password_reset_mail(self, user: AbstractBaseUser, email: str, context: dict[str, Any]) -> None:
        """In the reader's language, and as letters of the tenant look at which he works."""
        person = cast(User, user)
        works_at = memberships_of(person)
        if not works_at:
            super().send_password_reset_mail(user, email, context)
            return
        tenant_id = works_at[0].tenant_id
        letter("account/email/password_reset_key", to=person, tenant_id=tenant_id, context=context)

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

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Only here is the password known, so only here can a policy that grew stricter be held against it."""
        least = security_of_user(cast(User, self.user)).min_length
        request.session[PASSWORD_DUE] = len(self.cleaned_data["password"]) < least
        return cast(HttpResponse, super().login(request, redirect_url=redirect_url))


class CodeForm(AuthenticateForm):
    """Asks for the code after the password."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _reword(self)

    def clean_code(self) -> str:
        try:
            return super().clean_code()
        except ValidationError:
            request = context.request
            Adapter(request).remember_failure(request, {"email": self.user.email}, "code")
            raise


class AgainForm(ReauthenticateForm):
    """Asks for a code before a change of the ways in."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _reword(self)


def _reword(form: Any) -> None:
    """The library's own word means something else in our catalogue."""
    form.fields["code"].label = _("Code that the app shows")
    form.fields["code"].widget.attrs["placeholder"] = ""


class CodeAdapter(DefaultMFAAdapter):
    """What django-allauth asks of us about codes: secrets rest sealed, and whose they are is said in the app."""

    box = Box("two-factor")

    def encrypt(self, text: str) -> str:
        return self.box.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return self.box.unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        return "Pilehouse"
