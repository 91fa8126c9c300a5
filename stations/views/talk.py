"""Commands to a pile, and the conversation with it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, pgettext

from backoffice.kit import figures, references
from backoffice.kit.deeds import doer_words
from backoffice.kit.errors import Refused
from backoffice.kit.pages import attempt, detail_page, requires, row_or_404, way_back
from backoffice.kit.reasons import reason_words
from backoffice.kit.staff import Reader
from stations import selectors, tones
from stations.command_words import about_words, effect_words
from stations.forms.commands import ASKS, form_of, pretty
from stations.models import letter_of
from stations.permissions import StationPerm
from stations.resources import COMMANDS
from stations.services.commands import send_command
from stations.staleness import ASKED_FOR


@requires(StationPerm.COMMAND_BASIC, StationPerm.COMMAND_ENGINEER)
def ask(request, pk, action):
    """Ask for what a command needs, and send it."""
    wanted = ASKS.get(action)
    if wanted is None:
        raise Http404
    row = row_or_404(selectors.piles(), pk=pk)
    if wanted.perm not in request.grants:
        raise PermissionDenied
    if wanted.own_page:
        return HttpResponseRedirect(reverse(wanted.own_page, args=[pk]))
    page = reverse("stations:pile", args=[pk])
    form = form_of(wanted, row, request.POST or None, connector=request.GET.get("connector", ""))
    objection = selectors.doubts_about(row, action)
    if objection and StationPerm.COMMAND_ENGINEER in request.grants:
        form.allow_anyway(objection)
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: _send(row, action, form, request.actor))
        if form.is_valid():
            messages.success(request, _("Asked. What becomes of it stands under “Commands”."))
            return HttpResponseRedirect(page)
    title = f"{str(wanted.label).rstrip('…')} · {row.name}"
    context = {"title": title, "text": wanted.text, "form": form, "cancel_url": page}
    return render(
        request,
        "kit/confirm.html",
        context | {"submit_label": wanted.submit, "danger": wanted.tone == "stop"},
    )


@requires(StationPerm.COMMAND_BASIC, StationPerm.COMMAND_ENGINEER)
def ask_for(request, pk, what, number):
    """Ask the pile for what is stale, at once; connector 0 is the pile itself."""
    message = ASKED_FOR.get(what)
    if message is None or request.method != "POST":
        raise Http404
    row = row_or_404(selectors.piles(), pk=pk)
    payload = {"requestedMessage": message} | ({"connectorId": number} if number else {})
    try:
        send_command(
            row,
            action="TriggerMessage",
            payload=payload,
            actor=request.actor,
            connector_number=number or None,
        )
        messages.success(request, _("The terminal was asked. Its answer appears here by itself."))
    except Refused as refused:
        messages.error(request, str(refused.message))
    return HttpResponseRedirect(way_back(request, reverse("stations:pile", args=[pk])))


@requires(StationPerm.VIEW)
def command(request, pk):
    """One command and its true outcome; word for word for those who read the messages, which may name cards."""
    row = row_or_404(selectors.commands(), pk=pk)
    whole = StationPerm.FRAMES_VIEW in request.grants
    return detail_page(
        request,
        "stations/command.html",
        title=row.action,
        back=COMMANDS.back(),
        subtitle=row.pile.name,
        live=["commands"],
        command=row,
        state=(row.get_state_display(), tones.COMMAND[row.state]),
        said=row.answer.get("status", ""),
        request_text=pretty(row.payload) if whole else "",
        answer_text=pretty(row.answer) if whole and row.answer else "",
        late_text=pretty(row.late_answer) if whole and row.late_answer else "",
        steps=_steps(row),
        about=_about(row, Reader.of(request)),
    )


def _send(pile, action, form, actor):
    return send_command(
        pile,
        action=action,
        payload=form.payload(),
        actor=actor,
        reason=form.cleaned_data["reason"],
        connector_number=form.connector_number(),
        anyway=form.cleaned_data.get("anyway", False),
    )


def _steps(row):
    """What happened when. A command that nobody answered is over all the same."""
    over = (_("No answer"), row.answered_at, row.error)
    if row.latency_ms is not None:
        over = (_("Answered"), row.answered_at, f"{row.latency_ms} ms")
    steps = [
        (_("Asked"), row.created_at, doer_words(row.actor_label, row.actor_ref)),
        (pgettext("time", "Sent"), row.sent_at, ""),
        over,
        (_("Effect"), row.effect_at, effect_words(row.effect_note)),
    ]
    return [step for step in steps if step[1] is not None]


def _about(row, reader):
    return [
        (_("Terminal"), row.pile.name),
        (_("Connector"), letter_of(row.connector_number) if row.connector_number else "–"),
        (_("By"), doer_words(row.actor_label, row.actor_ref)),
        (_("Reason"), reason_words(row.reason) or "–"),
        (_("For"), _what_for(row, reader) or "–"),
        (_("Waits for an answer"), figures.length_text(row.timeout_s)),
    ]


def _what_for(row, reader):
    """What it was sent for: a link where that has a page, a load group by its name."""
    kind, _colon, key = row.about.partition(":")
    group = selectors.load_groups().filter(pk=key).first() if kind == "loadgroup" else None
    if group is not None:
        return format_html('<a href="{}">{}</a>', reverse("stations:load_group", args=[group.pk]), group.name)
    found = references.cell(row.about, reader)
    return found if isinstance(found, SafeString) else about_words(row.about)
