"""Commands to a pile, and the conversation with it."""

from __future__ import annotations

import json
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, pgettext

from backoffice.kit import clock
from backoffice.kit.frame import Utterance
from backoffice.kit.pages import attempt, detail_page, requires, row_or_404
from stations import selectors, tones
from stations.forms.commands import ASKS, form_of, pretty
from stations.forms.fields import MomentField
from stations.permissions import StationPerm
from stations.resources import COMMANDS
from stations.services.commands import send_command
from stations.views.workbench import pile_page

FRAMES_A_PAGE = 50
FRAMES_SHOWN = 12
RECENT = timedelta(hours=6)
SPANS = {
    "1": gettext_lazy("1 hour"),
    "6": gettext_lazy("6 hours"),
    "24": gettext_lazy("1 day"),
    "168": gettext_lazy("7 days"),
}
ACTIONS = (
    "Authorize",
    "BootNotification",
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "ClearChargingProfile",
    "DataTransfer",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "GetCompositeSchedule",
    "GetConfiguration",
    "Heartbeat",
    "MeterValues",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "Reset",
    "SecurityEventNotification",
    "SetChargingProfile",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
    "TriggerMessage",
    "UnlockConnector",
)


class TalkForm(forms.Form):
    """Which part of the conversation."""

    action = forms.ChoiceField(
        label=gettext_lazy("Message"),
        required=False,
        choices=[("", gettext_lazy("Any")), *((name, name) for name in ACTIONS)],
    )
    until = MomentField(label=gettext_lazy("Until"), required=False)
    span = forms.ChoiceField(label=gettext_lazy("Span"), required=False, choices=SPANS.items())


@requires(StationPerm.COMMAND_BASIC, StationPerm.COMMAND_ENGINEER)
def ask(request, pk, action):
    """Ask for what a command needs, and send it."""
    wanted = ASKS.get(action)
    if wanted is None:
        raise Http404
    row = row_or_404(selectors.piles(), pk=pk)
    if wanted.perm not in request.grants:
        raise PermissionDenied
    page = reverse("stations:pile", args=[pk])
    form = form_of(wanted, row, request.POST or None, connector=request.GET.get("connector", ""))
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: _send(row, action, form, request.actor))
        if form.is_valid():
            messages.success(request, _("Asked. What becomes of it stands under “Commands”."))
            return HttpResponseRedirect(page)
    context = {"title": wanted.label, "text": wanted.text, "form": form, "cancel_url": page}
    return render(
        request, "kit/confirm.html", context | {"submit_label": _("Send"), "danger": wanted.tone == "stop"}
    )


@requires(StationPerm.VIEW)
def command(request, pk):
    """One command and its true outcome."""
    row = row_or_404(selectors.commands(), pk=pk)
    return detail_page(
        request,
        "stations/command.html",
        title=row.action,
        back=COMMANDS.back(),
        badges=[(row.get_state_display(), tones.COMMAND[row.state])],
        subtitle=row.pile.name,
        live=["commands"],
        command=row,
        state=(row.get_state_display(), tones.COMMAND[row.state]),
        request_text=pretty(row.payload),
        answer_text=pretty(row.answer) if row.answer else "",
        late_text=pretty(row.late_answer) if row.late_answer else "",
        steps=_steps(row),
        about=_about(row),
    )


@requires(StationPerm.FRAMES_VIEW)
def conversation(request, pk):
    """The conversation with one pile, by time and message."""
    row = row_or_404(selectors.piles().select_related("station"), pk=pk)
    form = TalkForm({"span": "6", **request.GET.dict()})
    asked = form.cleaned_data if form.is_valid() else {**dict.fromkeys(form.fields), **form.cleaned_data}
    until = asked["until"] or clock.now()
    since = until - timedelta(hours=int(asked["span"] or 6))
    frames = selectors.frames_of(row.pk, since, until, action=asked["action"] or "")
    page, older = _page(frames, request.GET.get("before", ""))
    return pile_page(
        request,
        row,
        "stations/messages.html",
        current="pile_messages",
        form=form,
        since=since,
        until=until,
        utterances=[utterance_of(frame) for frame in page],
        older_url=_asked_again(request, before=older) if older else "",
        earlier_url=_asked_again(request, before="", until=_minute_after(since)),
    )


def recent_utterances(pile_id):
    """The last frames of a pile, the newest first."""
    now = clock.now()
    return [utterance_of(frame) for frame in selectors.frames_of(pile_id, now - RECENT, now)[:FRAMES_SHOWN]]


def utterance_of(frame):
    """A frame for reading."""
    return Utterance(
        at=frame.at,
        inward=frame.inbound,
        action=frame.action or frame.kind,
        kind=frame.kind if frame.kind in {"call", "result", "error"} else "call",
        unique_id=frame.message_id,
        payload=_readable(frame.text),
        took_ms=frame.latency_ms,
    )


def _readable(text):
    try:
        whole = json.loads(text)
    except ValueError:
        return text
    payload = whole[-1] if isinstance(whole, list) and whole and isinstance(whole[-1], dict) else whole
    return json.dumps(payload, indent=2, ensure_ascii=False)


def _send(pile, action, form, actor):
    return send_command(
        pile,
        action=action,
        payload=form.payload(),
        actor=actor,
        reason=form.cleaned_data["reason"],
        connector_number=form.connector_number(),
    )


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


def _steps(row):
    """What happened when. A command that nobody answered is over all the same."""
    over = (_("No answer"), row.answered_at, row.error)
    if row.latency_ms is not None:
        over = (_("Answered"), row.answered_at, f"{row.latency_ms} ms")
    steps = [
        (_("Asked"), row.created_at, row.actor_label),
        (pgettext("time", "Sent"), row.sent_at, ""),
        over,
        (_("Effect"), row.effect_at, row.effect_note),
    ]
    return [step for step in steps if step[1] is not None]


def _about(row):
    return [
        (_("Terminal"), row.pile.name),
        (_("Connector"), str(row.connector_number) if row.connector_number is not None else "–"),
        (_("By"), row.actor_label),
        (_("Reason"), row.reason or "–"),
        (_("For"), row.about or "–"),
        (_("Waits for an answer"), f"{row.timeout_s} s"),
    ]
