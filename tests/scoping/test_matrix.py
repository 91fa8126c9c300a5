"""The generated matrix: list × part × level × relation, and mutants that it has to catch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
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
    may_see,
    parts_of,
    role_for,
)
from tests.scoping.pages import PAGES, Page, undeclared_pages

pytestmark = pytest.mark.django_db
CASES = cases()


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One world for all cases; it is gone with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


def test_every_scoped_model_has_a_factory() -> None:
    assert scoped_without_factory() == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_viewer_gets_at_what_is_his_and_below_and_at_nothing_else(case: Case, world: World) -> None:
    if role_for(case.resource, case.level) is None:
        pytest.skip("no role of this level may look: see the test of refusals")
    if case.part == "export" and not _may_export(case):
        pytest.skip("no role of this level may export: see the test of refusals")

    assert world.sees(case) is may_see(case.resource, case.relation)


def _may_export(case: Case) -> bool:
    role = role_for(case.resource, case.level)
    return role is not None and case.resource.export in granted(case.level, role)


def _lists_and_roles() -> list[tuple[Resource, Level, Role]]:
    return [
        (resource, level, role)
        for resource in registered()
        for level in Level
        for role in Role
        if resource.view is not None and resource.view not in granted(level, role)
    ]


@pytest.mark.parametrize(
    ("resource", "level", "role"),
    [pytest.param(*three, id=f"{three[0].name}-{three[1]}-{three[2]}") for three in _lists_and_roles()],
)
def test_a_role_without_the_permission_is_refused_at_every_address(
    resource: Resource, level: Level, role: Role, world: World
) -> None:
    client = world.client(world.viewer(level, role))
    urls = [resource.url]
    urls += [resource.url_of("export")] if resource.export else []
    urls += [resource.url_of("options", name) for name in resource.filters.base_filters]
    urls += [resource.url_of("do", action.name) for action in resource.actions]

    assert {client.get(url).status_code for url in urls} == {403}


def _level_of(part: str, resource: Resource) -> Level:
    """A level whose viewer reaches this part of the list; of the actions, at least one."""
    perms = {action.perm for action in resource.actions}
    return next(
        level
        for level in Level
        if (role := role_for(resource, level)) is not None and (part != "act" or perms & granted(level, role))
    )


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
    case = Case(resource, _level_of(part, resource), part, "sibling")
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
    }
    assert replace(CASES[0], relation="own") in CASES
