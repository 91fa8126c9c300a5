"""Registers a pile and prints, as JSON, what must be set at it. Its password is printed this once."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backoffice.kit.actor import Actor, command_line
from backoffice.kit.errors import Refused
from backoffice.kit.scope import path_of_tenant, unscoped
from stations.models import PileModel, Station
from stations.provisioning import handover_of
from stations.selectors import model_named, station_by_code
from stations.services.devices import NewPile, create_pile, save_model
from tenants.selectors import tenants


class Command(BaseCommand):
    help = "Register a pile on a station."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("identity")
        parser.add_argument("--station", required=True, help="code of the station")
        parser.add_argument("--connectors", type=int, help="as many as the model has, else 2")
        parser.add_argument("--model", help="name of the model; made when the manufacturer has none of it")
        parser.add_argument("--name", default="", help="terminal name; the identity when empty")
        key = parser.add_mutually_exclusive_group()
        key.add_argument("--password", help="32 to 40 hexadecimal digits; made when not given")
        key.add_argument("--open", action="store_true", help="no password, from trusted networks only")

    def handle(self, *args: Any, **options: Any) -> None:
        with unscoped(reason="provisioning by script"):
            try:
                new = _register(options, command_line("add_pile"))
            except Station.DoesNotExist:
                raise CommandError(f"There is no station {options['station']}.") from None
            except Refused as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write(json.dumps(handover_of(new), ensure_ascii=False))


@transaction.atomic
def _register(options: dict[str, Any], actor: Actor) -> NewPile:
    station = station_by_code(options["station"])
    model = _model(station, options["model"], actor) if options["model"] else None
    return create_pile(
        station,
        actor=actor,
        identity=options["identity"],
        connectors=options["connectors"] or (None if model else 2),
        key=options["password"],
        needs_key=not options["open"],
        name=options["name"],
        model=model,
    )


def _model(station: Station, name: str, actor: Actor) -> PileModel:
    manufacturer_id = path_of_tenant(station.tenant_id).manufacturer_id
    model = model_named(name, manufacturer_id)
    return model or save_model(tenants().get(pk=manufacturer_id), actor=actor, name=name)
