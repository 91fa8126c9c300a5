"""The outward half of a session: commands to the pile, one at a time (OCPP-J 1.6 §4.1.1).

Every order that is submitted gets exactly one final outcome, whatever happens to the socket, and
``SENT`` before it if the frame left. An answer that comes after the time-out is reported as late and
belongs to no other command. Nothing is ever sent twice.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from websockets.exceptions import ConnectionClosed

from ocpp_gateway import commands, masking, rpc
from ocpp_gateway.channel import Channel, monotonic
from ocpp_gateway.wire import CommandOrder, CommandOutcome, CommandState

log = logging.getLogger(__name__)

OURS = 0
"""The command id of what the gateway asks by itself; nobody waits for its outcome."""

_Answer = rpc.Answered[CommandOrder] | rpc.Failed[CommandOrder]


class Outbox:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        # Lists, here and in the inbox: an empty deque takes 760 bytes, for each of ten thousand piles.
        self._orders: list[CommandOrder] = []
        self._worker: asyncio.Task[None] | None = None
        self._reply: asyncio.Future[_Answer | None] | None = None
        self._shut = ""

    def submit(self, order: CommandOrder) -> None:
        """Send the command as soon as those before it are through."""
        if self._shut:
            self._finish(order, CommandState.REFUSED, error=self._shut)
        elif len(self._orders) >= self._channel.policy.command_queue:
            self._finish(order, CommandState.REFUSED, error="queue_full")
        else:
            self._orders.append(order)
            if self._worker is None:
                self._worker = asyncio.create_task(self._work())

    def answered(self, event: _Answer) -> None:
        """Take an answer of the pile, in time or late."""
        if self._reply is not None and self._reply.cancelled():
            event.late = True  # the time-out struck, and its task has not run yet
        if event.late:
            self._conclude(event)
        elif self._reply is not None and not self._reply.done():
            self._reply.set_result(event)

    def shut(self, reason: str) -> None:
        """Take and send no more. What waits is refused for that reason; what is in flight goes on."""
        self._shut = self._shut or reason
        while self._orders:
            self._finish(self._orders.pop(0), CommandState.REFUSED, error=self._shut)

    def lost(self, reason: str) -> None:
        """The socket is gone: what is in flight ends as connection_lost, now."""
        self.shut(reason)
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(None)

    def hand_over(self) -> list[CommandOrder]:
        """Give away what has not been sent."""
        orders, self._orders = self._orders, []
        return orders

    async def settled(self) -> None:
        """Return when nothing is in flight or waiting."""
        while self._worker is not None:
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        try:
            while self._orders:
                order = self._orders.pop(0)
                try:
                    await self._converse(order)
                except Exception:
                    log.exception("command failed", extra={"command": order.command_id})
                    self._finish(order, CommandState.ERROR, error="internal")
        finally:
            self._worker = None

    async def _converse(self, order: CommandOrder) -> None:
        channel = self._channel
        if channel.now() >= order.deadline:
            self._finish(order, CommandState.EXPIRED)
            return
        objection = commands.objection(order, channel.registration, channel.policy)
        if objection:
            self._finish(order, CommandState.REFUSED, error=objection)
            return
        invited = commands.invited_message(order)
        if invited:
            channel.invited.add(invited)
        call, frame = channel.rpc.call(order.action, order.payload, order, monotonic())
        reply = self._reply = asyncio.get_running_loop().create_future()
        self._report(order, CommandState.SENT, message_id=call.id)
        try:
            async with asyncio.timeout(commands.timeout_for(order, channel.policy)):
                await self._send(call, frame)
                await reply
        except TimeoutError:
            channel.rpc.give_up(call)
        except ConnectionClosed:
            self.lost("offline")
        finally:
            self._reply = None
        if reply.cancelled() or not reply.done():
            self._finish(order, CommandState.TIMED_OUT, message_id=call.id)
        elif (event := reply.result()) is None:
            self._finish(order, CommandState.CONNECTION_LOST, message_id=call.id)
        else:
            self._conclude(event)

    async def _send(self, call: rpc.Call[CommandOrder], frame: bytes) -> None:
        await self._channel.send(
            frame,
            kind="call",
            message_id=call.id,
            action=call.action,
            text=masking.mask_text(frame.decode(), masking.secrets_in(call.payload)),
        )

    def _conclude(self, event: _Answer) -> None:
        call = event.call
        secrets = masking.secrets_in(call.payload)
        answer: dict[str, Any]
        if isinstance(event, rpc.Failed):
            state, error = CommandState.ERROR, event.code
            answer = masking.mask(
                {"code": event.code, "description": event.description, "details": event.details}, secrets
            )
        else:
            verdict = commands.read_result(call.action, event.payload, secrets)
            state, answer, error = verdict.state, verdict.answer, verdict.error
        self._finish(
            call.subject,
            state,
            answer=answer,
            error=error,
            message_id=call.id,
            latency_s=monotonic() - call.sent_at,
            late=event.late,
        )

    def _finish(self, order: CommandOrder, state: CommandState, **details: Any) -> None:
        self._channel.metrics.command(order.action, state.value)
        self._report(order, state, **details)

    def _report(
        self,
        order: CommandOrder,
        state: CommandState,
        *,
        answer: dict[str, Any] | None = None,
        error: str = "",
        message_id: str = "",
        latency_s: float | None = None,
        late: bool = False,
    ) -> None:
        if order.command_id != OURS:
            self._channel.central.outcome(
                CommandOutcome(
                    command_id=order.command_id,
                    state=state,
                    at=self._channel.now(),
                    answer=answer or {},
                    error=error,
                    message_id=message_id,
                    latency_ms=None if latency_s is None else round(latency_s * 1000),
                    late=late,
                )
            )
