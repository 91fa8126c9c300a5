"""The letter with which somebody comes in: a link that sets a password once, or only where to sign in.

The link is django-allauth's; it dies when it is used, when the password changes, and with
``PASSWORD_RESET_TIMEOUT``. It carries our public address, never the host of a request.
"""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from tenants.mail import absolute, letter
from tenants.models import Tenant, User


def password_link(user: User) -> str:
    """Where this user sets a new password, once."""
    return link_of_key(f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}")


def link_of_key(key: str) -> str:
    """``key`` as django-allauth writes it: the user and a token, with a hyphen between."""
    uid, _hyphen, token = key.partition("-")
    return absolute(reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}))


def send(user: User, tenant: Tenant, *, renew: bool = False) -> None:
    """Write to a member. Who has no password yet, or asked for a new one (``renew``), gets a link to set it."""
    needs_password = renew or not user.has_usable_password()
    context = {
        "tenant": tenant.name,
        "renew": renew,
        "password_url": password_link(user) if needs_password else "",
        "sign_in_url": absolute(reverse("account_login")),
    }
    letter("tenants/mail/invitation", to=user, tenant_id=tenant.pk, context=context)
