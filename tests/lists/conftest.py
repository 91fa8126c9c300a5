"""Every test of this folder has the list of the stage among those of the product."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from backoffice.kit.lists import resource
from tests.factories.tenants import Forest, make_forest
from tests.lists import stage


@pytest.fixture(autouse=True)
def stage_is_set(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = "tests.lists.urls"
    monkeypatch.setitem(resource._registered, stage.ORDERS.name, stage.ORDERS)
    stage.DONE.clear()


@pytest.fixture
def forest(db: None) -> Forest:
    return make_forest()
