"""Every figure by which the gateway decides, in one immutable place.

Durations are seconds unless the name says otherwise. The defaults are the house's; tests shorten them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    # Liveness. A pile that answers no pings (PileRecord.ping is False) is dropped when it has been
    # silent for so many heartbeat intervals.
    ping_interval_s: float = 30.0
    ping_timeout_s: float = 20.0
    open_timeout_s: float = 20.0
    # How often each port is listened on. uvloop accepts one connection of each in a turn of its loop, and
    # with turns that are long because many piles come at once, the queue of the kernel would overflow.
    acceptors: int = 32
    close_timeout_s: float = 5.0
    silent_heartbeats: int = 3
    sweep_interval_s: float = 15.0

    # Registration (OCPP 1.6 §4.2, errata 3.22).
    status_wait_s: float = 60.0

    # Commands. The slow ones read or write whole tables inside the pile.
    call_timeout_s: float = 30.0
    slow_call_timeout_s: float = 60.0
    command_queue: int = 100
    claim_again_s: float = 1.0
    max_outbound_bytes: int = 64 * 1024

    # What one pile may have waiting for its answers before we stop reading its socket.
    inbox_messages: int = 64
    inbox_bytes: int = 8 * 1024 * 1024

    # Longer frames are understood in a thread, so that no other pile waits for it.
    large_frame_bytes: int = 128 * 1024

    # A pile that takes nothing of what we send for so long is cut off; until then its socket holds 32 kB
    # here (the library's limit) and so much in the kernel.
    unread_s: float = 60.0
    send_buffer_bytes: int = 64 * 1024

    # How fast one pile is read. A frame costs 1 and its length; above the rate the socket is read
    # more slowly, nothing is dropped.
    frame_rate: float = 100.0
    frame_burst: float = 600.0
    frame_cost_bytes: int = 8 * 1024
    pings_per_minute: int = 600

    # Frames that are no OCPP at all, before the socket is closed.
    garbage_per_minute: int = 20

    # Handshakes. Per address and identity every attempt counts, per address only refused ones, and
    # not for an identity that has signed in from that address before (piles behind one NAT).
    handshake_burst: float = 20.0
    handshake_rate: float = 0.5
    refusal_burst: float = 60.0
    refusal_rate: float = 1.0
    limiter_entries: int = 50_000

    # TLS handshakes: how long one may take, how many at once, in all and from one address.
    tls_handshake_s: float = 20.0
    tls_handshakes: int = 5_000
    tls_handshakes_per_address: int = 500

    # Shutdown: how long work in flight may take before sockets close with 1012; how many close in a
    # second, and how long all of them take at most.
    drain_s: float = 10.0
    drain_rate: float = 200.0
    drain_spread_s: float = 10.0

    # A disconnect that could not be stored is tried again after so many seconds each.
    disconnect_retries_s: tuple[float, ...] = (1.0, 5.0, 15.0, 30.0, 60.0)
