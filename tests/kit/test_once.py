"""A double click: two requests with the same form at the same time save once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from threading import Barrier
from typing import Any

import pytest
from django import forms
from django.db import connections
from django.http import HttpResponse
from django.test import RequestFactory

from backoffice.kit import audit
from backoffice.kit.models import AuditEntry
from backoffice.kit.pages import form_page
from backoffice.kit.scope import unscoped
from tests.factories.tenants import ACTOR, make_tenant


@pytest.mark.django_db(transaction=True)
def test_two_sendings_at_the_same_time_save_once() -> None:
    tenant, together, token = make_tenant(), Barrier(2), token_hex(8)

    def save(_data: Any) -> int:
        with unscoped(reason="test"):
            return audit.record(ACTOR, "test.saved", tenant).pk

    def send() -> HttpResponse:
        request = RequestFactory().post("/", {"once": token})
        together.wait()
        try:
            return form_page(
                request, forms.Form(request.POST), title="X", save=save, then=lambda pk: f"/{pk}/"
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first, second = (future.result() for future in [pool.submit(send), pool.submit(send)])

    with unscoped(reason="test"):
        assert AuditEntry.objects.filter(action="test.saved").count() == 1
    assert first["Location"] == second["Location"]
