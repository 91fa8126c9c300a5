"""Opens a station and prints it as JSON."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.kit.actor import command_line
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from stations.services.sites import create_station
from tenants.models import Tenant
from tenants.selectors import tenant_by_code


class Command(BaseCommand):
    help = "Open a station of an operator or agency."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--tenant", required=True, help="code of the operator or agency")
        parser.add_argument("--name", required=True)
        parser.add_argument("--lat", help="latitude, degrees")
        parser.add_argument("--lon", help="longitude, degrees")
        parser.add_argument("--city", default="")
        parser.add_argument("--address", default="")
        parser.add_argument("--timezone", default="", help="as in Asia/Shanghai; empty is the tenant's")

    def handle(self, *args: Any, **options: Any) -> None:
        with unscoped(reason="provisioning by script"):
            try:
                station = create_station(
                    tenant_by_code(options["tenant"].strip().upper()),
                    actor=command_line("add_station"),
                    code=options["code"],
                    name=options["name"],
                    city=options["city"],
                    address=options["address"],
                    latitude=_degrees(options["lat"]),
                    longitude=_degrees(options["lon"]),
                    timezone=options["timezone"],
                )
            except Tenant.DoesNotExist:
                raise CommandError(f"There is no tenant {options['tenant']}.") from None
            except Refused as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write(
                json.dumps(
                    {
                        "code": station.code,
                        "name": station.name,
                        "tenant": station.tenant.code,
                        "latitude": _number(station.latitude),
                        "longitude": _number(station.longitude),
                        "timezone": station.timezone,
                    },
                    ensure_ascii=False,
                )
            )


def _degrees(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        degrees = Decimal(text)
    except InvalidOperation:
        degrees = Decimal("NaN")
    if not degrees.is_finite():
        raise CommandError(f"{text} is no coordinate.")
    return degrees.quantize(Decimal("0.000001"))


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
