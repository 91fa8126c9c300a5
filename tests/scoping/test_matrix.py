"""The generated matrix: list × part × level × relation, and mutants that it has to catch.

``./run test tests/scoping/test_matrix.py --collect-only -q`` says how many cases it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.test import override_settings
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from backoffice.kit.levels import Level
from backoffice.kit.lists import Resource, registered
from backoffice.kit.perms import Role, granted
from backoffice.kit.scope import PathOwned, TenantOwned
from tenants.models import Tenant
from tests.factories.rows import scoped_without_factory
from tests.scoping.matrix import (
    FOREIGN,
    PARTS,
    Case,
    World,
    cases,
    exists,
    make_world,
    may_ask,
    may_see,
    parts_of,
)
from tests.scoping.pages import PAGES, Page, undeclared_pages

pytestmark = pytest.mark.django_db
CASES = cases()


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One world for all cases; it is gone with the module."""
    plain = override_settings(ROOT_URLCONF="tests.scoping.plain_urls")
    with django_db_blocker.unblock(), transaction.atomic(), plain:
        made = make_world()
        # Else each case would check anew, at its end, what all of the world's rows still have to be checked for.
        connection.check_constraints()
        yield made
        transaction.set_rollback(True)


def test_every_scoped_model_has_a_factory() -> None:
    assert scoped_without_factory() == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_viewer_gets_at_what_is_his_and_below_and_at_nothing_else(case: Case, world: World) -> None:
    assert world.sees(case) is may_see(case.resource, case.relation)


def _refused() -> Iterator[tuple[Resource, Level, Role, str]]:
    """What each role may not do: look at a list, which shuts all its addresses, or only export it or act."""
    for resource, level, role in product(registered(), Level, Role):
        held = granted(level, role)
        if resource.view is not None and resource.view not in held:
            yield resource, level, role, "look"
            continue
        if resource.export is not None and resource.export not in held:
            yield resource, level, role, "export"
        yield from (
            (resource, level, role, action.name) for action in resource.actions if action.perm not in held
        )


def _addresses(resource: Resource, refused: str) -> list[str]:
    export = [resource.url_of("export")] if resource.export else []
    actions = {action.name: resource.url_of("do", action.name) for action in resource.actions}
    if refused == "export":
        return export
    if refused in actions:
        return [actions[refused]]
    options = [resource.url_of("options", name) for name in resource.filters.base_filters]
    return [resource.url, resource.url_of("views"), *export, *options, *actions.values()]


@pytest.mark.parametrize(
    ("resource", "level", "role", "refused"),
    [pytest.param(*four, id=f"{four[0].name}-{four[1]}-{four[2]}-{four[3]}") for four in _refused()],
)
def test_a_role_without_the_permission_is_refused_at_every_address(
    resource: Resource, level: Level, role: Role, refused: str, world: World
) -> None:
    client = world.client(world.viewer(level, role))

    assert {client.get(url).status_code for url in _addresses(resource, refused)} == {403}


MUTANTS = [
    (part, resource)
    for part in PARTS
    for resource in registered()
    if part in parts_of(resource) and resource.narrow is None
]


@pytest.mark.parametrize(
    ("part", "resource"), [pytest.param(*two, id=f"{two[0]}-{two[1].name}") for two in MUTANTS]
)
def test_a_scope_without_its_filter_is_caught(
    part: str, resource: Resource, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = next(level for level in Level if may_ask(resource, level, part))
    case = Case(resource, level, part, "sibling")
    assert world.sees(case) is False

    for model in (TenantOwned, PathOwned, Tenant):
        monkeypatch.setattr(model, "scope_filter", classmethod(lambda *_args, **_options: Q()))

    assert world.sees(case, fresh=True) is True


def test_every_guarded_page_says_which_row_it_shows() -> None:
    assert undeclared_pages() == []


def _pages() -> list[Any]:
    return [
        pytest.param(name, page, level, relation, id=f"{name}-{level}-{relation}")
        for name, page in PAGES.items()
        for level in Level
        for relation in ("own", "parent", *FOREIGN)
        if exists(level, relation) and page.role_at(level) is not None
    ]


@pytest.mark.parametrize(("name", "page", "level", "relation"), _pages())
def test_a_page_of_another_tenants_row_is_not_there(
    name: str, page: Page, level: Level, relation: str, world: World
) -> None:
    viewer = world.viewer(level, page.role_at(level) or Role.OWNER)
    row = page.make(world.tenant(level, relation), viewer)
    client = world.client(viewer)

    response = getattr(client, page.method)(reverse(name, args=page.arguments(row)))
    b"".join(response)  # to the end: a file is closed then

    if relation == "own":
        assert response.status_code in page.found
    elif not (relation == "parent" and page.model.handed_down):
        assert response.status_code == 404


def test_the_matrix_covers_every_list_part_and_level() -> None:
    covered = {(case.resource.name, case.part, case.level) for case in CASES}

    assert covered == {
        (resource.name, part, level)
        for resource in registered()
        for part in parts_of(resource)
        for level in Level
        if may_ask(resource, level, part)
    }
    assert {resource.name for resource in registered()} == {case.resource.name for case in CASES}
    assert replace(CASES[0], relation="own") in CASES
