"""A charge point over a real socket, strict about everything it receives.

Speaks OCPP 1.6-J with nothing of the gateway's: its own framing, and the schemas with formats
checked. Whatever breaks the protocol is kept in ``violations`` and raised when the pile leaves.
What it says itself may be as wrong as a test wants: ``send`` takes any text or bytes.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.conformance import COMMANDS, ERROR_CODES, Violation, check_schema, check_times, require


class CallFailed(Exception):
    """The central system answered with a CALLERROR."""

    def __init__(self, code: str, description: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.details = details


@dataclass(frozen=True)
class Fault:
    """Reply to a command with a CALLERROR."""

    code: str
    description: str = ""
    details: Any = field(default_factory=dict)


SILENCE: Final = Fault("")
"""Do not reply to a command at all."""

Reply = Any | Callable[[dict[str, Any]], Any] | Callable[[dict[str, Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Command:
    """A call that the central system made."""

    id: str
    action: str
    payload: dict[str, Any]


class Pile:
    """One connection at a time; ``connect`` again for the next. ``replies`` are by action."""

    def __init__(
        self,
        url: str,
        identity: str,
        *,
        key: bytes | None = None,
        user: str | None = None,
        subprotocols: tuple[str, ...] | None = ("ocpp1.6",),
        path: str | None = None,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.identity = identity
        self.replies: dict[str, Reply] = {}
        self.commands: list[Command] = []
        self.unmatched: list[list[Any]] = []
        self.violations: list[str] = []
        self.socket: ClientConnection | None = None
        self._url = f"{url}/{quote(identity, safe='') if path is None else path}"
        self.headers: dict[str, str] = {}
        if key is not None:
            credentials = (user if user is not None else identity).encode() + b":" + key
            self.headers["Authorization"] = "Basic " + base64.b64encode(credentials).decode()
        self._subprotocols = subprotocols
        self._tls = tls
        self._now = now
        self._answers: dict[str, asyncio.Future[list[Any]]] = {}
        self._actions: dict[str, str] = {}
        self._command_ids: set[str] = set()
        self._unanswered: set[str] = set()
        self._awaited = 0
        self._commanded = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()
        if error is None:
            self.check()

    def check(self) -> None:
        """Raise what the central system did wrong so far."""
        if self.violations:
            raise Violation("; ".join(self.violations))

    def move(self, url: str) -> None:
        """Connect to another gateway from now on."""
        self._url = f"{url}/{self._url.rpartition('/')[2]}"

    async def connect(self) -> None:
        """Raises InvalidStatus where the handshake is refused."""
        self.socket = await connect(
            self._url,
            subprotocols=self._subprotocols,
            additional_headers=self.headers,
            ssl=self._tls,
            compression=None,
            ping_interval=None,
            close_timeout=2,
            max_size=None,
            proxy=None,
        )
        self._unanswered.clear()
        self._reader = asyncio.create_task(self._read(self.socket))

    async def disconnect(self) -> None:
        """Close properly."""
        if self.socket is not None:
            await self.socket.close()
            await self._stopped()

    async def cut(self) -> None:
        """Vanish without a close frame, as a mobile network does."""
        assert self.socket is not None
        self.socket.transport.abort()
        await self._stopped()

    def freeze(self) -> None:
        """Read nothing any more, not even a ping; the socket stays open."""
        assert self.socket is not None
        transport: asyncio.Transport = self.socket.transport
        transport.pause_reading()

    async def closed(self, within_s: float = 10.0) -> int:
        """Wait until the other side closed; the code."""
        assert self.socket is not None
        async with asyncio.timeout(within_s):
            await self.socket.wait_closed()
        return self.socket.close_code or 1006

    async def send(self, message: str | bytes | list[Any], *, binary: bool = False) -> None:
        """Send anything; a list as the JSON of a frame, bytes as they are in a text frame."""
        assert self.socket is not None
        if isinstance(message, list):
            message = json.dumps(message)
        await self.socket.send(message, text=not binary)

    async def ask(
        self, frame: list[Any] | str, id_: Any, action: str = "", within_s: float = 10.0
    ) -> list[Any]:
        """Send a frame, or its text, and return the frame that answers ``id_``, whatever it is."""
        answer = self.expect_answer(id_, action)
        await self.send(frame)
        async with asyncio.timeout(within_s):
            return await answer

    def expect_answer(self, id_: Any, action: str = "") -> asyncio.Future[list[Any]]:
        """The frame that will answer ``id_``."""
        key = json.dumps(id_)
        self._answers[key] = asyncio.get_running_loop().create_future()
        self._actions[key] = action
        return self._answers[key]

    async def call(
        self, action: str, payload: Any = None, *, message_id: str | None = None, within_s: float = 10.0
    ) -> dict[str, Any]:
        """Make a call and return the payload of its result. Raises CallFailed."""
        id_ = message_id or str(uuid.uuid4())
        frame = await self.ask([2, id_, action, {} if payload is None else payload], id_, action, within_s)
        if frame[0] == 4:
            raise CallFailed(*frame[2:5])
        result: dict[str, Any] = frame[2]
        return result

    async def expect(self, action: str, within_s: float = 10.0) -> Command:
        """The next command, which must be this one. Commands are expected in their order."""
        async with asyncio.timeout(within_s):
            while len(self.commands) <= self._awaited:
                self._commanded.clear()
                await self._commanded.wait()
        command = self.commands[self._awaited]
        self._awaited += 1
        if command.action != action:
            raise Violation(f"expected {action}, got {command}")
        return command

    async def boot(self, **fields: Any) -> dict[str, Any]:
        return await self.call(
            "BootNotification", {"chargePointVendor": "Quay", "chargePointModel": "Q1", **fields}
        )

    async def heartbeat(self) -> dict[str, Any]:
        return await self.call("Heartbeat")

    async def status(
        self, connector: int, status: str = "Available", error: str = "NoError", **fields: Any
    ) -> dict[str, Any]:
        return await self.call(
            "StatusNotification",
            {
                "connectorId": connector,
                "status": status,
                "errorCode": error,
                "timestamp": self.time(),
                **fields,
            },
        )

    async def authorize(self, id_tag: str) -> dict[str, Any]:
        info: dict[str, Any] = (await self.call("Authorize", {"idTag": id_tag}))["idTagInfo"]
        return info

    async def start(self, connector: int, id_tag: str, *, meter: int = 0, **fields: Any) -> dict[str, Any]:
        return await self.call(
            "StartTransaction",
            {
                "connectorId": connector,
                "idTag": id_tag,
                "meterStart": meter,
                "timestamp": self.time(),
                **fields,
            },
        )

    async def meter(
        self, connector: int, wh: int, *, transaction: int | None = None, at: str | None = None
    ) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "connectorId": connector,
            "meterValue": [
                {"timestamp": at or self.time(), "sampledValue": [{"value": str(wh), "unit": "Wh"}]}
            ],
        }
        if transaction is not None:
            payload["transactionId"] = transaction
        return await self.call("MeterValues", payload)

    async def stop(self, transaction: int, *, meter: int, **fields: Any) -> dict[str, Any]:
        return await self.call(
            "StopTransaction",
            {"transactionId": transaction, "meterStop": meter, "timestamp": self.time(), **fields},
        )

    def time(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%S.000Z")

    async def _stopped(self) -> None:
        if self._reader is not None:
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None
        for task in self._tasks:
            task.cancel()

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                message = await socket.recv()
                try:
                    self._receive(message)
                except Violation as violation:
                    self.violations.append(str(violation))

    def _receive(self, message: str | bytes) -> None:
        require(isinstance(message, str), "a binary frame")
        frame = json.loads(message)
        require(isinstance(frame, list) and len(frame) > 2, f"no frame: {message!r}")
        kind = frame[0]
        if kind == 2:
            self._receive_command(frame)
        elif kind in {3, 4}:
            self._receive_answer(frame)
        else:
            raise Violation(f"message type {kind}")

    def _receive_command(self, frame: list[Any]) -> None:
        require(len(frame) == 4, f"a CALL of {len(frame)} members")
        _, id_, action, payload = frame
        require(isinstance(id_, str) and 0 < len(id_) <= 36, f"message id {id_!r}")
        require(id_ not in self._command_ids, f"message id {id_} used twice")
        require(action in COMMANDS, f"action {action}")
        check_schema(action, payload)
        check_times(payload)
        self._command_ids.add(id_)
        require(not self._unanswered, f"{action} while another CALL is unanswered")
        self._unanswered.add(id_)
        command = Command(id_, action, payload)
        self.commands.append(command)
        self._commanded.set()
        task = asyncio.create_task(self._reply(command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, command: Command) -> None:
        reply = self.replies.get(command.action, {"status": "Accepted"})
        if callable(reply):
            reply = reply(command.payload)
            if isinstance(reply, Awaitable):
                reply = await reply
        if reply is SILENCE:
            return
        self._unanswered.discard(command.id)
        with suppress(ConnectionClosed):
            if isinstance(reply, Fault):
                await self.send([4, command.id, reply.code, reply.description, reply.details])
            else:
                await self.send([3, command.id, reply])

    def forgive(self) -> None:
        """Take it that the central system gave up on what was not replied to."""
        self._unanswered.clear()

    def _receive_answer(self, frame: list[Any]) -> None:
        key = json.dumps(frame[1])
        future = self._answers.pop(key, None)
        action = self._actions.pop(key, "")
        if future is None or future.done():
            self.unmatched.append(frame)
            raise Violation(f"an answer to nothing: {frame}")
        future.set_result(frame)
        if frame[0] == 4:
            require(len(frame) == 5, f"a CALLERROR of {len(frame)} members")
            require(frame[2] in ERROR_CODES, f"error code {frame[2]}")
            require(isinstance(frame[3], str) and len(frame[3]) <= 255, "error description")
            require(isinstance(frame[4], dict), "error details are no object")
        else:
            require(len(frame) == 3, f"a CALLRESULT of {len(frame)} members")
            if action:
                check_schema(f"{action}Response", frame[2])
            check_times(frame[2])
