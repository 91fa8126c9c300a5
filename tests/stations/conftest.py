"""What piles report and what timers do sees every tenant; tests of staff enter a scope of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from backoffice.kit.scope import unscoped
from tests.factories import files


@pytest.fixture
def everything(db: None) -> Iterator[None]:
    """The scope of the gateway and of timers."""
    with unscoped(reason="tests"):
        yield


@pytest.fixture(scope="module")
def one_pile(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """See ``tests.factories.files.one_pile``; gone with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        with unscoped(reason="tests"), files.one_pile():
            yield
        transaction.set_rollback(True)
