"""Sign-ins of drivers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit import clock
from backoffice.kit.scope import outside
from drivers import services
from drivers.models import DriverSession
from drivers.selectors import session_by_token, sessions_of
from drivers.services import sweeps
from tenants.models import Tenant
from tests.factories.drivers import ACTOR, make_driver

pytestmark = pytest.mark.usefixtures("everything")


def test_a_token_is_found_without_a_scope_and_is_not_what_is_stored(operator: Tenant) -> None:
    driver = make_driver(operator)
    token = services.open_session(driver, user_agent="x" * 500)

    with outside():
        session = session_by_token(token)
    assert session is not None and session.driver == driver
    assert token not in str(vars(session)) and len(session.user_agent) == 200


@pytest.mark.parametrize("token", ["", "no such token", "\x00", "é" * 3000])
def test_a_guessed_token_is_nobody(db: None, token: str) -> None:
    assert session_by_token(token) is None


def test_a_sign_in_is_good_for_ninety_days(operator: Tenant) -> None:
    token = services.open_session(make_driver(operator))
    with clock.frozen(clock.now() + timedelta(days=89)):
        assert session_by_token(token) is not None
    with clock.frozen(clock.now() + timedelta(days=90, seconds=1)):
        assert session_by_token(token) is None


def test_signing_out_here_leaves_the_other_browsers_signed_in(operator: Tenant) -> None:
    driver = make_driver(operator)
    here, there = services.open_session(driver), services.open_session(driver)
    session = session_by_token(here)
    assert session is not None

    for _ in range(2):
        services.close_session(session)

    assert session_by_token(here) is None and session_by_token(there) is not None
    assert services.end_sessions(driver, actor=ACTOR) == 1
    assert not sessions_of(driver.pk).exists()


def test_being_here_is_written_once_in_a_while(operator: Tenant) -> None:
    driver = make_driver(operator)
    services.note_seen(driver)
    driver.refresh_from_db()
    first = driver.last_seen_at
    services.note_seen(driver)
    driver.refresh_from_db()
    assert first is not None and driver.last_seen_at == first
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        services.note_seen(driver)
    driver.refresh_from_db()
    assert driver.last_seen_at is not None and driver.last_seen_at > first


def test_ended_sign_ins_are_kept_a_quarter_and_live_ones_stay(operator: Tenant) -> None:
    driver = make_driver(operator)
    services.open_session(driver)
    services.end_sessions(driver, actor=ACTOR)
    with clock.frozen(clock.now() + timedelta(days=89)):
        services.open_session(driver)
        sweeps.forget()
        assert DriverSession.objects.count() == 2
    with clock.frozen(clock.now() + timedelta(days=91)):
        sweeps.forget()
        assert DriverSession.objects.count() == 1
