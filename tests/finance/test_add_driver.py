"""``add_driver`` of provisioning by script."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backoffice.kit.scope import outside
from drivers.models import Driver
from finance.models import Journal, Wallet
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("proven")


def run(operator: Tenant, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    with outside():
        call_command("add_driver", *arguments, "--operator", operator.code, stdout=out)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def test_an_account_is_opened_with_its_balance_and_a_second_run_changes_nothing(operator: Tenant) -> None:
    first = run(operator, "+8613812341234", "--balance", "100.00")
    again = run(operator, "+8613812341234", "--balance", "100.00")

    assert (
        first
        == again
        == {
            "driver": Driver.objects.get().pk,
            "phone": "+8613812341234",
            "operator": operator.code,
            "balance": 10_000,
            "currency": "CNY",
        }
    )
    assert Journal.objects.count() == 1


def test_another_balance_is_reached_by_the_difference(operator: Tenant) -> None:
    for balance, minor in (("100", 10_000), ("12.5", 1_250), ("0", 0)):
        assert run(operator, "+8613812341234", "--balance", balance)["balance"] == minor
    assert Wallet.objects.get().cash == 0


def test_without_a_balance_the_wallet_stays_as_it_is(operator: Tenant) -> None:
    run(operator, "+8613812341234", "--balance", "5")
    assert run(operator, "+8613812341234")["balance"] == 500


@pytest.mark.parametrize("balance", ["-1", "1.234", "lots", "", "nan", "1e5"])
def test_what_is_no_amount_opens_nothing(operator: Tenant, balance: str) -> None:
    with pytest.raises(CommandError):
        run(operator, "+8613812341234", f"--balance={balance}")
    assert not Driver.objects.exists() and not Wallet.objects.exists()
