"""What the tests of pages about tenants and people compare: rows before and after, and what a form said."""

from __future__ import annotations

from typing import Any

from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from tenants.models import Membership, Tenant, User


def everything() -> list[Any]:
    with unscoped(reason="a test compares"):
        return [
            list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
            for model in (Tenant, Membership, User, AuditEntry)
        ]


def stored(row: Any) -> Any:
    with unscoped(reason="a test compares"):
        return type(row).objects.get(pk=row.pk)


def errors(response: Any) -> set[str]:
    assert response.status_code == 200
    return set(response.context["form"].errors)


NEW = {
    "code": "berlin-1",
    "name": "Berlin One",
    "timezone": "Europe/Berlin",
    "currency": "EUR",
    "locale": "en",
}
