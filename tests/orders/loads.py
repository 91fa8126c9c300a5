"""A load group at work: cars come and go, piles answer or do not, rounds of the worker in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ocpp_gateway.wire import CommandState
from orders.services import sweeps
from stations.models import ChargingProfile, Command, LoadGroup, LoadShare, ProfileState, Reshare
from stations.services import loads, resharing
from tests.factories.orders import ACTOR, Site, make_site


@dataclass
class Yard:
    """One pile with four connectors of 60 kW behind 100 kW; told nothing, each connector may take 10 kW."""

    site: Site
    group: LoadGroup
    running: dict[int, int] = field(default_factory=dict)

    def start(self, connector: int, *, tag: str = "CARD", **over: Any) -> int:
        """A car begins to charge; the business has not looked at it yet, which the sharing does not wait for."""
        answer = self.site.charger.starts(f"{tag}{connector}", connector=connector, **over)
        self.running[connector] = answer.transaction_id
        self.site.charger.says(connector, "Charging")
        return answer.transaction_id

    def stop(self, connector: int) -> None:
        self.site.charger.stops(self.running.pop(connector), 1_001_000)
        self.site.charger.says(connector, "Finishing")

    def follow(self) -> None:
        """The business hears of starts and stops."""
        with self.site.present():
            sweeps.follow_facts()

    def round(self) -> dict[int, Decimal]:
        """One look of the worker; what it told which connector, in kW."""
        with self.site.present():
            resharing.share_loads()
        return self.asked()

    def asked(self) -> dict[int, Decimal]:
        """What is asked and not answered, in kW; 0 is the limit of the pile's own."""
        return {one.connector_number or 0: kilowatts(one) for one in self.unanswered()}

    def unanswered(self) -> list[Command]:
        with self.site.present():
            rows = Command.objects.filter(state=CommandState.QUEUED, action="SetChargingProfile")
            return list(rows.order_by("pk"))

    def answer(self, status: str = "Accepted", *, connector: int | None = None) -> None:
        """The pile answers what it was asked, or only what is about one connector."""
        state = CommandState.ACCEPTED if status == "Accepted" else CommandState.REJECTED
        for command in self.unanswered():
            if connector in {None, command.connector_number}:
                self.site.charger.answers(command, state, answer={"status": status})

    def lose(self, connector: int) -> None:
        """The answer never comes."""
        for command in self.unanswered():
            if command.connector_number == connector:
                self.site.charger.answers(command, CommandState.TIMED_OUT)

    def settle(self) -> int:
        """Rounds and answers until nothing is asked any more; how many rounds told somebody something."""
        rounds = 0
        while self.round():
            self.answer()
            rounds += 1
            assert rounds < 10
        return rounds

    def shares(self) -> dict[int, Decimal]:
        """What each connector obeys, as far as it is known."""
        with self.site.present():
            rows = LoadShare.objects.filter(group=self.group)
            return {row.connector_number: row.obeys if row.obeys is not None else row.share for row in rows}

    def notes(self) -> dict[int, str]:
        with self.site.present():
            return dict(LoadShare.objects.filter(group=self.group).values_list("connector_number", "note"))

    def history(self) -> list[Reshare]:
        with self.site.present():
            return list(Reshare.objects.order_by("pk"))

    def sent(self) -> int:
        with self.site.present():
            return Command.objects.count()

    def edit(self, **over: Any) -> None:
        with self.site.present():
            loads.edit_group(self.group, actor=ACTOR, **over)


def kilowatts(command: Command) -> Decimal:
    """The limit that a command carries."""
    [period] = command.payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"]
    return Decimal(str(period["limit"])) / 1000


def make_yard(**over: Any) -> Yard:
    """With the safety limit accepted by the pile."""
    site = make_site(connectors=4)
    fields: dict[str, Any] = {
        "name": "Main",
        "limit": Decimal(100),
        "least": Decimal(5),
        "safety": Decimal(10),
    }
    with site.present():
        group = loads.create_group(site.station, actor=ACTOR, **fields | over)
    yard = Yard(site, group)
    assert yard.round() == {0: fields["safety"] if "safety" not in over else over["safety"]}
    yard.answer()
    with site.present():
        assert ChargingProfile.objects.get().state == ProfileState.INSTALLED
    return yard
