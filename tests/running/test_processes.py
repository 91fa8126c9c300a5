"""Timers and health: what ran last and how it ended, for the owner of a manufacturer alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from backoffice import processes
from backoffice.kit import clock, runs, tasks
from backoffice.kit.figures import NBSP
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from backoffice.tasks import tidy_jobs
from tests.factories.tenants import Forest, make_forest
from tests.support.staff import client_for

pytestmark = pytest.mark.django_db
PAGE = "/system/processes/"
TIDY = "backoffice.tasks.tidy_jobs"


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    cache.clear()


@pytest.fixture
def forest() -> Forest:
    return make_forest()


def timer(name: str) -> processes.Timer:
    return next(one for one in processes.timers() if one.name == name)


def test_a_run_of_a_timer_is_noted() -> None:
    assert timer(TIDY).run is None
    tidy_jobs()
    run = timer(TIDY).run
    assert run is not None
    assert run.fault == ""
    assert clock.now() - run.ended_at < timedelta(seconds=5)


def test_a_run_that_fails_is_noted_with_its_fault_until_one_ends_well() -> None:
    with pytest.raises(ZeroDivisionError), runs.noted(TIDY):
        raise ZeroDivisionError("by nought")
    run = timer(TIDY).run
    assert run is not None
    assert run.fault == "ZeroDivisionError: by nought"
    assert processes.timers()[0].name == TIDY
    tidy_jobs()
    assert timer(TIDY).run.fault == ""  # type: ignore[union-attr]


def test_a_timer_that_has_not_run_for_several_intervals_is_late() -> None:
    tidy_jobs()
    assert not timer(TIDY).is_late
    with clock.frozen(clock.now() + timedelta(seconds=91)):
        assert timer(TIDY).is_late


@pytest.mark.parametrize(("took_ms", "late"), [(9_000, False), (20_723, True)])
def test_a_timer_whose_last_run_took_several_intervals_is_late(took_ms: int, late: bool) -> None:
    run = runs.Run(clock.now().timestamp(), took_ms)

    assert processes.Timer(TIDY, 2.0, "", run).is_late is late


@pytest.mark.parametrize(("every_s", "words"), [(2.0, "2 s"), (60.0, "1 min"), (3600.0, "1 h")])
def test_an_interval_is_said_without_parts_that_are_nought(every_s: float, words: str) -> None:
    assert processes.Timer(TIDY, every_s, "", None).often == words.replace(" ", NBSP)


def test_every_timer_of_every_room_is_there(forest: Forest) -> None:
    names = {one.name for one in processes.timers()}
    assert {TIDY, "orders.tasks.prove_books", "stations.tasks.forget_files"} <= names
    page = client_for(forest.manufacturer).get(PAGE).content.decode()
    assert "Prove the books" in page and "orders.tasks.prove_books" in page
    assert "daily 03:17" in page


def test_a_timer_that_goes_by_the_clock_says_the_hour_of_the_reader() -> None:
    with timezone.override("Asia/Shanghai"):
        assert timer("orders.tasks.prove_books").often == "daily 11:17"


@pytest.mark.parametrize(
    ("level", "role"),
    [
        ("dealer", Role.OWNER),
        ("operator", Role.OWNER),
        ("agency", Role.OWNER),
        ("manufacturer", Role.MANAGER),
    ],
)
def test_nobody_else_sees_it_or_runs_anything(
    forest: Forest, level: str, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(tasks, "nudge", lambda name, *_args: asked.append(name))
    client = client_for(getattr(forest, level), role)
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}{TIDY}/run/").status_code == 403
    assert not asked


def test_a_timer_is_asked_to_run_now_and_that_is_recorded(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(tasks, "nudge", lambda name, *_args: asked.append(name))
    client = client_for(forest.manufacturer)
    assert client.post(f"{PAGE}{TIDY}/run/")["Location"] == PAGE
    assert client.post(f"{PAGE}os.system/run/").status_code == 404
    assert client.get(f"{PAGE}{TIDY}/run/").status_code == 405
    assert asked == [TIDY]
    with unscoped(reason="a test compares"):
        assert AuditEntry.objects.get(action="timer.asked").after == {"timer": TIDY}
