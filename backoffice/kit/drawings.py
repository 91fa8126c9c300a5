"""Small drawings made on the server as SVG: the ring, the sparkline, the bar.

They need no script and no inline style, so they are there at first paint, in print and under a strict
content policy. Pure geometry in, markup out; colours are classes that the style sheets know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

RING_GAP = 0.5
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 84, 36, 3


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of a whole: ``tone`` is a state colour (``charging``), ``label`` its word."""

    label: str
    value: int
    tone: str
    url: str = ""
    share: float = 0.0
    """Of the whole, 0…1; filled in by ``shares``."""


def shares(slices: Sequence[Slice]) -> list[Slice]:
    """The same slices with their share of the sum; of nothing, each has none."""
    total = sum(part.value for part in slices)
    return [Slice(p.label, p.value, p.tone, p.url, p.value / total if total else 0.0) for p in slices]


def ring(slices: Sequence[Slice], *, figure: str, caption: str, label: str) -> SafeString:
    """A ring of shares with a big figure in it. ``label`` is what a screen reader says instead."""
    drawn, start = [], 0.0
    for part in shares(slices):
        length = part.share * 100
        if part.value:
            shown = max(length - RING_GAP, 0.25) if length < 100 else 100.0
            drawn.append((part.tone, f"{shown:.2f}", f"{100 - shown:.2f}", f"{-start:.2f}"))
        start += length
    arcs = format_html_join(
        "",
        '<circle class="s-{}" cx="50" cy="50" r="43" pathLength="100"'
        ' stroke-dasharray="{} {}" stroke-dashoffset="{}" transform="rotate(-90 50 50)"/>',
        drawn,
    )
    return format_html(
        '<svg class="ring" viewBox="0 0 100 100" role="img" aria-label="{}">'
        '<circle class="ring-track" cx="50" cy="50" r="43"/>{}'
        '<text class="ring-figure" x="50" y="51">{}</text><text class="ring-caption" x="50" y="61">{}</text></svg>',
        label,
        arcs,
        figure,
        caption,
    )


def sparkline(values: Sequence[float | Decimal], *, label: str) -> SafeString:
    """The course of a figure over the last periods, oldest first; fewer than two values draw nothing."""
    points = [float(value) for value in values]
    if len(points) < 2:
        return SafeString("")
    low, high = min(points), max(points)
    height = SPARK_HEIGHT - 2 * SPARK_EDGE
    step = (SPARK_WIDTH - 2 * SPARK_EDGE) / (len(points) - 1)
    line = " ".join(
        f"{SPARK_EDGE + i * step:.1f},{SPARK_EDGE + height * (1 - (p - low) / (high - low or 1)):.1f}"
        for i, p in enumerate(points)
    )
    last = line.rsplit(" ", 1)[1].split(",")
    return format_html(
        '<svg class="spark" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">'
        '<polygon points="{e},{h} {line} {right},{h}"/><polyline points="{line}"/>'
        '<circle cx="{x}" cy="{y}" r="2"/></svg>',
        w=SPARK_WIDTH,
        h=SPARK_HEIGHT,
        e=SPARK_EDGE,
        right=SPARK_WIDTH - SPARK_EDGE,
        line=line,
        label=label,
        x=last[0],
        y=last[1],
    )


def bar(value: float | Decimal, top: float | Decimal, *, label: str, tone: str = "accent") -> SafeString:
    """A thin bar of ``value`` over ``top``; out of range is drawn as empty or full, the figures stay true."""
    share = float(value) / float(top) if top else 0.0
    return format_html(
        '<svg class="bar s-{}" viewBox="0 0 100 4" preserveAspectRatio="none" role="meter" aria-label="{}"'
        ' aria-valuemin="0" aria-valuemax="{}" aria-valuenow="{}">'
        '<rect class="bar-track" width="100" height="4"/><rect class="bar-fill" width="{}" height="4"/></svg>',
        tone,
        label,
        f"{float(top):g}",
        f"{float(value):g}",
        f"{min(max(share, 0.0), 1.0) * 100:.1f}",
    )
