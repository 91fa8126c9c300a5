"""``add_card`` of provisioning by script."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backoffice.kit.scope import outside, unscoped
from drivers.models import Card, Driver
from tenants.models import Tenant


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    with outside():
        call_command("add_card", *arguments, stdout=out)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def test_a_card_is_issued_to_an_account_that_is_opened_by_it(operator: Tenant) -> None:
    told = run("04a1b2c3", "--phone", "13812341234", "--operator", operator.code.lower())

    with unscoped(reason="a test looks"):
        card = Card.objects.select_related("driver").get()
    assert told == {
        "uid": "04a1b2c3",
        "operator": operator.code,
        "driver": card.driver_id,
        "phone": "+8613812341234",
        "status": "active",
    }


@pytest.mark.parametrize(
    ("uid", "phone", "code"),
    [("X" * 21, "13812341234", ""), ("04A1", "nonsense", ""), ("04A1", "13812341234", "NOWHERE")],
)
def test_what_cannot_be_done_says_why_and_leaves_nothing(
    operator: Tenant, uid: str, phone: str, code: str
) -> None:
    with pytest.raises(CommandError):
        run(uid, "--phone", phone, "--operator", code or operator.code)
    with unscoped(reason="a test looks"):
        assert not Card.objects.exists() and not Driver.objects.exists()
