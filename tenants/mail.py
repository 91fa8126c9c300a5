"""Letters to staff: in the reader's language, from the tenant that he works for, with what the tenant says at their foot.

The address that letters come from is always the house's; a tenant chooses the name beside it and where answers go.
"""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from backoffice.kit.actor import Actor
from backoffice.kit.deeds import deed_words
from tenants.models import Tenant, User
from tenants.rules import Mail
from tenants.selectors import locality_of, memberships_of, set_for


def absolute(path: str) -> str:
    """The public address of a path; never the host of a request."""
    return urljoin(settings.PUBLIC_URL, path)


def letter(template: str, *, to: User, tenant_id: int, context: dict[str, Any]) -> None:
    """Send ``<template>_subject.txt`` and ``<template>_message.txt`` to somebody who works for the tenant."""
    look = set_for(Mail, tenant_id).values
    with translation.override(to.language or locality_of(tenant_id).locale):
        words = {"user": to, "footer": look.footer, **context}
        subject = " ".join(render_to_string(f"{template}_subject.txt", words).split())
        body = render_to_string(f"{template}_message.txt", words)
    message = EmailMessage(subject, body, to=[to.email], from_email=sender_of(look))
    if look.reply_to:
        message.reply_to = [look.reply_to]
    message.send()


def sender_of(look: Mail) -> str:
    """The name that the tenant chose with the house's address."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((look.sender or name, address))


def send_notice(user: User, action: str, *, actor: Actor) -> None:
    """Tell somebody what was done to his way in."""
    memberships = memberships_of(user)
    if memberships:
        letter(
            "tenants/mail/notice",
            to=user,
            tenant_id=memberships[0].tenant_id,
            context={"deed": deed_words(action), "address": actor.ip or "–"},
        )


def send_test(user: User, tenant: Tenant) -> None:
    """A letter that shows how the tenant's letters look."""
    letter("tenants/mail/test", to=user, tenant_id=tenant.pk, context={"tenant": tenant.name})
