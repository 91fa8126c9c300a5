"""What a load came to, printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.load.crowd import BEAT, METER, START, STATUS, STOP
from benchmarks.load.figures import milliseconds
from benchmarks.load.proof import Line
from benchmarks.load.scene import Measured

ACTIONS = (METER, BEAT, STATUS, START, STOP)


def heads() -> None:
    """The columns of ``stage``."""
    print(
        "  offered/s  answered/s   p50 ms   p99 ms  µs CPU/msg (loop)  msg/CPU s  database µs  client µs (of a core)"
    )


def stage(name: str, measured: Measured) -> None:
    """One rate."""
    part = measured.stage
    database = "-" if measured.database is None else f"{measured.database_us:.0f}"
    trouble = "".join(
        f" {count} {what}"
        for what, count in (("errors", part.errors), ("unanswered", part.unanswered))
        if count
    )
    print(
        f"  {part.offered:>9,.0f}  {part.rate:>10,.0f} {milliseconds(part.p(0.5)):>8} {milliseconds(part.p(0.99)):>8}"
        f"  {measured.server_us:>10.0f} {f'({measured.loop_us:.0f})':>6}  {1e6 / measured.server_us if measured.server_us else 0:>9,.0f}  {database:>11}"
        f"  {measured.client_us:>9.0f} ({measured.client_share:.0%})  {name}{trouble}",
        flush=True,
    )


def latencies(stages: Iterable[Measured]) -> None:
    """Per action, at each of these rates."""
    for measured in stages:
        part = measured.stage
        print(f"  at {part.offered:,.0f}/s, ms:        p50      p99    p99.9")
        for action in ACTIONS:
            figures = "".join(f"{milliseconds(part.p(share, action)):>9}" for share in (0.5, 0.99, 0.999))
            print(f"    {action:18}{figures}")


def proof(
    lines: Sequence[Line], wrong: Sequence[str], orders: Mapping[str, int], told: Mapping[str, Any]
) -> None:
    """Acknowledged and stored, side by side."""
    print("  acknowledged and stored:")
    for line in lines:
        mark = "" if line.is_equal else "   DIFFERENT"
        print(f"    {line.kind:18}{line.acknowledged:>10,}{line.stored:>10,}{mark}")
    for sentence in wrong:
        print(f"    WRONG: {sentence}")
    print(
        f"    {orders['live']:,} orders are live, {orders['priced']:,} of them priced, {orders['ended']:,} ended;"
        f" {told['losses']} connections lost; not accepted: {dict(told['refused'])}"
    )


def entered(name: str, piles: int, found: Mapping[str, Any], spent: float) -> None:
    """How a crowd got in."""
    print(
        f"  {name}: {found['seconds']:.1f} s until all are answered, the slowest {found['slowest']:.1f} s;"
        f" {1000 * spent / piles:.2f} ms CPU each; {dict(found['tries'])}",
        flush=True,
    )


def compare(ours: Sequence[Measured], rate: float, stock: Sequence[Measured], stock_rate: float) -> None:
    """What it is all about."""
    mine, theirs = min(part.server_us for part in ours), min(part.server_us for part in stock)
    print(
        f"\n  {rate:,.0f} messages/s, all of it stored, against {stock_rate:,.0f}: {rate / stock_rate:.1f} times;"
        f" {mine:.0f} µs of CPU a message against {theirs:.0f}: {theirs / mine:.1f} times"
    )
