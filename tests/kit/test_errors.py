"""Error pages: in the frame for staff, without it when the database may be away, always friendly."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django.fixtures import Settings

from backoffice.kit.pages import requires
from backoffice.kit.perms import Role
from tests.factories.tenants import make_forest, make_member

RAISED: list[BaseException] = []


@requires()
def breaks(_request: HttpRequest) -> HttpResponse:
    raise RAISED[0]


urlpatterns: list[Any] = [path("breaks/", breaks), path("", include("backoffice.urls"))]
handler404 = "backoffice.errors.not_found"
handler403 = "backoffice.errors.forbidden"
handler500 = "backoffice.errors.failed"


@pytest.fixture
def client(db: None, settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(make_member(make_forest().operator, Role.SUPPORT).user)
    return client


@pytest.mark.parametrize(
    "away",
    [
        OperationalError("gone"),
        InterfaceError("closed"),
        redis.ConnectionError("refused"),
        redis.TimeoutError(),
    ],
)
def test_while_a_service_is_away_the_page_says_so_and_comes_back(away: Exception, client: Client) -> None:
    RAISED[:] = [away]

    answer = client.get("/breaks/")

    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "is not answering just now" in answer.content.decode()
    assert 'id="side"' not in answer.content.decode()


def test_a_fault_of_ours_says_nothing_of_its_details(client: Client) -> None:
    RAISED[:] = [ValueError("secret")]

    answer = client.get("/breaks/")

    assert answer.status_code == 500
    assert "secret" not in answer.content.decode() and "Retry-After" not in answer


def test_a_missing_page_and_a_refused_one_stand_in_the_frame_of_staff(client: Client) -> None:
    missing, refused = client.get("/nope/"), client.get("/system/audit/")

    assert (missing.status_code, refused.status_code) == (404, 403)
    for answer in (missing, refused):
        assert 'id="side"' in answer.content.decode()


def test_a_stranger_gets_the_bare_page(client: Client) -> None:
    answer = Client().get("/nope/")

    assert answer.status_code == 404
    assert 'id="side"' not in answer.content.decode()
