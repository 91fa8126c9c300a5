"""What the search finds: each kind of thing, for every level and relation, and for no role without its permission."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from pytest_django.plugin import DjangoDbBlocker

from backoffice.kit import search
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role, granted
from backoffice.kit.scope import PathOwned, TenantOwned
from backoffice.kit.search import Provider
from backoffice.kit.staff import Reader
from tenants.models import Membership, Tenant
from tenants.workplaces import workplace_of
from tests.factories.rows import make_row
from tests.factories.tenants import Forest, make_forest, make_member
from tests.scoping.matrix import RELATIONS, exists
from tests.scoping.test_looking import kin

pytestmark = pytest.mark.django_db

_numbers = count(1000)
WORTH: dict[str, Any] = {
    "order_no": lambda number: f"QLX-2611{number}-0",
    "number": lambda number: f"C-2611{number}-0",
    "phone": lambda number: f"+861380000{number}",
    "uid_folded": lambda number: f"CARD{number}",
    "identity": lambda number: f"CP-{number}",
    "code": lambda number: f"ST-{number}",
}
"""Values that a thing of each kind can be found by. Alarms are found by a code that many share."""

FOUND = [one for one in search.providers() if one.model is not None]


@pytest.fixture(scope="module")
def forest(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Forest]:
    """One forest for all; it is gone with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_forest()
        transaction.set_rollback(True)


def _row(provider: Provider, tenant: Tenant) -> Any:
    if provider.model is Tenant:
        return tenant
    if provider.name == "alarms":
        return make_row(
            provider.model,
            tenant,
            code="S03",
            alarm_class="safety",
            state="open",
            key=f"key {next(_numbers)}",
        )
    return make_row(provider.model, tenant, **{provider.by: WORTH[provider.by](next(_numbers))})  # type: ignore[arg-type]


def _finds(provider: Provider, viewer: Membership, row: Any) -> bool:
    """Does the search lead this viewer to the row?"""
    place = workplace_of(viewer.user)
    assert place is not None
    with place.entered():
        found = search.search(str(getattr(row, provider.by)), Reader(place.actor(), place.grants, "CNY"))
    urls = [hit.url for label, hits in found if label == provider.label for hit in hits]
    keys = {f"/{row.pk}/", f"/{getattr(row, provider.by)}/"}
    return any(url.endswith(key) for url in urls for key in keys)


def _roles(provider: Provider, level: Level, *, able: bool) -> list[Role]:
    return [role for role in Role if (provider.perm in granted(level, role)) is able]


@pytest.mark.parametrize("provider", FOUND, ids=lambda one: one.name)
def test_a_thing_is_found_by_those_who_may_see_it_and_by_nobody_else(
    provider: Provider, forest: Forest
) -> None:
    for level in Level:
        able, barred = (_roles(provider, level, able=one)[:1] for one in (True, False))
        viewers = {role: make_member(forest.chain[level.depth], role) for role in able + barred}
        for relation in RELATIONS:
            if not exists(level, relation):
                continue
            row = _row(provider, kin(forest, level, relation))
            for role, viewer in viewers.items():
                may = role in able and relation in {"own", "child"}
                assert _finds(provider, viewer, row) is may, (level, role, relation)


@pytest.mark.parametrize("provider", FOUND, ids=lambda one: one.name)
def test_a_search_without_the_filter_of_the_scope_is_caught(
    provider: Provider, forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = next(level for level in (Level.OPERATOR, *Level) if _roles(provider, level, able=True))
    viewer = make_member(forest.chain[level.depth], _roles(provider, level, able=True)[0])
    row = _row(provider, kin(forest, level, "sibling"))
    assert _finds(provider, viewer, row) is False

    for model in (TenantOwned, PathOwned, Tenant):
        monkeypatch.setattr(model, "scope_filter", classmethod(lambda *_args, **_options: Q()))

    assert _finds(provider, viewer, row) is True


def test_every_kind_that_is_found_has_a_permission_and_a_model() -> None:
    bare = {one.name for one in search.providers() if one.model is None or one.perm is None}

    assert bare == {"pages"}
