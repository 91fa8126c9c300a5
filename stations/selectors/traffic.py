"""What passed between us and a pile: commands, frames, statuses, and when it was out of order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.db.models.fields.json import KT

from backoffice.kit import clock
from ocpp_gateway.wire import CommandOrder, CommandState
from stations.configuration import MASK
from stations.models import Command, Frame, Gateway, PileEvent, StatusEvent, Trouble

GATEWAY_PULSE = timedelta(seconds=10)
"""How often a gateway says that it lives."""

GATEWAY_LOST_AFTER = 2 * GATEWAY_PULSE
"""A gateway that has not said for so long that it lives, does not."""

Span = tuple[datetime, datetime]
Step = tuple[datetime, bool]


def commands() -> QuerySet[Command]:
    """Commands of the scope, the newest first."""
    return Command.objects.select_related("pile").order_by("-created_at", "-pk")


def command_list() -> QuerySet[Command]:
    """Commands with ``said``, the status in the pile's answer."""
    return Command.objects.annotate(said=KT("answer__status"))


def commands_of(pile_id: int) -> QuerySet[Command]:
    """Commands to one pile, the newest first."""
    return commands().filter(pile=pile_id)


def automatic() -> Q:
    """Of commands: a timer of ours asked, not a person."""
    return Q(actor_ref__startswith="timer:")


def commands_about(about: str) -> QuerySet[Command]:
    """Commands sent for one thing, the oldest first."""
    return Command.objects.filter(about=about).order_by("created_at", "pk")


def frames_of(
    pile_id: int, since: datetime, until: datetime, *, action: str = "", text: str = "", odd: bool = False
) -> QuerySet[Frame]:
    """The conversation with a pile in a span of time, the newest first.

    The span is what keeps the query on a few partitions. ``action`` keeps that message and its answers,
    ``text`` the frames that contain it, ``odd`` those with remarks or errors.
    """
    frames = Frame.objects.filter(pile=pile_id, at__gte=since, at__lt=until)
    if action:
        frames = frames.filter(action=action)
    if text:
        frames = frames.filter(text__icontains=text)
    if odd:
        frames = frames.filter(~Q(remarks="") | Q(kind__in=["error", "unknown"]))
    return frames.order_by("-at", "-id")


def troubles() -> QuerySet[Trouble]:
    """What piles of the scope did that they should not, the newest first."""
    return Trouble.objects.select_related("pile")


def cursor_of(frame: Frame) -> str:
    """Where a frame stands in its conversation, for ``frames_before``."""
    return f"{frame.at.isoformat()}~{frame.pk}"


def frames_before(frames: QuerySet[Frame], cursor: str) -> QuerySet[Frame]:
    """Those older than the cursor; all of them where it is none."""
    at_text, _, key = cursor.partition("~")
    try:
        at, pk = datetime.fromisoformat(at_text), int(key)
    except ValueError:
        return frames
    if at.tzinfo is None or not 0 < pk < 2**63:
        return frames
    return frames.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))


def statuses_of(pile_id: int) -> QuerySet[StatusEvent]:
    """What a pile reported of its connectors, the newest first."""
    return StatusEvent.objects.filter(pile=pile_id).order_by("-at", "-pk")


def events_of(pile_id: int) -> QuerySet[PileEvent]:
    """What else happened to a pile, the newest first."""
    return PileEvent.objects.filter(pile=pile_id).order_by("-at", "-pk")


def outages(pile_id: int, connector_number: int, since: datetime, until: datetime) -> list[Span]:
    """When, between two instants, a connector or its pile was faulted or could not be heard.

    Spans are in order, do not touch, and lie within the two instants.
    """
    if until <= since:
        return []
    spans = [
        *_spans(_fault_steps(pile_id, connector_number, since, until), since, until),
        *_spans(_fault_steps(pile_id, 0, since, until), since, until),
        *_spans(_away_steps(pile_id, since, until), since, until),
    ]
    return _merged(spans)


def _fault_steps(pile_id: int, connector_number: int, since: datetime, until: datetime) -> list[Step]:
    reports = StatusEvent.objects.filter(pile=pile_id, connector_number=connector_number)
    return [
        (at, status == "Faulted") for at, status in _steps(reports.values_list("at", "status"), since, until)
    ]


def _away_steps(pile_id: int, since: datetime, until: datetime) -> list[Step]:
    events = PileEvent.objects.filter(pile=pile_id, kind__in=["connected", "takeover", "disconnected"])
    return [
        (at, kind == "disconnected") for at, kind in _steps(events.values_list("at", "kind"), since, until)
    ]


def _steps(
    rows: QuerySet[Any, tuple[datetime, str]], since: datetime, until: datetime
) -> list[tuple[datetime, str]]:
    """The last one before the span, and those in it."""
    before = rows.filter(at__lte=since).order_by("-at", "-pk")[:1]
    return [*before, *rows.filter(at__gt=since, at__lt=until).order_by("at", "pk")]


def _spans(steps: Iterable[Step], since: datetime, until: datetime) -> list[Span]:
    """From when a step says out of order until the next that says otherwise, cut to the two instants."""
    spans: list[Span] = []
    began: datetime | None = None
    for at, out in steps:
        if out and began is None:
            began = at
        elif not out and began is not None:
            spans.append((began, at))
            began = None
    if began is not None:
        spans.append((began, until))
    cut = [(max(start, since), min(end, until)) for start, end in spans]
    return [(start, end) for start, end in cut if start < end]


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def queued_orders(gateway: str) -> list[CommandOrder]:
    """Commands for piles connected to a gateway that have not left.

    A change to a secret is left out: its row does not hold the value, so it can only expire.
    """
    rows = (
        Command.objects.filter(
            state=CommandState.QUEUED.value,
            pile__gateway=gateway,
            pile__online=True,
            created_at__lt=clock.ago(seconds=3),
            deadline__gt=clock.now(),
        )
        .exclude(action="ChangeConfiguration", payload__value__icontains=MASK)
        .order_by("pk")[:500]
    )
    return [
        CommandOrder(
            command_id=row.pk,
            pile_id=row.pile_id,
            action=row.action,
            payload=row.payload,
            deadline=row.deadline,
            timeout_s=row.timeout_s,
        )
        for row in rows
    ]


def listening_since() -> datetime | None:
    """Since when piles can be heard: when the first of the gateways that live now started.

    None where that cannot be said: no gateway was ever started. Now where all of them are gone.
    """
    if not Gateway.objects.exists():
        return None
    alive = Gateway.objects.filter(seen_at__gte=clock.now() - GATEWAY_LOST_AFTER)
    started: datetime | None = alive.aggregate(first=Min("started_at"))["first"]
    return started if alive.exists() else clock.now()
