"""Links to the big screen, made and looked through, for tests."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from backoffice.kit.scope import unscoped
from reports import sharing
from reports.models import ShareLink
from tenants.models import Membership, Tenant
from tenants.selectors import scope_of
from tests.factories.tenants import ACTOR


def make_link(owner: Membership, tenant: Tenant | None = None, **over: Any) -> sharing.NewLink:
    wish = {"tenant": tenant or owner.tenant, "name": "Lobby", "days": 7} | over
    with scope_of(owner.tenant_id):
        return sharing.create_link(owner, actor=ACTOR, **wish)


def look(token: str, part: str = "", **query: str) -> Any:
    return Client().get(reverse(f"reports.share{part}", args=[token]), query)


def row_of(made: sharing.NewLink) -> ShareLink:
    with unscoped(reason="test"):
        return ShareLink.objects.get(pk=made.link.pk)


def ask(owner: Membership, **typed: Any) -> Any:
    client = Client()
    client.force_login(owner.user)
    return client.post(reverse("reports.share_new"), {"name": "Lobby", "days": "7"} | typed)


def token_in(answer: Any) -> str:
    found = re.search(r"/share/([\w.-]+)/", answer.content.decode())
    assert found is not None
    return found[1]
