"""The letters with which somebody comes in: an invitation, where to sign in, or a link that sets a new password.

The link for a new password is django-allauth's; it dies when it is used, when the password changes, and with
``PASSWORD_RESET_TIMEOUT``. An invitation's is ours (``tenants.services.invitations``). Both carry our public
address, never the host of a request.
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


def send_invitation(user: User, tenant: Tenant, token: str, *, days: int) -> None:
    """Write to somebody who has no password yet; ``token`` opens the page on which he sets it, for so many days."""
    address = absolute(reverse("account_invitation", args=[token]))
    _send(user, tenant, {"invitation_url": address, "days": days})


def send(user: User, tenant: Tenant, *, renew: bool = False) -> None:
    """Write to a member who has a password: that he works here, or (``renew``) a link to set a new one."""
    link = password_link(user) if renew else ""
    _send(user, tenant, {"renew": renew, "password_url": link})


def _send(user: User, tenant: Tenant, about: dict[str, object]) -> None:
    context = {
        "tenant": tenant.name,
        "sign_in_url": absolute(reverse("account_login")),
        **about,
    }
    letter("tenants/mail/invitation", to=user, tenant_id=tenant.pk, context=context)
