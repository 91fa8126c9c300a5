"""The outward half of a session: commands to the pile, one at a time (OCPP-J 1.6 §4.1.1).

Every order that is submitted gets exactly one final outcome, whatever happens to the socket, unless
another connection answers for it. A command is claimed of its row before its frame leaves, so it is
sent at most once, by whichever gateway. An answer that comes after the time-out is reported as late
and belongs to no other command.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from websockets.exceptions import ConnectionClosed

from ocpp_gateway import commands, masking, rpc
from ocpp_gateway.channel import Channel, monotonic
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.wire import Claim, CommandOrder, CommandOutcome, CommandState

log = logging.getLogger(__name__)

OURS = 0
"""The command id of what the gateway asks by itself; nobody waits for its outcome."""

_Answer = rpc.Answered[CommandOrder] | rpc.Failed[CommandOrder]


@dataclass(frozen=True, slots=True)
class _Silence:
    """A call without an answer; ``state`` says why. An answer that comes later is another story."""

    call: rpc.Call[CommandOrder]
    state: CommandState


_Reply = _Answer | _Silence


class Outbox:
    """``moved`` is given the orders of a pile that has a newer connection than this one."""

    def __init__(self, channel: Channel, *, moved: Callable[[CommandOrder], None]) -> None:
        self._channel = channel
        self._moved = moved
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
        if order.action == "GetConfiguration" and await self._ask_how_many(order):
            return
        message_id = await self._claim(order)
        if not message_id:
            return
        invited = commands.invited_message(order)
        if invited:
            channel.invited.add(invited)
        if order.action == "GetConfiguration":
            await self._read_configuration(order, message_id)
        else:
            self._conclude(await self._ask(order, order.payload, message_id))

    async def _ask_how_many(self, order: CommandOrder) -> bool:
        """Where keys are asked for, learn first how many at once; True when the pile left meanwhile."""
        if len(order.payload.get("key") or ()) > 1 and self._channel.keys_at_once is None:
            # Asked by ourselves, not for the order; a pile that does not know how many gets all at once.
            limit = replace(order, command_id=OURS, payload={"key": [commands.MAX_KEYS]})
            self._conclude(await self._ask(limit, limit.payload, rpc.new_id()))
            if self._shut:
                self._finish(order, CommandState.REFUSED, error=self._shut)
                return True
        return False

    async def _claim(self, order: CommandOrder) -> str:
        """The id of its message once the command is this connection's to send; "" when it is not."""
        channel, message_id = self._channel, rpc.new_id()
        if order.command_id == OURS:
            return message_id
        claim: Claim | None = None
        while claim is None:
            try:
                claim = await channel.central.claim(order.command_id, channel.generation, message_id)
            except StoreUnavailable:
                await asyncio.sleep(channel.policy.claim_again_s)
            if claim is Claim.MOVED:
                channel.metrics.command(order.action, claim.value)
                self._moved(order)
                return ""
            if claim is Claim.GONE:
                channel.metrics.command(order.action, claim.value)
                return ""
            if self._shut:
                self._finish(order, CommandState.REFUSED, error=self._shut)
                return ""
            if claim is None and channel.now() >= order.deadline:
                self._finish(order, CommandState.EXPIRED)
                return ""
        return message_id

    async def _read_configuration(self, order: CommandOrder, message_id: str) -> None:
        """In as many calls as the pile needs for so many keys; the order has one outcome for all of them."""
        parts: list[dict[str, Any]] = []
        reply: _Reply
        for payload in commands.requests_for(order.payload, self._channel.keys_at_once):
            reply = await self._ask(order, payload, rpc.new_id() if parts else message_id)
            verdict = self._verdict(reply)
            if verdict.state is not CommandState.ACCEPTED:
                self._conclude(reply)
                return
            parts.append(verdict.answer)
        self._conclude(reply, answer=commands.join_configurations(parts))

    async def _ask(self, order: CommandOrder, payload: dict[str, Any], message_id: str) -> _Reply:
        """Make one call and wait for what comes of it."""
        channel = self._channel
        call, frame = channel.rpc.call(order.action, payload, order, monotonic(), id_=message_id)
        reply = self._reply = asyncio.get_running_loop().create_future()
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
            return _Silence(call, CommandState.TIMED_OUT)
        return reply.result() or _Silence(call, CommandState.CONNECTION_LOST)

    async def _send(self, call: rpc.Call[CommandOrder], frame: bytes) -> None:
        await self._channel.send(
            frame,
            kind="call",
            message_id=call.id,
            action=call.action,
            text=masking.mask_text(frame.decode(), masking.secrets_in(call.payload)),
        )

    def _verdict(self, reply: _Reply) -> commands.Verdict:
        secrets = masking.secrets_in(reply.call.payload)
        if isinstance(reply, _Silence):
            return commands.Verdict(reply.state, {})
        if isinstance(reply, rpc.Failed):
            said = {"code": reply.code, "description": reply.description, "details": reply.details}
            return commands.Verdict(CommandState.ERROR, masking.mask(said, secrets), reply.code)
        verdict = commands.read_result(reply.call.action, reply.payload, secrets)
        if reply.call.action == "GetConfiguration":
            self._channel.keys_at_once = commands.keys_at_once(verdict.answer) or self._channel.keys_at_once
        return verdict

    def _conclude(self, reply: _Reply, answer: dict[str, Any] | None = None) -> None:
        """Report what became of an order; ``answer`` replaces that of its last call."""
        verdict = self._verdict(reply)
        self._finish(
            reply.call.subject,
            verdict.state,
            answer=verdict.answer if answer is None else answer,
            error=verdict.error,
            message_id=reply.call.id,
            latency_s=None if isinstance(reply, _Silence) else monotonic() - reply.call.sent_at,
            late=not isinstance(reply, _Silence) and reply.late,
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
