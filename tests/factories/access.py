"""Local lists and reservations for tests, and a pile that keeps a list as the standard has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.scope import unscoped
from drivers.models import Card
from ocpp_gateway import wire
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import Command, LocalList, LocalListPile, Pile, Reservation
from stations.services import list_sync, local_lists, reservations
from stations.states import UNANSWERED
from tenants.models import Tenant
from tests.factories.drivers import make_card, make_driver
from tests.factories.stations import ACTOR, later, make_online_pile, outcome

_numbers = count(1)


def make_list(operator: Tenant, **over: Any) -> LocalList:
    """A list of all cards of an operator."""
    default = over.pop("is_default", False)
    with unscoped(reason="test data"):
        row = local_lists.create_list(operator, actor=ACTOR, **{"name": f"List {next(_numbers)}"} | over)
        return local_lists.make_default(row, actor=ACTOR) if default else row


def make_reservation(pile: Pile | None = None, **over: Any) -> Reservation:
    """Connector 1 of a connected pile, asked for until in an hour for a card that works."""
    pile = pile or make_online_pile()
    fields = {"connector": 1, "expires_at": later(3600).replace(microsecond=0)} | over
    with unscoped(reason="test data"):
        if "holder" not in fields:
            operator = Tenant.objects.get(pk=Tenant.objects.get(pk=pile.tenant_id).parent_id)
            fields["holder"] = make_card(operator, driver=make_driver(operator)).uid
        return reservations.reserve(pile, actor=ACTOR, **fields)


def said(command: Command, state: CommandState, answer: dict[str, Any], error: str = "", **over: Any) -> None:
    """What the gateway says became of a command."""
    with transaction.atomic():
        intake.keep_outcomes([outcome(command, state, answer=answer, error=error, **over)])


def start_fact(pile: Pile, connector: int, id_tag: str, **over: Any) -> wire.TransactionStarted:
    """A StartTransaction of the pile, now unless told otherwise."""
    at = over.get("at", clock.now())
    fields = {
        "pile_id": pile.pk,
        "generation": 1,
        "message_id": f"s{next(_numbers)}",
        "received_at": clock.now(),
        "connector": connector,
        "id_tag": id_tag,
        "meter_start": 0,
        "at": at,
        "pile_time": at,
    }
    return wire.TransactionStarted(**fields | over)


@dataclass
class Keeper:
    """A connected pile and its list. ``answers`` by action replace what it would say: state, answer, error."""

    operator: Tenant
    list: LocalList
    pile: Pile
    cards: list[Card]
    settings: dict[str, str]
    version: int = 7
    has: set[str] = field(default_factory=set)
    answers: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    _lost: dict[str, tuple[CommandState, bool]] = field(default_factory=dict)

    @classmethod
    def with_cards(cls, number: int, *, at_once: int = 50, in_all: int = 500, profiles: str = "") -> Keeper:
        pile = make_online_pile()
        with unscoped(reason="test data"):
            operator = Tenant.objects.get(pk=Tenant.objects.get(pk=pile.tenant_id).parent_id)
        cards = [make_card(operator, driver=make_driver(operator)) for _ in range(number)]
        settings = {
            "SendLocalListMaxLength": str(at_once),
            "LocalAuthListMaxLength": str(in_all),
            "SupportedFeatureProfiles": profiles or "Core, LocalAuthListManagement, Reservation",
        }
        return cls(operator, make_list(operator, is_default=True), pile, cards, settings)

    @property
    def tags(self) -> list[str]:
        return [card.uid for card in self.cards]

    @property
    def row(self) -> LocalListPile:
        return LocalListPile.objects.get(pile=self.pile)

    @property
    def commands(self) -> list[Command]:
        return list(Command.objects.filter(pile=self.pile).order_by("pk"))

    @property
    def lists_sent(self) -> list[dict[str, Any]]:
        return [command.payload for command in self.commands if command.action == "SendLocalList"]

    def lose(self, action: str, state: CommandState, *, was_taken: bool) -> None:
        """The next answer to this is lost; whether the pile did it all the same."""
        self._lost[action] = state, was_taken

    def round(self) -> None:
        """What the worker does every two seconds."""
        list_sync.refresh_lists()
        list_sync.advance_piles()

    def rounds(self, lists: int) -> None:
        """Go on until so many lists were sent and answered."""
        before = len(self.lists_sent)
        for _ in range(20):
            self.round()
            self._reply()
            if len(self.lists_sent) == before + lists:
                return

    def live(self) -> None:
        """Go on until there is nothing more to do."""
        for _ in range(40):
            before = len(self.commands)
            self.round()
            if not self._reply() and len(self.commands) == before:
                return
        raise AssertionError("it never ends")

    def _reply(self) -> bool:
        waiting = Command.objects.filter(pile=self.pile, state__in=[state.value for state in UNANSWERED])
        found = list(waiting.order_by("pk"))
        for command in found:
            self._reply_to(command)
        return bool(found)

    def _reply_to(self, command: Command) -> None:
        said(command, CommandState.SENT, {})
        if command.action in self._lost:
            state, was_taken = self._lost.pop(command.action)
            if was_taken:
                self._obey(command)
            said(command, state, {})
        elif command.action in self.answers:
            said(command, *self.answers[command.action])
        else:
            said(command, CommandState.ACCEPTED, self._obey(command))

    def _obey(self, command: Command) -> dict[str, Any]:
        match command.action:
            case "GetConfiguration":
                keys = [{"key": k, "readonly": True, "value": v} for k, v in self.settings.items()]
                return {"configurationKey": keys, "unknownKey": []}
            case "GetLocalListVersion":
                return {"listVersion": self.version}
            case _:
                self._take(command.payload)
                return {"status": "Accepted"}

    def _take(self, payload: dict[str, Any]) -> None:
        full = payload["updateType"] == "Full"
        assert full or payload["listVersion"] > self.version
        self.has = set() if full else self.has
        for entry in payload["localAuthorizationList"]:
            change = self.has.add if "idTagInfo" in entry else self.has.discard
            change(entry["idTag"])
        self.version = payload["listVersion"]
