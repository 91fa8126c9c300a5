"""Fixtures of the money room's tests: a lifted scope, books that are proven right at the end of every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

import pytest
from django.test import Client

from backoffice.kit.scope import unscoped
from finance import checks
from finance.models import PaymentChannel, Wallet
from finance.sandbox import deliveries, provider
from tenants.models import Tenant
from tests.factories.finance import make_channel, make_operator, make_wallet

Post = Callable[[str, Mapping[str, str], bytes], int]


@pytest.fixture
def lifted(db: None) -> Iterator[None]:
    """As the worker works: every tenant's rows."""
    with unscoped(reason="test of the money room"):
        yield


@pytest.fixture
def operator(lifted: None) -> Tenant:
    return make_operator()


@pytest.fixture
def proven(lifted: None) -> Iterator[None]:
    """After the test, every invariant holds."""
    yield
    assert list(checks.violations()) == []


@pytest.fixture
def wallet(operator: Tenant) -> Wallet:
    return make_wallet(operator)


@pytest.fixture
def channel(operator: Tenant) -> PaymentChannel:
    return make_channel(operator)


@pytest.fixture
def post() -> Post:
    """Carries the sandbox's callbacks to our address as a web server would."""
    client = Client(enforce_csrf_checks=True)

    def send(url: str, headers: Mapping[str, str], body: bytes) -> int:
        address = urlsplit(url)
        answer = client.post(
            address.path,
            body,
            content_type=headers["content-type"],
            headers={name: value for name, value in headers.items() if name != "content-type"},
            HTTP_HOST=address.netloc,
        )
        return answer.status_code

    return send


@pytest.fixture
def deliver(post: Post) -> Callable[[], int]:
    """Let the sandbox do what is due; how many callbacks it sent."""

    def work() -> int:
        provider.settle_due()
        return deliveries.deliver_due(post)

    return work
