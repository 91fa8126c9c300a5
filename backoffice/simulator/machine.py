"""A pile without its socket: time and frames come in, calls and answers come out (OCPP 1.6). Pure.

Calls leave one at a time. Those about transactions are kept while the pile is offline and sent again
until they are answered (§3.7); what else could not be said is dropped, and the present status is
reported when the connection is back. Every step is taken by ``tick``, which is told the time.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from backoffice.simulator.cars import Car
from backoffice.simulator.configuration import Configuration
from backoffice.simulator.files import Files
from backoffice.simulator.limits import Limits
from backoffice.simulator.outlet import Outlet, Report, Session

Payload = Mapping[str, Any]
Done = Callable[[Payload, datetime], None]
Deed = Callable[[datetime], None]

BOOT_RETRY = timedelta(seconds=60)
PLUG_OUT_AFTER = timedelta(seconds=40)
USUAL_FIRMWARE = "4.2.1"


@dataclass(frozen=True, slots=True)
class Spec:
    """What the pile is. ``registers``: of its connectors, in Wh, in the order of their numbers."""

    identity: str
    vendor: str
    model: str
    serial: str
    rated_w: int
    direct: bool
    registers: tuple[int, ...]
    firmware: str = USUAL_FIRMWARE


@dataclass(slots=True, eq=False)
class Call:
    """Something to say. ``payload`` is made when it leaves; ``kept`` while it is not answered."""

    action: str
    payload: Callable[[], dict[str, Any]]
    kept: bool = False
    done: Done | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """A transaction that was running when the pile lost its power."""

    connector: int
    transaction_id: int
    register: int
    at: datetime


@dataclass(slots=True)
class Machine:
    """``is_online`` and ``is_accepted`` are what it believes; ``restart_at`` when it wants to begin anew."""

    spec: Spec
    settings: Configuration
    left: tuple[Left, ...] = ()
    outlets: list[Outlet] = field(init=False)
    own: Outlet = field(init=False)
    """Connector 0: the pile itself."""

    files: Files = field(default_factory=Files)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The local list: idTagInfo by idTag in capitals (OCPP 1.6 §3.5.2). It outlasts the power."""

    list_version: int = 0
    is_online: bool = False
    is_accepted: bool = False
    away_until: datetime | None = None
    restart_at: datetime | None = None
    limits: Limits = field(default_factory=Limits)
    _calls: deque[Call] = field(default_factory=deque)
    _flying: Call | None = None
    _hold_until: datetime | None = None
    _agenda: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)
    _now: datetime | None = None
    _heartbeat_at: datetime | None = None
    _interval: timedelta = timedelta(seconds=300)
    _boot_at: datetime | None = None
    _sampled: dict[int, datetime] = field(default_factory=dict)
    _aligned_at: datetime | None = None

    def __post_init__(self) -> None:
        share = max(self.spec.rated_w // max(len(self.spec.registers), 1), 3_500)
        self.outlets = [
            Outlet(number, share, self.spec.direct, float(register))
            for number, register in enumerate(self.spec.registers, start=1)
        ]
        self.own = Outlet(0, self.spec.rated_w, self.spec.direct)

    def outlet(self, number: object) -> Outlet | None:
        """A connector by its number; None where there is no such one."""
        return next((one for one in self.outlets if one.number == number), None)

    def connected(self, at: datetime) -> None:
        """The socket is open. A pile that was accepted before does not boot again."""
        self.is_online, self._flying = True, None
        self._heartbeat_at = at + self._interval
        if self.is_accepted:
            self._report_all(at)
        else:
            self._boot_at = at

    def lost(self, at: datetime) -> None:
        """The socket is gone; what must not be lost is said again later."""
        self.is_online = False
        flying, self._flying = self._flying, None
        if flying is not None and flying.kept:
            self._calls.appendleft(flying)
        self._calls = deque(call for call in self._calls if call.kept)

    def restarted(self, at: datetime) -> None:
        """The power was off and is on again."""
        self.restart_at, self.is_accepted = None, False
        for one in (self.own, *self.outlets):
            one.reported = None
            one.is_finishing = False

    def next_call(self, at: datetime) -> tuple[str, dict[str, Any]] | None:
        """What is to be said now, if anything; its answer goes to ``answered`` or ``failed``."""
        if not self.is_online or self._flying is not None:
            return None
        if not self.is_accepted:
            if self._boot_at is None or at < self._boot_at:
                return None
            self._boot_at = at + BOOT_RETRY
            self._flying = Call("BootNotification", self._boot_payload, done=self._booted)
        elif self._calls and (self._hold_until is None or at >= self._hold_until):
            self._hold_until = None
            self._flying = self._calls.popleft()
        else:
            return None
        self._flying.attempts += 1
        return self._flying.action, self._flying.payload()

    def answered(self, payload: Payload, at: datetime) -> None:
        """The answer to the last call."""
        call, self._flying = self._flying, None
        if call is not None and call.done is not None:
            call.done(payload, at)

    def failed(self, at: datetime) -> None:
        """It was answered with an error, or not at all: what is kept is said again (OCPP 1.6 §3.7.1)."""
        call, self._flying = self._flying, None
        if (
            call is not None
            and call.kept
            and call.attempts < self.settings.number("TransactionMessageAttempts")
        ):
            self._calls.appendleft(call)
            wait = self.settings.number("TransactionMessageRetryInterval") * call.attempts
            self._hold_until = at + timedelta(seconds=wait)

    def say(
        self,
        action: str,
        payload: Callable[[], dict[str, Any]],
        *,
        kept: bool = False,
        done: Done | None = None,
    ) -> None:
        """Put a call at the end of the line; nothing is kept that would be old news later."""
        if kept or (self.is_online and self.is_accepted):
            self._calls.append(Call(action, payload, kept, done))

    def at(self, when: datetime, deed: Deed) -> None:
        """Do something at a time to come."""
        heapq.heappush(self._agenda, (when, next(self._numbers), deed))

    def tick(self, at: datetime) -> None:
        """Let the time pass until ``at``: energy flows, cars come and go, readings fall due."""
        since = self._now or at
        self.limits.apply(self.outlets, at)
        while self._agenda and self._agenda[0][0] <= at:
            when, _number, deed = heapq.heappop(self._agenda)
            self._flow(since, max(when, since))
            since = max(when, since)
            deed(since)
        self._flow(since, at)
        self._now = at
        for outlet in self.outlets:
            outlet.give_up()
        self._report_changes(at)
        self._sample(at)
        self._align(at)
        if self._heartbeat_at is not None and at >= self._heartbeat_at:
            self.say("Heartbeat", dict)
            self._heartbeat_at = at + self._interval

    def plug(self, outlet: Outlet, car: Car) -> None:
        """A car is plugged in."""
        if outlet.car is None:
            outlet.car, outlet.is_finishing = car, False

    def unplug(self, outlet: Outlet, at: datetime) -> None:
        """The car leaves; what still runs ends with it."""
        self.stop(outlet, "EVDisconnected", at)
        outlet.car, outlet.is_finishing = None, False

    def present_card(self, outlet: Outlet, tag: str, at: datetime) -> None:
        """Somebody holds a card to the reader; the charge begins when it is accepted (OCPP 1.6 §4.1)."""

        def begin(answer: Payload, when: datetime) -> None:
            info = answer.get("idTagInfo", {})
            if info.get("status") == "Accepted":
                self.start(outlet, tag, when, parent=info.get("parentIdTag", ""))

        known = self.cards.get(tag.upper())
        if not self.is_online and known is not None and self.settings.switch("LocalAuthorizeOffline"):
            begin({"idTagInfo": known}, at)
        self.say("Authorize", lambda: {"idTag": tag}, done=begin)

    def start(self, outlet: Outlet, tag: str, at: datetime, *, parent: str = "") -> None:
        """Begin a transaction (OCPP 1.6 §4.8), if a car is there, nothing runs and nobody else has reserved."""
        if (
            outlet.car is None
            or outlet.session is not None
            or outlet.status not in {"Preparing", "Finishing"}
            or (outlet.kept is not None and not outlet.kept.is_for(tag, parent))
        ):
            return
        session = Session(tag, at, outlet.register)
        outlet.session, outlet.is_finishing = session, False
        self._sampled[outlet.number] = at

        def begun(answer: Payload, when: datetime) -> None:
            session.id, session.is_known = answer.get("transactionId"), True
            refused = answer.get("idTagInfo", {}).get("status") != "Accepted"
            if refused and outlet.session is session and self.settings.switch("StopTransactionOnInvalidId"):
                self.stop(outlet, "DeAuthorized", when)

        payload = {
            "connectorId": outlet.number,
            "idTag": tag,
            "meterStart": session.meter_start,
            "timestamp": stamp(at),
        }
        if outlet.kept is not None:
            payload["reservationId"], outlet.kept = outlet.kept.number, None
        self.say("StartTransaction", lambda: payload, kept=True, done=begun)

    def stop(self, outlet: Outlet, reason: str, at: datetime, *, tag: str = "") -> None:
        """End the transaction (OCPP 1.6 §4.10). Does nothing where none runs."""
        session = outlet.session
        if session is None:
            return
        self._say_stop(session, outlet.register, reason, at, tag)
        outlet.session, outlet.power_w, outlet.is_finishing = None, 0.0, True
        self.limits.end(outlet.number)
        if outlet.operative_next is not None:
            outlet.is_operative, outlet.operative_next = outlet.operative_next, None

    def stop_and_leave(self, outlet: Outlet, reason: str, at: datetime) -> None:
        """End it, and let the car go a little later."""
        self.stop(outlet, reason, at)
        car = outlet.car

        def leave(when: datetime) -> None:
            if outlet.car is car and outlet.session is None:
                self.unplug(outlet, when)

        self.at(at + PLUG_OUT_AFTER, leave)

    def report(self, outlet: Outlet, at: datetime) -> None:
        """Say how a connector is."""
        told = outlet.report
        outlet.reported = told
        self.say("StatusNotification", lambda: _status(outlet.number, told, at))

    def meter(self, outlet: Outlet, context: str, at: datetime) -> None:
        """Say what a connector's meter shows."""
        session = outlet.session
        aligned = context == "Sample.Clock"
        wanted = self.settings.values["MeterValuesAlignedData" if aligned else "MeterValuesSampledData"]
        values = [{**value, "context": context} for value in outlet.sampled(wanted)]
        if not values:
            return
        reading = {"timestamp": stamp(at), "sampledValue": values}

        def payload() -> dict[str, Any]:
            said: dict[str, Any] = {"connectorId": outlet.number, "meterValue": [reading]}
            if session is not None and session.id is not None:
                said["transactionId"] = session.id
            return said

        self.say("MeterValues", payload, kept=session is not None)

    def heartbeat(self) -> None:
        self.say("Heartbeat", dict)

    @property
    def is_silent(self) -> bool:
        """Has it said everything?"""
        return not self._calls and self._flying is None

    @property
    def is_busy(self) -> bool:
        """Does something happen here, or will soon?"""
        return bool(self._agenda) or not self.is_silent or any(one.session for one in self.outlets)

    def _say_stop(self, session: Session, register: int, reason: str, at: datetime, tag: str) -> None:
        said: dict[str, Any] = {"meterStop": register, "timestamp": stamp(at), "reason": reason}
        if tag:
            said["idTag"] = tag
        unknown = -1  # a start that was never answered (OCPP 1.6 errata 3.18)
        self.say(
            "StopTransaction",
            lambda: {**said, "transactionId": unknown if session.id is None else session.id},
            kept=True,
        )

    def _boot_payload(self) -> dict[str, Any]:
        return {
            "chargePointVendor": self.spec.vendor,
            "chargePointModel": self.spec.model,
            "chargePointSerialNumber": self.spec.serial,
            "firmwareVersion": self.files.firmware or self.spec.firmware,
            "meterType": "HLM-3",
        }

    def _booted(self, answer: Payload, at: datetime) -> None:
        self._interval = timedelta(seconds=max(int(answer.get("interval") or 0), 10))
        self._heartbeat_at = at + self._interval
        if answer.get("status") != "Accepted":
            self._boot_at = at + self._interval
            return
        self.is_accepted = True
        for one in self.left:
            session = Session("", one.at, one.register, one.transaction_id, is_known=True)
            self._say_stop(session, one.register, "PowerLoss", one.at, "")
        self.left = ()
        self._report_all(at)
        self.files.booted(at)

    def _flow(self, since: datetime, until: datetime) -> None:
        for outlet in self.outlets:
            outlet.flow(since, until)

    def _report_all(self, at: datetime) -> None:
        for one in (self.own, *self.outlets):
            self.report(one, at)

    def _report_changes(self, at: datetime) -> None:
        if self.is_online and self.is_accepted:
            for one in (self.own, *self.outlets):
                if one.reported != one.report:
                    self.report(one, at)

    def _sample(self, at: datetime) -> None:
        every = self.settings.number("MeterValueSampleInterval")
        for outlet in self.outlets:
            last = self._sampled.get(outlet.number)
            if every and outlet.session is not None and last is not None:
                due = last + timedelta(seconds=every)
                if at >= due:
                    self._sampled[outlet.number] = at
                    self.meter(outlet, "Sample.Periodic", at)

    def _align(self, at: datetime) -> None:
        every = self.settings.number("ClockAlignedDataInterval")
        if not every:
            self._aligned_at = None
            return
        seconds = (at - at.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        mark = at - timedelta(seconds=seconds % every)
        if self._aligned_at is not None and mark > self._aligned_at:
            for outlet in self.outlets:
                self.meter(outlet, "Sample.Clock", mark)
        self._aligned_at = mark


def stamp(at: datetime) -> str:
    """An instant as OCPP writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _status(number: int, told: Report, at: datetime) -> dict[str, Any]:
    said = {"connectorId": number, "status": told.status, "errorCode": told.error, "timestamp": stamp(at)}
    more = {"info": told.info, "vendorErrorCode": told.vendor_code}
    return said | {name: text for name, text in more.items() if text}
