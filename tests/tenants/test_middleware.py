"""A request runs in the scope of a membership in force, or in none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from django.utils import timezone, translation

from backoffice.kit import clock
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role, granted
from backoffice.kit.scope import ScopeError, current_scope, scope_is_active, unscoped
from tenants.middleware import OPEN, ScopeMiddleware
from tenants.models import Membership, Tenant, User
from tenants.selectors import scope_of
from tenants.services import staff, tree
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member, make_tenant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def request_of(user: User | None, path: str = "/", *, chosen: int | None = None, later: bool = False) -> Any:
    factory: Any = AsyncRequestFactory() if later else RequestFactory()
    request = factory.get(path)
    request.user = user or AnonymousUser()
    request.session = SessionStore()
    if chosen is not None:
        request.session["membership"] = chosen
    request.htmx = False
    request._messages = FallbackStorage(request)
    return request


def names(request: HttpRequest) -> HttpResponse:
    return HttpResponse(",".join(sorted(Tenant.objects.values_list("name", flat=True))))


async def names_later(request: HttpRequest) -> HttpResponse:
    return await sync_to_async(names)(request)


def through(request: Any) -> Any:
    return ScopeMiddleware(names)(request)


def through_later(request: Any) -> Any:
    return async_to_sync(ScopeMiddleware(names_later))(request)  # type: ignore[arg-type]


@pytest.mark.parametrize(("send", "later"), [(through, False), (through_later, True)], ids=["sync", "async"])
def test_a_view_sees_the_subtree_of_the_membership(forest: Forest, send: Any, later: bool) -> None:
    member = make_member(forest.operator, Role.SUPPORT)
    request = request_of(member.user, later=later)
    seen = {forest.operator.name, forest.agency.name, forest.sibling_agency.name}
    assert set(send(request).content.decode().split(",")) == seen
    assert request.membership == member
    assert [ancestor.id for ancestor in request.lineage] == [row.pk for row in forest.chain[:3]]
    assert request.grants == granted(Level.OPERATOR, Role.SUPPORT)
    assert (request.actor.ref, request.actor.ip) == (f"staff:{member.user_id}", "127.0.0.1")
    assert not scope_is_active()


@pytest.mark.parametrize(("send", "later"), [(through, False), (through_later, True)], ids=["sync", "async"])
def test_who_is_not_signed_in_has_no_scope(send: Any, later: bool) -> None:
    request = request_of(None, later=later)
    with pytest.raises(ScopeError):
        send(request)
    assert request.membership is None
    assert request.grants == frozenset()


def test_a_request_inherits_no_scope_from_where_it_is_handled(forest: Forest) -> None:
    member = make_member(forest.sibling_agency)
    with scope_of(forest.agency.pk):
        assert through(request_of(member.user)).content.decode() == forest.sibling_agency.name
        with pytest.raises(ScopeError):
            through(request_of(None))
        assert current_scope().tenant_id == forest.agency.pk


@pytest.mark.parametrize("path", [f"{prefix}x" for prefix in OPEN])
def test_pages_of_drivers_and_machines_are_not_asked_who_they_are(forest: Forest, path: str) -> None:
    class Nobody:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError("somebody asked who this is")

    request = request_of(None, path)
    request.user = Nobody()
    with pytest.raises(ScopeError):
        through(request)


def test_the_membership_chosen_is_used_and_no_other(forest: Forest) -> None:
    user = make_user()
    top, own = make_member(forest.dealer, user=user), make_member(forest.cousin_agency, user=user)
    foreign = make_member(forest.agency)
    for chosen, expected in [
        (None, top),
        (own.pk, own),
        (top.pk, top),
        (foreign.pk, top),
        ("x", top),
        (10**30, top),
    ]:
        request = request_of(user, chosen=chosen)  # type: ignore[arg-type]
        through(request)
        assert request.membership == expected


@pytest.mark.parametrize("end", ["deactivated", "last day", "suspended", "closed"])
def test_a_membership_that_ended_gives_way_to_the_next(forest: Forest, end: str) -> None:
    user = make_user()
    first, second = make_member(forest.dealer, user=user), make_member(forest.cousin_agency, user=user)
    _end(first, end)
    request = request_of(user, chosen=first.pk)
    assert through(request).content.decode() == forest.cousin_agency.name
    assert request.membership == second


@pytest.mark.parametrize(
    "end", ["deactivated", "last day", "suspended", "expired", "draft above", "closed", "suspended above"]
)
def test_who_has_no_membership_left_is_signed_out_with_the_reason(forest: Forest, end: str) -> None:
    member = make_member(forest.agency)
    _end(member, end, above=forest.dealer)
    request = request_of(member.user)
    response = through(request)
    assert (response.status_code, response["Location"]) == (302, "/account/login/")
    assert not request.user.is_authenticated
    [message] = list(request._messages)
    words = {
        "suspended": f"{forest.agency.name} is suspended",
        "suspended above": f"{forest.dealer.name} is suspended",
        "expired": f"The contract of {forest.agency.name} has ended",
        "draft above": f"{forest.operator.name} is still being set up",
        "closed": f"{forest.agency.name} is closed",
    }
    assert words.get(end, "do not work") in str(message)


def _end(member: Membership, end: str, above: Tenant | None = None) -> None:
    with unscoped(reason="test data"):
        if end == "deactivated":
            make_member(member.tenant)
            staff.deactivate_member(member, actor=ACTOR, reason="left")
        elif end == "last day":
            Membership.objects.filter(pk=member.pk).update(valid_to=clock.now().date() - timedelta(days=1))
        elif end == "draft above":
            Tenant.objects.filter(pk=member.tenant.parent_id).update(status="draft")
        elif end in {"closed", "expired"}:
            Tenant.objects.filter(pk=member.tenant_id).update(status=end)
        else:
            tenant = above if end == "suspended above" and above else member.tenant
            tree.suspend_tenant(tenant, actor=ACTOR, reason="unpaid")


def test_a_fragment_is_told_to_load_the_sign_in_page(forest: Forest) -> None:
    member = make_member(forest.agency)
    _end(member, "suspended")
    request = request_of(member.user)
    request.htmx = True
    assert through(request)["HX-Redirect"] == "/account/login/"


def test_language_and_zone_are_the_persons_else_the_tenants() -> None:
    tenant = make_tenant(timezone="Asia/Shanghai", locale="zh-hans", currency="EUR")

    def tell(request: Any) -> HttpResponse:
        place = request.locality
        assert (place.timezone, place.locale) == (
            timezone.get_current_timezone_name(),
            translation.get_language(),
        )
        return HttpResponse(f"{place.timezone} {place.locale} {place.currency}")

    before = timezone.get_current_timezone_name(), translation.get_language()
    for over, expected in [
        ({}, "Asia/Shanghai zh-hans EUR"),
        ({"timezone": "Europe/Berlin"}, "Europe/Berlin zh-hans EUR"),
        ({"language": "en"}, "Asia/Shanghai en EUR"),
    ]:
        request = request_of(make_member(tenant, user=make_user(**over)).user)
        response: Any = ScopeMiddleware(tell)(request)
        assert response.content.decode() == expected
        assert response["Content-Language"] == expected.split()[1]
        assert expected.split()[1] == request.LANGUAGE_CODE
    assert (timezone.get_current_timezone_name(), translation.get_language()) == before


def test_a_language_chosen_before_signing_in_counts_until_a_setting_does() -> None:
    tenant = make_tenant(locale="zh-hans")
    for language, cookie, expected in [
        ("", "en", "en"),
        ("zh-hans", "en", "zh-hans"),
        ("", "tlh", "zh-hans"),
    ]:
        request = request_of(make_member(tenant, user=make_user(language=language)).user)
        request.COOKIES["django_language"] = cookie
        through(request)
        assert request.locality.locale == expected


def test_a_streamed_answer_is_made_inside_the_scope(forest: Forest) -> None:
    member = make_member(forest.agency)
    closed: list[str] = []

    def chunks() -> Iterator[str]:
        try:
            yield from Tenant.objects.values_list("name", flat=True)
            yield f" {translation.get_language()} {current_scope().tenant_id}"
        finally:
            closed.append("closed")

    response: Any = ScopeMiddleware(lambda request: StreamingHttpResponse(chunks()))(request_of(member.user))
    assert not scope_is_active()
    parts = []
    for part in response.streaming_content:
        assert not scope_is_active()
        parts.append(part.decode())
    assert "".join(parts) == f"{forest.agency.name} en {forest.agency.pk}"
    assert closed == ["closed"]


def test_a_stream_that_is_left_is_closed(forest: Forest) -> None:
    closed: list[str] = []

    def chunks() -> Iterator[str]:
        try:
            while True:
                yield "x"
        finally:
            closed.append("closed")

    member = make_member(forest.agency)
    response: Any = ScopeMiddleware(lambda request: StreamingHttpResponse(chunks()))(request_of(member.user))
    assert next(iter(response.streaming_content)) == b"x"
    response.close()
    del response
    assert closed == ["closed"]


def test_a_stream_on_the_event_loop_is_made_inside_the_scope(forest: Forest) -> None:
    member = make_member(forest.agency)
    closed: list[str] = []

    async def chunks() -> AsyncIterator[str]:
        try:
            async for row in Tenant.objects.all():
                yield row.name
            yield f" {current_scope().tenant_id}"
        finally:
            closed.append("closed")

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(chunks())

    async def read() -> str:
        middleware: Any = ScopeMiddleware(view)
        response = await middleware(await sync_to_async(request_of)(member.user, later=True))
        assert not scope_is_active()
        return b"".join([part async for part in response]).decode()

    assert async_to_sync(read)() == f"{forest.agency.name} {forest.agency.pk}"
    assert closed == ["closed"]


def test_a_file_is_left_as_it_is(forest: Forest, tmp_path: Any) -> None:
    (tmp_path / "file").write_bytes(b"content")
    member = make_member(forest.agency)
    response: Any = ScopeMiddleware(lambda request: FileResponse((tmp_path / "file").open("rb")))(
        request_of(member.user)
    )
    assert response.file_to_stream is not None
    assert b"".join(response.streaming_content) == b"content"
    response.close()


def test_entering_costs_a_few_queries_whatever_the_size_of_the_tree(
    forest: Forest, django_assert_num_queries: Any
) -> None:
    member = make_member(forest.manufacturer)
    user = User.objects.get(pk=member.user_id)
    with django_assert_num_queries(3):
        ScopeMiddleware(lambda request: HttpResponse())(request_of(user))
