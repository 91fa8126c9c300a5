"""A pile on which a story is told: what it reports goes through the intake, what the worker does through the sweeps.

The clock stands at ``now`` and moves only when the story waits. Every message leaves its two frames,
as it would have crossed the socket.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from alarms import intake as alarms
from backoffice.demo_data.companies import STAFF, email_of
from backoffice.demo_data.copying import take_numbers
from backoffice.demo_data.masters import Customer, Masters
from backoffice.demo_data.stories.said import as_sent, reading_at, stamp
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.perms import Role
from finance import services as finance
from ocpp_gateway import wire
from orders import intake as orders
from orders.models import Case, ChargingOrder, LimitKind, Transaction
from orders.services import starting, stopping, sweeps
from orders.services.starting import Wish
from stations import intake as stations
from stations.models import Command, Connector, Pile
from stations.services.commands import send_command
from tenants.models import User

GATEWAY = "before"
"""The gateway that held the piles in the past; nobody listens to it any more."""

Payload = Mapping[str, Any]
State = wire.CommandState


@dataclass
class Stage:
    """One pile of ``masters``; ``people`` are drivers of its operator who are in no other story."""

    masters: Masters
    pile: Pile
    now: datetime
    people: Iterator[Customer]
    meters: dict[int, int] = field(default_factory=dict)
    generation: int = 0
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def present(self) -> Iterator[None]:
        """What happens now."""
        with clock.frozen(self.now):
            yield

    def wait(self, **units: float) -> None:
        """Let time pass: ``wait(minutes=10)``."""
        self.now += timedelta(**units)

    def work(self) -> None:
        """What the worker does now; in the past there is work in stories only."""
        with self.present():
            sweeps.follow_facts()
            sweeps.follow_running()
            sweeps.give_up_starts()
            sweeps.retry_stops()
            sweeps.close_missing_stops()
            sweeps.charge_idle_fees()

    def connector(self, number: int = 1) -> Connector:
        return Connector.objects.select_related("pile__station", "pile__model").get(
            pile=self.pile, number=number
        )

    def meter(self, number: int = 1) -> int:
        """Where the register of a connector stands."""
        if number not in self.meters:
            rows = Transaction.objects.filter(
                pile=self.pile, connector_number=number, meter_stop__isnull=False
            )
            last = rows.order_by("-started_at").values_list("meter_stop", flat=True).first()
            self.meters[number] = last or 40_000 + 1_000 * self.pile.pk
        return self.meters[number]

    def staff(self, role: Role = Role.OWNER) -> Actor:
        """Somebody of the operator; in companies that are not shown there is only an owner."""
        code = self.masters.operator_of(self.masters.placed[self.pile.identity].site)
        wanted = [email_of(one, code) for one in (role, Role.OWNER)]
        found = {user.email: user for user in User.objects.filter(email__in=wanted)}
        user = next(found[email] for email in wanted if email in found)
        return Actor(f"staff:{user.pk}", user.name or STAFF[role][0])

    def driver(self, cash: int) -> Customer:
        """Somebody who pays in at the desk and comes to charge; ``cash`` in minor units."""
        one = next(self.people)
        with self.present():
            finance.adjust_balance(
                one.wallet, amount=cash, actor=self.staff(Role.SUPPORT), reason="Paid in at the desk 柜台充值"
            )
        return one

    def comes(self) -> None:
        """The pile connects, boots, and says how its connectors are."""
        (self.generation,) = take_numbers("'stations_generation'", 1)
        with self.present():
            fact = wire.Connected(**self._fact(), remote=f"10.32.{self.pile.pk % 200}.17", gateway=GATEWAY)
            alarms.report_presence(stations.connect([fact]))
            said = {
                "chargePointVendor": self.pile.model.vendor if self.pile.model else "",
                "chargePointModel": self.pile.model.name if self.pile.model else "",
                "chargePointSerialNumber": self.pile.serial,
                "firmwareVersion": "4.1.7",
            }
            booted = wire.Booted(
                **self._fact(said),
                vendor=said["chargePointVendor"],
                model=said["chargePointModel"],
                serial=said["chargePointSerialNumber"],
                firmware=said["firmwareVersion"],
            )
            stations.boot([booted])
            answer = {"status": "Accepted", "currentTime": stamp(self.now), "interval": 300}
            self._heard(booted, "BootNotification", said, answer)
        for number in (0, *self._numbers()):
            self.says(number, "Available")

    def goes(self) -> None:
        """The connection is lost."""
        with self.present():
            stations.disconnect([wire.Disconnected(**self._fact(), code=1006, reason="")])

    def says(
        self, number: int, status: str, error: str = "NoError", vendor_code: str = "", info: str = ""
    ) -> None:
        """StatusNotification."""
        said = {"connectorId": number, "status": status, "errorCode": error, "timestamp": stamp(self.now)}
        said |= {name: text for name, text in (("vendorErrorCode", vendor_code), ("info", info)) if text}
        with self.present():
            fact = wire.StatusReported(
                **self._fact(said),
                connector=number,
                status=status,
                error_code=error,
                at=self.now,
                pile_time=self.now,
                vendor_error_code=vendor_code,
                info=info,
            )
            changes = stations.report_status([fact])
            alarms.report_status(changes)
            orders.report_status(changes)
            self._heard(fact, "StatusNotification", said, {})

    def press_start(
        self, one: Customer, kind: LimitKind = LimitKind.FULL, value: int | None = None, *, number: int = 1
    ) -> ChargingOrder:
        """The driver presses start on the page, and the pile agrees."""
        with self.present():
            order = starting.start_order(
                self.connector(number), driver=one.driver, wish=Wish(kind, value), actor=driver(one)
            )
        self._answer_last("RemoteStartTransaction", State.ACCEPTED, {"status": "Accepted"})
        return order

    def press_cancel(self, one: Customer, order: ChargingOrder) -> None:
        with self.present():
            starting.cancel_order(order, actor=driver(one))

    def press_stop(self, order: ChargingOrder, actor: Actor) -> None:
        with self.present():
            stopping.stop_order(order, actor=actor)

    def starts(self, tag: str, number: int = 1, *, at: datetime | None = None, **over: Any) -> int:
        """StartTransaction; the id that it was given. ``at``: when it was queued, while the pile was offline."""
        at = at or self.now
        said = {
            "connectorId": number,
            "idTag": tag,
            "meterStart": self.meter(number),
            "timestamp": stamp(over.get("pile_time", at)),
        }
        with self.present():
            more = {"at": at, "pile_time": at} | over
            fact = wire.TransactionStarted(
                **self._fact(said), connector=number, id_tag=tag, meter_start=self.meter(number), **more
            )
            answer = orders.start([fact])[0]
            told = {"transactionId": answer.transaction_id, "idTagInfo": {"status": answer.id_tag.status}}
            self._heard(fact, "StartTransaction", said, told)
        return answer.transaction_id

    def plugs_and_starts(self, tag: str, number: int = 1, **over: Any) -> int:
        """A car is plugged in and the transaction begins."""
        self.says(number, "Preparing")
        self.wait(seconds=12)
        key = self.starts(tag, number, **over)
        self.says(number, "Charging")
        self.work()
        return key

    def charges(
        self, key: int, minutes: int, kw: float, number: int = 1, *, every: int = 5, soc: int = 31
    ) -> None:
        """Energy flows; the pile reports every few minutes."""
        begun = self.meter(number)
        for minute in range(every, minutes + 1, every):
            self.wait(minutes=every)
            self.meters[number] = begun + round(kw * 1000 * minute / 60)
            gained = round(kw * minute / 60 / 70 * 100)
            self.reads(key, self.meters[number], number, power_w=round(kw * 1000), soc=min(99, soc + gained))
        self.work()

    def reads(
        self, key: int | None, wh: int, number: int = 1, *, power_w: int | None = None, soc: int | None = None
    ) -> None:
        """MeterValues with one reading."""
        reading = reading_at(self.now, wh, power_w, soc)
        said: dict[str, Any] = {"connectorId": number, "meterValue": [as_sent(reading)]}
        if key is not None:
            said["transactionId"] = key
        with self.present():
            fact = wire.MeterReported(
                **self._fact(said), connector=number, transaction_id=key, readings=(reading,)
            )
            orders.meter([fact])
            self._heard(fact, "MeterValues", said, {})

    def stops(
        self,
        key: int,
        number: int = 1,
        *,
        wh: int | None = None,
        at: datetime | None = None,
        reason: str = "Local",
        closing_wh: int | None = None,
        **over: Any,
    ) -> None:
        """StopTransaction. ``closing_wh``: a reading of the end that is sent along."""
        at = at or self.now
        register = self.meter(number) if wh is None else wh
        readings = () if closing_wh is None else (reading_at(at, closing_wh, None, None, "Transaction.End"),)
        said = {
            "transactionId": key,
            "meterStop": register,
            "timestamp": stamp(over.get("pile_time", at)),
            "reason": reason,
        }
        if readings:
            said["transactionData"] = [as_sent(one) for one in readings]
        with self.present():
            more = {"at": at, "pile_time": at} | over
            fact = wire.TransactionStopped(
                **self._fact(said),
                transaction_id=key,
                meter_stop=register,
                reason=reason,
                readings=readings,
                **more,
            )
            orders.stop([fact])
            self._heard(fact, "StopTransaction", said, {})

    def ends(self, key: int, number: int = 1, **over: Any) -> None:
        """It stops, is settled, and the car leaves."""
        self.stops(key, number, **over)
        self.says(number, "Finishing")
        self.work()
        self.wait(minutes=3)
        self.says(number, "Available")
        self.work()

    def asks(
        self,
        action: str,
        payload: Payload,
        state: State,
        answer: Payload,
        actor: Actor,
        number: int | None = None,
    ) -> Command:
        """Somebody asks the pile to do something, and this comes of it."""
        with self.present():
            send_command(
                self.pile, action=action, payload=payload, connector_number=number, actor=actor, reason="Demo"
            )
        return self._answer_last(action, state, answer)

    def answers(self, action: str, state: State, answer: Payload) -> Command:
        """What the pile says to the last command of this kind, which somebody else has sent."""
        return self._answer_last(action, state, answer)

    def order_of(self, key: int) -> ChargingOrder:
        return ChargingOrder.objects.get(transaction_id=key)

    def case_of(self, key: int, code: str) -> Case:
        return Case.objects.get(order__transaction_id=key, code=code)

    def _answer_last(self, action: str, state: State, answer: Payload) -> Command:
        command = Command.objects.filter(pile=self.pile, action=action).latest("pk")
        number = f"c{command.pk}"
        latency = 140 + command.pk % 700
        sent = wire.CommandOutcome(command_id=command.pk, state=State.SENT, at=self.now, message_id=number)
        said = command.payload
        with self.present():
            stations.keep_outcomes([sent])
            frames = [self._frame(False, "call", number, action, [2, number, action, said], None)]
            self.wait(seconds=0.4)
            result = {"message_id": number, "answer": dict(answer), "latency_ms": latency}
            if state in {State.TIMED_OUT, State.CONNECTION_LOST}:
                result = {"message_id": number}
            else:
                frames.append(self._frame(True, "result", number, action, [3, number, answer], latency))
            outcome = wire.CommandOutcome(command_id=command.pk, state=state, at=self.now, **result)  # type: ignore[arg-type]
            stations.keep_outcomes([outcome])
            stations.keep_frames(frames)
        return Command.objects.get(pk=command.pk)

    def _numbers(self) -> list[int]:
        rows = Connector.objects.filter(pile=self.pile, registered=True)
        return list(rows.order_by("number").values_list("number", flat=True))

    def _fact(self, said: Payload | None = None) -> dict[str, Any]:
        return {
            "pile_id": self.pile.pk,
            "generation": self.generation,
            "message_id": f"{self.pile.pk}-{self.generation}-{next(self._ids)}",
            "received_at": self.now,
            "raw": json.dumps(said or {}),
        }

    def _heard(self, fact: wire.Fact, action: str, said: Payload, answer: Payload) -> None:
        number = fact.message_id
        latency = 4 + self.now.microsecond % 19
        stations.keep_frames(
            [
                self._frame(True, "call", number, action, [2, number, action, said], None),
                self._frame(False, "result", number, action, [3, number, answer], latency),
            ]
        )
        stations.see({self.pile.pk: self.now})

    def _frame(
        self, inbound: bool, kind: str, number: str, action: str, frame: list[Any], latency: int | None
    ) -> wire.FrameSeen:
        text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
        return wire.FrameSeen(
            pile_id=self.pile.pk,
            generation=self.generation,
            at=self.now + timedelta(milliseconds=latency or 0),
            inbound=inbound,
            kind=kind,
            message_id=number,
            action=action,
            size=len(text.encode()),
            text=text,
            latency_ms=latency,
        )


def driver(one: Customer) -> Actor:
    return Actor(f"driver:{one.driver.pk}", one.person.name)
