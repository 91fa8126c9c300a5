"""Opens a driver's account, with money in its wallet, and prints it as JSON.

A second run finds the account and leaves it with the balance that was asked for, so a script may be repeated.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backoffice.kit.actor import Actor, command_line
from backoffice.kit.errors import Refused
from backoffice.kit.money import Money, MoneyError
from backoffice.kit.scope import unscoped
from drivers.models import Driver
from drivers.services import find_or_create_driver
from finance.models import Wallet
from finance.services import adjust_balance, wallet_for
from tenants.models import Tenant
from tenants.selectors import locality_of, tenant_by_code


class Command(BaseCommand):
    help = "Open a driver's account at an operator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("phone", help="with country code, or as it is typed in the operator's country")
        parser.add_argument("--operator", required=True, help="code of the operator")
        parser.add_argument("--balance", help="free cash in the wallet afterwards, such as 100.00")

    def handle(self, *args: Any, **options: Any) -> None:
        with unscoped(reason="provisioning by script"):
            try:
                driver, wallet = _open(options, command_line("add_driver"))
            except Tenant.DoesNotExist:
                raise CommandError(f"There is no tenant {options['operator']}.") from None
            except MoneyError as error:
                raise CommandError(f"{options['balance']!r} is no amount: {error.code}.") from None
            except Refused as refusal:
                raise CommandError(str(refusal)) from None
            told = {
                "driver": driver.pk,
                "phone": driver.phone,
                "operator": options["operator"].strip().upper(),
                "balance": wallet.cash,
                "currency": wallet.currency,
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))


@transaction.atomic
def _open(options: dict[str, Any], actor: Actor) -> tuple[Driver, Wallet]:
    operator = tenant_by_code(options["operator"].strip().upper())
    currency = locality_of(operator.pk).currency
    wanted = None if options["balance"] is None else Money.parse(options["balance"], currency).amount
    driver = find_or_create_driver(operator.pk, phone=options["phone"], actor=actor)
    wallet = wallet_for(driver, currency)
    if wanted is not None and wanted != wallet.cash:
        wallet = adjust_balance(wallet, amount=wanted - wallet.cash, actor=actor, reason="add_driver")
    return driver, wallet
