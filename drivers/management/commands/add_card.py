"""Issues a card to a driver and prints it as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backoffice.kit.actor import command_line
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from drivers import services
from drivers.models import Card
from tenants.models import Tenant
from tenants.selectors import tenant_by_code


class Command(BaseCommand):
    help = "Issue a card to the driver with this phone; the account is opened when there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("uid", help="the number as piles read it")
        parser.add_argument("--phone", required=True, help="with country code, or as it is typed there")
        parser.add_argument("--operator", required=True, help="code of the operator")

    def handle(self, *args: Any, **options: Any) -> None:
        with unscoped(reason="provisioning by script"):
            try:
                card = _issue(options)
            except Tenant.DoesNotExist:
                raise CommandError(f"There is no tenant {options['operator']}.") from None
            except Refused as refusal:
                raise CommandError(str(refusal)) from None
            told = {
                "uid": card.uid,
                "operator": options["operator"].strip().upper(),
                "driver": card.driver_id,
                "phone": card.driver.phone if card.driver else None,
                "status": card.status,
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))


@transaction.atomic
def _issue(options: dict[str, Any]) -> Card:
    actor = command_line("add_card")
    operator = tenant_by_code(options["operator"].strip().upper())
    driver = services.find_or_create_driver(operator.pk, phone=options["phone"], actor=actor)
    return services.issue_card(operator.pk, uid=options["uid"], actor=actor, driver=driver)
