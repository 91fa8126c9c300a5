"""How links to the big screen end, and what becomes of those that never were."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from alarms.models import Alarm
from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.live import Event, Hub, send
from backoffice.kit.perms import Role
from backoffice.kit.scope import path_of_tenant, unscoped
from reports import sharing
from reports.models import ShareLink
from reports.views import shared
from tenants.models import Membership, Tenant
from tenants.selectors import scope_of
from tenants.services import tree
from tests.factories.rows import make_row
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member
from tests.reports.links import ask, look, make_link, row_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest(monkeypatch: pytest.MonkeyPatch) -> Forest:
    """A stream gives its connection back; here it is the test's own."""
    monkeypatch.setattr(shared.connections, "close_all", lambda: None)
    cache.clear()
    return make_forest()


@pytest.fixture
def owner(forest: Forest) -> Membership:
    return make_member(forest.operator)


@pytest.mark.parametrize("part", ["", "_map", "_stream"])
def test_an_expired_link_says_so_and_nothing_else(owner: Membership, part: str) -> None:
    made = make_link(owner, days=1)

    with clock.frozen(clock.now() + timedelta(days=1)):
        answer = look(made.token, part, z="3", bbox="-180,-80,180,80")

    assert answer.status_code == 410
    assert owner.tenant.name not in answer.content.decode()
    assert answer.headers["Referrer-Policy"] == "strict-origin"


def _revoke(made: sharing.NewLink, owner: Membership) -> None:
    with scope_of(owner.tenant_id):
        sharing.revoke_link(made.link, actor=ACTOR, reason="the lobby is closed")


def _end_membership(_made: sharing.NewLink, owner: Membership) -> None:
    with unscoped(reason="test"):
        Membership.objects.filter(pk=owner.pk).update(is_active=False)


def _let_membership_expire(_made: sharing.NewLink, owner: Membership) -> None:
    with unscoped(reason="test"):
        Membership.objects.filter(pk=owner.pk).update(valid_to=clock.now().date() - timedelta(days=1))


def _shut_out(_made: sharing.NewLink, owner: Membership) -> None:
    owner.user.is_active = False
    owner.user.save()


def _take_the_right(_made: sharing.NewLink, owner: Membership) -> None:
    with unscoped(reason="test"):
        Membership.objects.filter(pk=owner.pk).update(role=Role.SUPPORT)


def _suspend_above(_made: sharing.NewLink, owner: Membership) -> None:
    with unscoped(reason="test"):
        tree.suspend_tenant(Tenant.objects.get(pk=owner.tenant.parent_id), actor=ACTOR, reason="unpaid")


@pytest.mark.parametrize(
    "end", [_revoke, _end_membership, _let_membership_expire, _shut_out, _take_the_right, _suspend_above]
)
def test_a_link_ends_with_what_it_stands_on(owner: Membership, end: Any) -> None:
    made = make_link(owner)
    make_member(make_forest().operator, user=owner.user)  # work elsewhere does not keep it alive
    assert look(made.token).status_code == 200

    end(made, owner)

    assert [look(made.token, part).status_code for part in ("", "_map", "_stream")] == [410] * 3


def test_a_link_ends_when_what_it_shows_is_moved_away(forest: Forest, owner: Membership) -> None:
    made = make_link(owner, forest.agency)
    with unscoped(reason="test"):
        tree.move_tenant(
            Tenant.objects.get(pk=forest.agency.pk),
            new_parent=Tenant.objects.get(pk=forest.sibling_operator.pk),
            actor=ACTOR,
            reason="sold",
        )

    assert look(made.token).status_code == 410


@pytest.mark.parametrize("token", ["x", "a.b", "0" * 76, "..", "%00", "A" * 32 + "." + "B" * 43])
def test_a_link_that_never_was_is_not_found(owner: Membership, token: str) -> None:
    make_link(owner)

    assert look(token).status_code == 404


def test_a_forged_link_is_not_found(owner: Membership) -> None:
    token = make_link(owner).token

    assert look(token[:-2] + ("aa" if token[-2:] != "aa" else "bb")).status_code == 404


