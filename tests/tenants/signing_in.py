"""A browser that signs in as people do, with password and code."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from tenants.models import User
from tests.factories.tenants import PASSWORD

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    """Send the first form."""
    return client.post("/account/login/", {"login": email, "password": password}, **extra)


def browser(user: User, **extra: Any) -> Client:
    """A browser in which the user has signed in with the password, and if he has one with a recovery code."""
    client = Client(headers={"user-agent": CHROME})
    answer = sign_in(client, user.email, **extra)
    if answer["Location"] == "/account/code/":
        codes = RecoveryCodes(Authenticator.objects.get(user=user, type="recovery_codes")).get_unused_codes()
        client.post("/account/code/", {"code": codes[-1]}, **extra)
    return client


def confirm(client: Client, password: str = PASSWORD) -> None:
    """Prove once more who one is, as before a change of the ways in."""
    answer = client.post("/account/confirm/", {"password": password})
    assert answer.status_code == 302, answer.content.decode()


def code_now(secret: str, *, steps: int = 0) -> str:
    """What an app shows for the secret, ``steps`` half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def give_code(user: User, secret: str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP") -> str:
    """Let the user have two-factor sign-in; the secret."""
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret
