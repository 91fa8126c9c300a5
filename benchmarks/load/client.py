"""The load: a process with many piles on compiled WebSockets (``picows``), told what to do line by line.

``python -m benchmarks.load.client``: orders as JSON lines on standard input, one answer line for each.
"""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import picows
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from benchmarks.load.crowd import START, STATUS, STOP, Pile, Turns, id_prefix, new_id, read_result
from benchmarks.load.figures import Stage, bucket_of

TICK_S = 0.002
DRAIN_S = 20.0
ANSWER_S = 60.0
BOOT = "BootNotification"


class Socket(WSListener):  # type: ignore[misc]
    """A connected pile with at most one call unanswered."""

    def __init__(self, pile: Pile, load: Load) -> None:
        self.pile, self._load = pile, load
        self.transport: WSTransport | None = None
        self._prefix, self._number = id_prefix(), 0
        self.calling: tuple[str, float, str] | None = None
        self.reply: asyncio.Future[Any] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.transport = None
        self._load.lost(self)

    def call(self, action: str, payload: str, due: float) -> None:
        self._number += 1
        id_ = new_id(self._prefix, self._number)
        self.calling = (id_, due, action)
        if self.transport is not None:
            self.transport.send(WSMsgType.TEXT, f'[2,"{id_}","{action}",{payload}]'.encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is not WSMsgType.TEXT:
            if frame.msg_type is WSMsgType.CLOSE:
                transport.disconnect()
            return
        kind, id_, rest = read_result(frame.get_payload_as_bytes())
        if kind == 2:
            transport.send(WSMsgType.TEXT, json.dumps([3, id_, {"status": "Rejected"}]).encode())
        elif self.calling is not None and id_ == self.calling[0]:
            _, due, action = self.calling
            self.calling = None
            self._load.answered(self, action, due, kind == 3, rest)

    async def ask(self, action: str, payload: str) -> Any:
        """One call outside of the load; the payload of its answer."""
        self.reply = asyncio.get_running_loop().create_future()
        self.call(action, payload, time.perf_counter())
        async with asyncio.timeout(ANSWER_S):
            return await self.reply


class Load:
    """All piles of this process. ``acknowledged``: by action, how many were answered with a result."""

    def __init__(self) -> None:
        self.sockets: list[Socket] = []
        self.piles: list[Pile] = []
        self.url = ""
        self.turns = Turns()
        self.stage: Stage | None = None
        self.acknowledged: Counter[str] = Counter()
        self.started: list[int] = []
        self.stopped: list[int] = []
        self.refused: Counter[str] = Counter()
        self.losses = 0
        self._closing = False
        self._ends = 0.0
        self._outstanding = 0
        self._through: asyncio.Future[None] | None = None

    def lost(self, socket: Socket) -> None:
        if not self._closing:
            self.losses += 1
        if socket.reply is not None and not socket.reply.done():
            socket.reply.set_exception(ConnectionError("lost"))

    def answered(self, socket: Socket, action: str, due: float, well: bool, rest: list[Any]) -> None:
        now = time.perf_counter()
        pile = socket.pile
        if well:
            self.acknowledged[action] += 1
            if action == START:
                pile.second = rest[0]["transactionId"]
                self.started.append(pile.second)
                if rest[0]["idTagInfo"]["status"] != "Accepted":
                    self.refused[rest[0]["idTagInfo"]["status"]] += 1
            elif action == STOP:
                self.stopped.append(pile.second or 0)
                pile.second = None
        if socket.reply is not None:
            if not socket.reply.done():
                socket.reply.set_result(rest[0] if well else None)
            socket.reply = None
            return
        stage = self.stage
        if stage is None:
            return
        self._outstanding -= 1
        if well:
            stage.latencies.setdefault(action, Counter())[bucket_of(now - due)] += 1
            stage.in_time += now <= self._ends
        else:
            stage.errors += 1
        self._say(self.turns.back(socket, charging=pile.second is not None))
        if self._through is not None and not self._outstanding and not self._through.done():
            self._through.set_result(None)

    def _say(self, turn: tuple[Socket, str, float] | None) -> None:
        if turn is not None:
            socket, action, due = turn
            self._outstanding += 1
            socket.call(action, socket.pile.say(action, stamp()), due)

    async def settle(self, told: dict[str, Any]) -> dict[str, Any]:
        """Know the piles; nothing is connected yet."""
        self.url = told["url"]
        self.piles = [Pile(pile) for pile in told["piles"]]
        return {}

    async def connect(self, told: dict[str, Any]) -> dict[str, Any]:
        """Connect and boot all, ``at_once`` at a time; half of them charge on both connectors then."""
        gate = asyncio.Semaphore(told["at_once"])
        began, tries = time.perf_counter(), Counter[str]()
        spans = await asyncio.gather(*(self._enter(pile, gate, tries, told) for pile in self.piles))
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "slowest": max(spans, default=0.0), "tries": tries}

    async def _enter(
        self, pile: Pile, gate: asyncio.Semaphore, tries: Counter[str], told: dict[str, Any]
    ) -> float:
        async with gate:
            began = time.perf_counter()
            while True:
                socket = Socket(pile, self)
                try:
                    await self._greet(socket, tries, told)
                    break
                except (OSError, TimeoutError, picows.WSError) as error:
                    tries[type(error).__name__] += 1
                    if socket.transport is not None:
                        socket.transport.disconnect(graceful=False)
                    if time.perf_counter() - began > ANSWER_S:
                        tries["given up"] += 1
                        return time.perf_counter() - began
                    await asyncio.sleep(1.0)
            self.sockets.append(socket)
            return time.perf_counter() - began

    async def _greet(self, socket: Socket, tries: Counter[str], told: dict[str, Any]) -> None:
        pile = socket.pile
        token = base64.b64encode(f"{pile.identity}:{pile.key}".encode()).decode()
        await picows.ws_connect(
            lambda: socket,
            f"{self.url}/{pile.identity}",
            extra_headers={"Authorization": f"Basic {token}", "Sec-WebSocket-Protocol": "ocpp1.6"},
            websocket_handshake_timeout=ANSWER_S,
            read_buffer_init_size=2048,
        )
        tries["connected"] += 1
        await socket.ask(BOOT, pile.boot())
        for connector, status in ((1, "Charging"), (2, "Preparing"))[: told["statuses"]]:
            await socket.ask(STATUS, pile.status(connector, status, stamp()))

    async def begin(self, told: dict[str, Any]) -> dict[str, Any]:
        """Half of the piles start a session on their second connector; then the load may come."""
        gate = asyncio.Semaphore(50)

        async def begin(socket: Socket) -> None:
            async with gate:
                await socket.ask(START, socket.pile.say(START, stamp()))

        await asyncio.gather(*(begin(socket) for socket in self.sockets[::2]))
        for socket in self.sockets:
            self.turns.back(socket, charging=socket.pile.second is not None)
        return {}

    async def run(self, told: dict[str, Any]) -> dict[str, Any]:
        """One stage: so many messages a second, for so many seconds, then until all are answered."""
        rate, seconds = told["rate"], told["seconds"]
        stage = self.stage = Stage(rate, seconds)
        cpu, began = time.process_time(), time.perf_counter()
        self._ends, self._outstanding = began + seconds, 0
        while (now := time.perf_counter()) < self._ends and self.turns.waiting < 3 * rate:
            due = min(int((now - began) * rate), int(seconds * rate))
            for number in range(stage.due, due):
                self._say(self.turns.is_due(self.turns.draw(), began + number / rate))
            stage.due = due
            await asyncio.sleep(TICK_S)
        stage.seconds = min(seconds, time.perf_counter() - began)
        self._ends = began + stage.seconds
        self._through = asyncio.get_running_loop().create_future()
        if self._outstanding:
            await asyncio.wait({self._through}, timeout=DRAIN_S)
        self._through = None
        stage.unanswered = self._outstanding + self.turns.forget()
        answer = stage.as_json() | {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - began}
        self.stage = None
        return answer

    async def leave(self, told: dict[str, Any]) -> dict[str, Any]:
        """Cut all connections, as a mobile network does; what was acknowledged in all this time."""
        self._closing = True
        for socket in self.sockets:
            if socket.transport is not None:
                socket.transport.disconnect(graceful=False)
        self.sockets.clear()
        await asyncio.sleep(0)
        self._closing = False
        return await self.tell(told)

    async def tell(self, told: dict[str, Any]) -> dict[str, Any]:
        return {
            "acknowledged": self.acknowledged,
            "started": self.started,
            "stopped": self.stopped,
            "refused": self.refused,
            "losses": self.losses,
        }


_second, _text = 0, ""


def stamp() -> str:
    """Now, as a pile writes it."""
    global _second, _text
    now = time.time()
    second = int(now)
    if second != _second:
        _second, _text = second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{_text}.{int((now - second) * 1000):03d}Z"


async def serve() -> None:
    """Do what the lines say until they end."""
    load = Load()
    orders: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
        "settle": load.settle,
        "connect": load.connect,
        "begin": load.begin,
        "run": load.run,
        "leave": load.leave,
        "tell": load.tell,
    }
    while line := await asyncio.to_thread(sys.stdin.readline):
        told = json.loads(line)
        print(json.dumps(await orders[told["do"]](told)), flush=True)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(serve())
