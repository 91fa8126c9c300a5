"""Token buckets: how often something may happen, in constant memory and without timers.

Time is a monotonic number of seconds handed in by the caller; nothing here reads a clock.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Generic, TypeVar

from ocpp_gateway.policy import Policy

K = TypeVar("K")


class Bucket:
    """Holds up to ``burst`` tokens, refilled at ``rate`` a second. It may go into debt."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def charge(self, cost: float, now: float) -> float:
        """Take ``cost`` tokens in any case and return the seconds until the debt is paid (0 = none)."""
        self._refill(now)
        self._tokens -= cost
        return 0.0 if self._tokens >= 0 else -self._tokens / self._rate

    def allow(self, now: float, cost: float = 1.0) -> bool:
        """Take so many tokens if there are so many."""
        self._refill(now)
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True

    def empty(self, now: float) -> bool:
        self._refill(now)
        return self._tokens < 1

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now


class Recent(Generic[K]):
    """A mapping to buckets that forgets the least recently used key beyond ``size``."""

    __slots__ = ("_buckets", "_burst", "_rate", "_size")

    def __init__(self, rate: float, burst: float, size: int) -> None:
        self._rate = rate
        self._burst = burst
        self._size = size
        self._buckets: OrderedDict[K, Bucket] = OrderedDict()

    def bucket(self, key: K, now: float) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now)
            if len(self._buckets) > self._size:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        return bucket

    def __len__(self) -> int:
        return len(self._buckets)


class HandshakeLimiter:
    """Contains reconnect loops and guessing without locking out a pile behind a shared address.

    An attempt is counted against (address, identity); a refused one also against the address. An
    address that used up its refusals may still bring in identities that signed in from it before. Before
    TLS there is no identity yet: then an address is let in if any of its identities would be.
    """

    def __init__(self, policy: Policy) -> None:
        self._attempts: Recent[tuple[str, str]] = Recent(
            policy.handshake_rate, policy.handshake_burst, policy.limiter_entries
        )
        self._refusals: Recent[str] = Recent(
            policy.refusal_rate, policy.refusal_burst, policy.limiter_entries
        )
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._known_addresses: OrderedDict[str, None] = OrderedDict()
        self._size = policy.limiter_entries

    def allow(self, address: str, identity: str, now: float) -> bool:
        if not self._attempts.bucket((address, identity), now).allow(now):
            return False
        if (address, identity) in self._known:
            return True
        return not self._refusals.bucket(address, now).empty(now)

    def allow_address(self, address: str, now: float) -> bool:
        """Whether somebody at this address may say who it is."""
        return address in self._known_addresses or not self._refusals.bucket(address, now).empty(now)

    def admitted(self, address: str, identity: str) -> None:
        self._remember(self._known, (address, identity))
        self._remember(self._known_addresses, address)

    def _remember(self, known: OrderedDict[Any, None], key: Any) -> None:
        known[key] = None
        known.move_to_end(key)
        if len(known) > self._size:
            known.popitem(last=False)

    def refused(self, address: str, now: float) -> None:
        self._refusals.bucket(address, now).allow(now)