def test_who_guesses_is_stopped_and_who_has_a_link_with_him(owner: Membership) -> None:
    token = make_link(owner).token

    answers = [look(f"guess{number}").status_code for number in range(shared.GUESSES.most + 1)]
    stopped = look(token)

    assert answers == [404] * shared.GUESSES.most + [429]
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0


def test_one_link_is_not_asked_without_end(owner: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "LOOKS", shared.rates.Rate("share-look", 2, 60))
    token, other = make_link(owner).token, make_link(owner).token

    assert [look(token).status_code for _ in range(3)] == [200, 200, 429]
    assert look(other).status_code == 200


def test_the_last_use_is_noted_once_a_minute(owner: Membership) -> None:
    made = make_link(owner)
    assert row_of(made).last_used_at is None

    for _ in range(3):
        look(made.token)
    first = row_of(made)
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        look(made.token)

    assert (first.minutes_used, row_of(made).minutes_used) == (1, 2)
    assert row_of(made).last_used_at > first.last_used_at


def test_nothing_can_be_sent_through_a_link(owner: Membership) -> None:
    token = make_link(owner).token

    answers = [
        Client().post(reverse(f"reports.share{part}", args=[token])).status_code for part in ("", "_map")
    ]

    assert answers == [405, 405]


def test_a_signed_in_stranger_sees_through_a_link_what_everybody_does(owner: Membership) -> None:
    token = make_link(owner).token
    client = Client()
    client.force_login(make_member(make_forest().manufacturer).user)

    answer = client.get(reverse("reports.share", args=[token]))

    assert answer.status_code == 200
    assert owner.tenant.name in answer.content.decode()


def test_alarms_are_shown_as_far_as_the_maker_may_see_them(forest: Forest) -> None:
    make_row(Alarm, forest.agency, code="S08", severity=1)
    manager = make_member(forest.operator, Role.MANAGER)

    assert "Emergency stop pressed" in look(make_link(manager).token).content.decode()


@pytest.mark.parametrize("role", [Role.FINANCE, Role.ENGINEER, Role.SUPPORT, Role.AUDITOR])
def test_who_may_not_share_makes_no_link(forest: Forest, role: Role) -> None:
    assert ask(make_member(forest.operator, role)).status_code == 403
    with unscoped(reason="test"):
        assert not ShareLink.objects.exists()


def test_revoking_twice_is_told_and_changes_nothing(owner: Membership) -> None:
    made = make_link(owner)
    _revoke(made, owner)
    before = row_of(made)

    with pytest.raises(Refused):
        _revoke(made, owner)

    assert row_of(made).revoked_at == before.revoked_at


@pytest.mark.django_db(transaction=True)
def test_links_that_are_made_at_the_same_time_respect_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "LINKS_MOST", 1)
    owner = make_member(make_forest().operator)
    told: list[str] = []

    def make() -> None:
        try:
            make_link(owner)
        except Refused as refused:
            told.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == ["many"] * 3
    with unscoped(reason="test"):
        assert ShareLink.objects.count() == 1


async def _heard(scope: Any, events: list[Event]) -> str:
    """What the stream of a link says, when these events are sent while it is open."""
    async with asyncio.timeout(20), aclosing(shared._changes(scope)) as chunks:
        listening = asyncio.create_task(_until_changed(chunks))
        while not listening.done():
            send(events)
            await asyncio.sleep(0.05)
        return listening.result()


async def _until_changed(chunks: Any) -> str:
    heard = ""
    async for chunk in chunks:
        heard += chunk.decode()
        if "changed" in heard:
            break
    return heard


def test_the_stream_of_a_link_says_that_something_changed_and_not_what(
    forest: Forest, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "hub", Hub())
    opened = sharing.open_link(make_link(owner).token)
    path = path_of_tenant(forest.agency.pk)

    heard = async_to_sync(_heard)(opened.scope, [Event("orders", "order:SECRET-1", path)])

    assert "event: changed" in heard
    assert "SECRET" not in heard
    assert not Event("orders", "order:1", path_of_tenant(forest.sibling_operator.pk)).within(opened.scope)
