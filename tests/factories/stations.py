"""Stations, piles and what piles report, for tests. They go through the services where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.actor import command_line
from backoffice.kit.scope import unscoped
from ocpp_gateway import wire
from stations import intake
from stations.models import Command, Connector, Pile, PileModel, Station, Tariff, TariffVersion
from stations.services import commands, devices, sites, tariffs
from tenants.models import Tenant
from tests.factories.tenants import make_tenant

ACTOR = command_line("tests")
DAY = "V" * 16 + "F" * 4 + "P" * 8 + "F" * 6 + "S" * 8 + "F" * 6
PRICES = {
    "sharp_electricity": Decimal("1.30"),
    "sharp_service": Decimal("0.70"),
    "peak_electricity": Decimal("1.00"),
    "peak_service": Decimal("0.60"),
    "flat_electricity": Decimal("0.70"),
    "flat_service": Decimal("0.50"),
    "valley_electricity": Decimal("0.30"),
    "valley_service": Decimal("0.40"),
}

_numbers = count(1)


def make_agency() -> Tenant:
    """An agency with the chain above it."""
    return make_tenant(make_tenant(make_tenant(make_tenant())))


def make_station(tenant: Tenant | None = None, **over: Any) -> Station:
    """A live station of an agency, or of ``tenant``."""
    number = next(_numbers)
    with unscoped(reason="test data"):
        return sites.create_station(
            tenant or make_agency(), actor=ACTOR, **{"code": f"S{number}", "name": f"Station {number}"} | over
        )


def make_model(manufacturer: Tenant, **over: Any) -> PileModel:
    """A product of a manufacturer."""
    with unscoped(reason="test data"):
        return devices.save_model(manufacturer, actor=ACTOR, **{"name": f"DC-{next(_numbers)}"} | over)


def make_new_pile(station: Station | None = None, **over: Any) -> devices.NewPile:
    """A pile with its key and its codes, as whoever registers it gets them."""
    fields = {"identity": f"CP-{next(_numbers)}", "connectors": 2} | over
    with unscoped(reason="test data"):
        return devices.create_pile(station or make_station(), actor=ACTOR, **fields)


def make_pile(station: Station | None = None, **over: Any) -> Pile:
    """A pile with two connectors."""
    return make_new_pile(station, **over).pile


def make_online_pile(station: Station | None = None, **over: Any) -> Pile:
    """A pile that is connected and accepted."""
    pile = make_pile(station, **over)
    talk = Talk(pile)
    with unscoped(reason="test data"), transaction.atomic():
        intake.connect([talk.connected()])
        intake.boot([talk.booted()])
        return Pile.objects.get(pk=pile.pk)


def make_connector(station: Station | None = None, **over: Any) -> Connector:
    """The first connector of a pile that is connected."""
    pile = make_online_pile(station, **over)
    with unscoped(reason="test data"):
        return Connector.objects.select_related("pile__station", "pile__model").get(pile=pile, number=1)


def make_tariff(tenant: Tenant, **over: Any) -> Tariff:
    """A tariff with one version that is in force since an hour ago."""
    with unscoped(reason="test data"):
        tariff = tariffs.create_tariff(tenant, actor=ACTOR, **{"name": f"Tariff {next(_numbers)}"} | over)
        with clock.frozen(clock.ago(hours=1)):
            make_version(tariff)
        return tariff


def make_version(tariff: Tariff, *, approved: bool = True, **over: Any) -> TariffVersion:
    """A version of a tariff, approved unless told otherwise."""
    with unscoped(reason="test data"):
        version = tariffs.write_version(tariff, actor=ACTOR, **{"codes": DAY} | PRICES | over)
        return tariffs.approve_version(version, actor=ACTOR) if approved else version


def make_command(pile: Pile | None = None, **over: Any) -> Command:
    """A command to a pile that is connected."""
    request = {"action": "ClearCache", "payload": {}} | over
    with unscoped(reason="test data"):
        return commands.send_command(pile or make_online_pile(), actor=ACTOR, **request)


@dataclass
class Talk:
    """What one pile says on one connection, as facts; message ids count up, times as given or now."""

    pile: Pile
    generation: int = 1
    gateway: str = "gw-1"

    def __post_init__(self) -> None:
        self._ids: Iterator[int] = count(1)

    def _fact(self, over: dict[str, Any]) -> dict[str, Any]:
        return {
            "pile_id": self.pile.pk,
            "generation": self.generation,
            "message_id": f"m{next(self._ids)}",
            "received_at": clock.now(),
        } | over

    def connected(self, **over: Any) -> wire.Connected:
        return wire.Connected(**self._fact({"remote": "127.0.0.1", "gateway": self.gateway} | over))

    def disconnected(self, **over: Any) -> wire.Disconnected:
        return wire.Disconnected(**self._fact({"code": 1006, "reason": ""} | over))

    def booted(self, **over: Any) -> wire.Booted:
        return wire.Booted(**self._fact({"vendor": "Hanglu", "model": "DC-60", "firmware": "1.0"} | over))

    def status(
        self, connector: int, status: str, *, at: datetime | None = None, **over: Any
    ) -> wire.StatusReported:
        fact = self._fact({"connector": connector, "status": status, "error_code": "NoError"} | over)
        return wire.StatusReported(**{"at": at or fact["received_at"], "pile_time": at} | fact)

    def frame(self, action: str, **over: Any) -> wire.FrameSeen:
        fields = {
            "pile_id": self.pile.pk,
            "generation": self.generation,
            "at": clock.now(),
            "inbound": True,
            "kind": "call",
            "message_id": f"f{next(self._ids)}",
            "action": action,
            "text": "[]",
            "size": 2,
        }
        return wire.FrameSeen(**fields | over)

    def hello(self, key: str | bytes | None = None, **over: Any) -> wire.Hello:
        fields = {
            "identity": self.pile.identity,
            "user_name": self.pile.identity if key is not None else None,
            "password": key.encode() if isinstance(key, str) else key,
            "remote": "127.0.0.1",
            "subprotocols": ("ocpp1.6",),
            "security_profile": 1,
            "at": clock.now(),
        }
        return wire.Hello(**fields | over)


def outcome(command: Command, state: wire.CommandState, **over: Any) -> wire.CommandOutcome:
    """What a gateway says became of a command."""
    return wire.CommandOutcome(**{"command_id": command.pk, "state": state, "at": clock.now()} | over)


def later(seconds: float) -> datetime:
    """An instant from now."""
    return clock.now() + timedelta(seconds=seconds)
