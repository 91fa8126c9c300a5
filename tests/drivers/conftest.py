"""Fixtures of the drivers' room: an operator in China, its scope, and the log that messages go to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from backoffice.kit.scope import unscoped
from tenants.models import Tenant
from tests.factories.tenants import make_tenant

Sent = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def everything(db: None) -> Iterator[None]:
    """The scope of timers and of commands."""
    with unscoped(reason="tests"):
        yield


@pytest.fixture
def operator(db: None) -> Tenant:
    """Charges in yuan, so phones without a country code are Chinese."""
    return make_tenant(make_tenant(make_tenant()), currency="CNY", brand="Volt")


@pytest.fixture
def sent(settings: Settings, tmp_path: Path) -> Sent:
    """What left through the file provider so far."""
    settings.DATA_DIR = tmp_path
    log = tmp_path / "sms.log"

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return read
