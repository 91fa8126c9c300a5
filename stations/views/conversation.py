"""The conversation with a pile: read by time and content, followed, taken away, and spoken once more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from django import forms
from django.core.paginator import Paginator
from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from ocpp.v16.enums import Action as Message

from backoffice.kit import clock
from backoffice.kit.frame import Action, Utterance
from backoffice.kit.pages import requires, row_or_404
from stations import selectors
from stations.fact_words import fact_field
from stations.forms.fields import MomentField
from stations.models import Frame
from stations.permissions import StationPerm
from stations.remarks import in_words
from stations.selectors.speaking import replayed
from stations.views.workbench import pile_page

FRAMES_A_PAGE = 50
FRAMES_SHOWN = 12
LINES_A_PAGE = 25
MOST_DOWNLOADED = 100_000
RECENT = timedelta(hours=6)
WORTH_SAYING_S = 5
KINDS: Mapping[str, Literal["call", "result", "error"]] = {
    "call": "call",
    "result": "result",
    "error": "error",
}
SPANS = {
    "1": gettext_lazy("1 hour"),
    "6": gettext_lazy("6 hours"),
    "24": gettext_lazy("1 day"),
    "168": gettext_lazy("7 days"),
}


class TalkForm(forms.Form):
    """Which part of the conversation."""

    action = forms.ChoiceField(
        label=gettext_lazy("Message"),
        required=False,
        choices=[("", gettext_lazy("Any")), *((name, name) for name in sorted(one.value for one in Message))],
    )
    text = forms.CharField(label=gettext_lazy("Contains"), required=False, max_length=100)
    until = MomentField(label=gettext_lazy("Until"), required=False)
    span = forms.ChoiceField(label=gettext_lazy("Span"), required=False, choices=SPANS.items())
    odd = forms.BooleanField(label=gettext_lazy("Only with remarks or errors"), required=False)


@requires(StationPerm.FRAMES_VIEW)
def conversation(request, pk):
    """The conversation with one pile; without an end it is followed."""
    row = row_or_404(selectors.piles().select_related("station"), pk=pk)
    form, since, until, frames = _asked(request, pk)
    page, older = _page(frames, request.GET.get("before", ""))
    query = request.GET.urlencode()
    return pile_page(
        request,
        row,
        "stations/messages.html",
        current="pile_messages",
        actions=[
            _link(_("Download"), "pile_messages_download", pk, query, "download"),
            _link(_("Speak it once more"), "pile_messages_replay", pk, query, "refresh"),
        ],
        form=form,
        since=since,
        until=until,
        followed="until" not in request.GET and "before" not in request.GET,
        utterances=[utterance_of(frame) for frame in page],
        older_url=_asked_again(request, before=older) if older else "",
        earlier_url=_asked_again(request, before="", until=_minute_after(since)),
    )


@requires(StationPerm.FRAMES_VIEW)
def download(request, pk):
    """The same part as JSON lines, the oldest first, secrets masked as they are kept."""
    row = row_or_404(selectors.piles(), pk=pk)
    _form, _since, until, frames = _asked(request, pk)
    lines = [json.dumps(_as_line(frame), ensure_ascii=False) for frame in frames[:MOST_DOWNLOADED]]
    answer = StreamingHttpResponse(
        (f"{line}\n" for line in reversed(lines)), content_type="application/jsonl"
    )
    name = f"{row.pk}-{until:%Y%m%dT%H%M%SZ}.jsonl"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@requires(StationPerm.FRAMES_VIEW)
def replay(request, pk):
    """What the gateway of today reads in these frames, and what it would answer, beside what it did."""
    row = row_or_404(selectors.piles().select_related("station", "model"), pk=pk)
    form, since, until, frames = _asked(request, pk)
    spoken = replayed(row, frames)
    page = Paginator(spoken, LINES_A_PAGE).get_page(request.GET.get("page"))
    return pile_page(
        request,
        row,
        "stations/replay.html",
        current="pile_messages",
        form=form,
        since=since,
        until=until,
        lines=[_spoken(line) for line in page],
        page=page,
        otherwise=sum(not line.same for line in spoken),
        next_url=_asked_again(request, page=page.number + 1) if page.has_next() else "",
        before_url=_asked_again(request, page=page.number - 1) if page.has_previous() else "",
        back_url=f"{reverse('stations:pile_messages', args=[pk])}?{request.GET.urlencode()}",
    )


def recent_utterances(pile_id):
    """The last frames of a pile, the newest first."""
    now = clock.now()
    return [utterance_of(frame) for frame in selectors.frames_of(pile_id, now - RECENT, now)[:FRAMES_SHOWN]]


def utterance_of(frame: Frame) -> Utterance:
    """A frame for reading."""
    payload = _payload(frame.text)
    told = frame.inbound and frame.kind == "call"
    pile_time, pile_clock, behind = _own_time(payload, frame) if told else ("", "", "")
    return Utterance(
        at=frame.at,
        inward=frame.inbound,
        action=frame.action or frame.kind,
        kind=KINDS.get(frame.kind, "call"),
        unique_id=frame.message_id,
        payload=_readable(frame.text),
        took_ms=frame.latency_ms,
        pile_time=pile_time,
        pile_clock=pile_clock,
        behind=behind,
        remarks=[in_words(remark) for remark in frame.remarks.split()],
    )


def _asked(request, pile_id):
    """The form, the span and the frames in it."""
    form = TalkForm({"span": "6", **request.GET.dict()})
    asked = form.cleaned_data if form.is_valid() else {**dict.fromkeys(form.fields), **form.cleaned_data}
    until = asked["until"] or clock.now()
    since = until - timedelta(hours=int(asked["span"] or 6))
    frames = selectors.frames_of(
        pile_id,
        since,
        until,
        action=asked["action"] or "",
        text=asked["text"] or "",
        odd=bool(asked["odd"]),
    )
    return form, since, until, frames


def _link(label, name, pk, query, icon):
    return Action(label, f"{reverse(f'stations:{name}', args=[pk])}?{query}", icon=icon, get=True)


def _payload(text):
    try:
        whole = json.loads(text)
    except ValueError:
        return None
    return whole[-1] if isinstance(whole, list) and whole and isinstance(whole[-1], dict) else whole


def _readable(text):
    """The payload of a call or an answer; an error whole, because its code stands before its details."""
    payload = _payload(text)
    if payload is None or text.lstrip().startswith("[4"):
        return text
    return json.dumps(payload, indent=2, ensure_ascii=False)


def _own_time(payload, frame):
    """The time in the message as the pile wrote it, by the reader's clock, and how far from the time of receipt."""
    values = payload if isinstance(payload, dict) else {}
    readings = values.get("meterValue")
    first = readings[0] if isinstance(readings, list) and readings and isinstance(readings[0], dict) else {}
    written = values.get("timestamp") or first.get("timestamp")
    if not isinstance(written, str):
        return "", "", ""
    try:
        said = datetime.fromisoformat(written)
        seconds = round((frame.at - said).total_seconds())
        there, here = timezone.localtime(said), timezone.localtime(frame.at)
    except (ValueError, TypeError, OverflowError):
        return written[:40], "", ""
    read = f"{there:%H:%M:%S}" if there.date() == here.date() else f"{there:%Y-%m-%d %H:%M:%S}"
    return written[:40], read, f"{seconds:+d} s" if abs(seconds) >= WORTH_SAYING_S else ""


def _as_line(frame):
    return {
        "at": frame.at.isoformat(),
        "direction": "in" if frame.inbound else "out",
        "kind": frame.kind,
        "action": frame.action,
        "id": frame.message_id,
        "size": frame.size,
        "latency_ms": frame.latency_ms,
        "remarks": frame.remarks.split(),
        "text": frame.text,
    }


def _spoken(line):
    return {
        "at": line.at,
        "action": line.action,
        "said": _readable(line.said),
        "read": [(fact_field(name), value) for name, value in line.read],
        "remarks": [in_words(remark) for remark in line.remarks],
        "then": _readable(line.then),
        "now": _readable(line.now),
        "same": line.same,
    }


def _page(frames, before):
    """One page of frames below the cursor, and the cursor of the next."""
    rows = list(selectors.frames_before(frames, before)[: FRAMES_A_PAGE + 1])
    page = rows[:FRAMES_A_PAGE]
    return page, selectors.cursor_of(page[-1]) if len(rows) > FRAMES_A_PAGE else ""


def _asked_again(request, **changes):
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}"


def _minute_after(at):
    """To the minute as the form has it, never before ``at``."""
    return f"{timezone.localtime(at) + timedelta(minutes=1):%Y-%m-%dT%H:%M}"
