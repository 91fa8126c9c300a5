"""Every page of staff in Chinese: a Latin word on it is data, a name of the field, or a string nobody translated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker

from backoffice.checks import addresses, is_guarded
from backoffice.kit.levels import Level
from backoffice.kit.lists import Resource, registered
from backoffice.kit.lists.views import names_of
from backoffice.kit.perms import Role, granted
from tenants.models import Membership, Tenant
from tests.factories.rows import make_row
from tests.factories.tenants import make_forest, make_member, make_user
from tests.scoping.pages import PAGES, Page
from tests.scoping.shapes import shape_of
from tests.support.chinese import compile_anew, left_over

pytestmark = pytest.mark.django_db

LEVELS = (Level.OPERATOR, Level.MANUFACTURER, Level.AGENCY, Level.DEALER)
"""The operator's pages have the most on them."""


@dataclass
class Stage:
    """A tenant of each level with somebody of each role, who reads Chinese."""

    tenants: dict[Level, Tenant]
    viewers: dict[tuple[Level, Role], Membership]


def make_stage() -> Stage:
    """Everybody, before anything is looked at."""
    tenants = dict(zip(Level, make_forest().chain, strict=True))
    return Stage(
        tenants,
        {
            (level, role): make_member(tenants[level], role, make_user(language="zh-hans"))
            for level in Level
            for role in Role
        },
    )


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """One for all pages, gone with the module; the catalogue is compiled as it stands."""
    compile_anew()
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_stage()
        # Else each case would check anew, at its end, what all of these rows still have to be checked for.
        connection.check_constraints()
        yield made
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A request leaves its language behind."""
    with translation.override(None):
        yield


def _client(viewer: Membership) -> Client:
    client = Client()
    client.force_login(viewer.user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    return client


def _role(perm: Any, level: Level) -> Role | None:
    return next((role for role in Role if perm is None or perm in granted(level, role)), None)


def _place(perm: Any) -> tuple[Level, Role]:
    """Who may open a page that asks for this permission."""
    return next((level, role) for level in LEVELS if (role := _role(perm, level)) is not None)


@pytest.mark.parametrize("resource", [pytest.param(one, id=one.name) for one in registered()])
def test_a_list_speaks_chinese(resource: Resource, stage: Stage) -> None:
    level, role = _place(resource.view)
    viewer = stage.viewers[level, role]
    make_row(resource.model, stage.tenants[level], **shape_of(resource.name, viewer))
    columns = ",".join(resource.table.base_columns)

    assert not left_over(_client(viewer).get(resource.url, {"columns": columns}))


@pytest.mark.parametrize(
    ("name", "page"),
    [
        pytest.param(name, page, id=name)
        for name, page in PAGES.items()
        if page.method == "get" and 200 in page.found
    ],
)
def test_a_page_about_a_row_speaks_chinese(name: str, page: Page, stage: Stage) -> None:
    level, role = _place(page.perm)
    viewer = stage.viewers[level, role]
    row = page.make(stage.tenants[level], viewer)

    response = _client(viewer).get(reverse(name, args=page.arguments(row)))
    if not response["Content-Type"].startswith("text/html"):
        response.getvalue()
        pytest.skip("a file, and no page")
    assert not left_over(response)


LISTS = {name for resource in registered() for name in names_of(resource)}
PLAIN = [
    name
    for name, pattern in addresses()
    if is_guarded(pattern)
    and not pattern.pattern.regex.groups
    and name not in LISTS
    and not name.endswith(".export")
]


@pytest.mark.parametrize("name", PLAIN)
def test_a_page_of_its_own_speaks_chinese(name: str, stage: Stage) -> None:
    for level in LEVELS:
        response = _client(stage.viewers[level, Role.OWNER]).get(reverse(name))
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            assert not left_over(response)
            return
    pytest.skip("no page that everybody may open")


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_logout", "account_change_password", "account_reset_password"],
)
def test_the_pages_of_an_account_speak_chinese(name: str, stage: Stage) -> None:
    client = (
        Client()
        if name in {"account_login", "account_reset_password"}
        else _client(stage.viewers[Level.OPERATOR, Role.OWNER])
    )
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"

    assert not left_over(client.get(reverse(name)))
