"""Every test of this folder runs with the addresses of the stage."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests.factories.tenants import Forest, make_forest
from tests.lists import stage


@pytest.fixture(autouse=True)
def addresses_of_the_stage(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.lists.urls"
    stage.DONE.clear()


@pytest.fixture
def forest(db: None) -> Forest:
    return make_forest()
