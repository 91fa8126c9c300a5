"""Piles under load: whose turn it is, and what they say. No sockets, no clock of its own.

Of 20 messages 12 are MeterValues with four sampled values, 4 Heartbeats, 2 StatusNotifications, one
StartTransaction and one StopTransaction. The first connector of each pile charges all along and is metered;
on the second, sessions begin and end. A pile has one call unanswered at most (OCPP-J 1.6 §4.1.1): what is due
while all are busy waits, and its latency counts from when it was due.
"""

from __future__ import annotations

import json
import random
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any

METER, BEAT, STATUS, START, STOP = (
    "MeterValues",
    "Heartbeat",
    "StatusNotification",
    "StartTransaction",
    "StopTransaction",
)
DECK = [METER] * 12 + [BEAT] * 4 + [STATUS] * 2 + [START, STOP]


class Pile:
    """One pile's state; ``second`` is the transaction on its second connector."""

    __slots__ = (
        "beats",
        "card",
        "identity",
        "key",
        "register",
        "second",
        "suspended",
        "tag",
        "token",
        "transaction",
    )

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.identity: str = told["identity"]
        self.key: str = told["key"]
        self.transaction: int = told["transaction"]
        self.card: str = told["card"]
        self.token: str = told["token"]
        self.tag = ""
        self.second: int | None = None
        self.register = 12_000
        self.suspended = False
        self.beats = 0

    def boot(self) -> str:
        return (
            '{"chargePointVendor":"Bench","chargePointModel":"DC-120","chargePointSerialNumber":"'
            f'{self.identity}","firmwareVersion":"1.4.2","iccid":"89860000000000000000","imsi":"460000000000000"}}'
        )

    def status(self, connector: int, status: str, at: str) -> str:
        return f'{{"connectorId":{connector},"errorCode":"NoError","status":"{status}","timestamp":"{at}"}}'

    def say(self, action: str, at: str) -> str:
        """The payload of a message; ``at`` is its time as a pile writes it."""
        if action is METER:
            self.register += 37
            return (
                f'{{"connectorId":1,"transactionId":{self.transaction},"meterValue":[{{"timestamp":"{at}",'
                f'"sampledValue":[{{"value":"{self.register}","context":"Sample.Periodic","format":"Raw",'
                '"measurand":"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"},'
                '{"value":"59873.4","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},'
                '{"value":"149.7","context":"Sample.Periodic","measurand":"Current.Import","unit":"A"},'
                '{"value":"54","context":"Sample.Periodic","measurand":"SoC","location":"EV","unit":"Percent"}'
                "]}]}"
            )
        if action is BEAT:
            return "{}"
        if action is STATUS:
            self.suspended = not self.suspended
            return self.status(1, "SuspendedEV" if self.suspended else "Charging", at)
        if action is START:
            self.tag, self.token = self.token or self.card, ""
            self.register += 1
            return f'{{"connectorId":2,"idTag":"{self.tag}","meterStart":{self.register},"timestamp":"{at}"}}'
        self.register += 500
        return (
            f'{{"transactionId":{self.second},"idTag":"{self.tag}","meterStop":{self.register},'
            f'"timestamp":"{at}","reason":"Local"}}'
        )


class Turns:
    """Who says what is due. A pile is handed out until it is given back."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._deck: list[str] = []
        self._free: deque[Any] = deque()
        self._charging: deque[Any] = deque()
        self._due: dict[str, deque[tuple[str, float]]] = {"": deque(), START: deque(), STOP: deque()}

    @property
    def waiting(self) -> int:
        """Messages that are due and that nobody is there to say."""
        return sum(map(len, self._due.values()))

    def draw(self) -> str:
        """The next action of the mix."""
        if not self._deck:
            self._deck = self._chance.sample(DECK, len(DECK))
        return self._deck.pop()

    def forget(self) -> int:
        """Drop what is due; how much that was."""
        dropped = self.waiting
        for queue in self._due.values():
            queue.clear()
        return dropped

    def is_due(self, action: str, at: float) -> tuple[Any, str, float] | None:
        """Somebody to say it, or None: then it waits."""
        queue = self._free if action is START else self._charging if action is STOP else self._longer()
        if not queue:
            self._due[action if action in {START, STOP} else ""].append((action, at))
            return None
        return queue.popleft(), action, at

    def back(self, who: Any, *, charging: bool) -> tuple[Any, str, float] | None:
        """A pile is through with its call; the next one, if some is due that it can make."""
        for kind in (STOP if charging else START, ""):
            if self._due[kind]:
                return who, *self._due[kind].popleft()
        (self._charging if charging else self._free).append(who)
        return None

    def _longer(self) -> deque[Any]:
        """Of both kinds of piles in turn, so that some of each are left for starts and stops."""
        return self._free if len(self._free) >= len(self._charging) else self._charging


def new_id(prefix: str, number: int) -> str:
    """A message id of 36 characters, as piles make them."""
    return f"{prefix}{number:010x}"


def id_prefix() -> str:
    return secrets.token_hex(13)


def read_result(data: bytes) -> tuple[int, str, Any]:
    """Message type, id, and the rest of a frame."""
    frame = json.loads(data)
    return frame[0], frame[1], frame[2:]
