"""Charging profiles of one pile: what is wanted and installed, what it all comes to, and asking for more or less."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _, pgettext

from backoffice.kit.frame import Action, Link
from backoffice.kit.pages import attempt, form_page, form_question, question_page, requires, row_or_404
from stations import selectors, tones
from stations.curves import limit_text, schedule_curves
from stations.forms.charging import (
    KINDS,
    RECURRENCIES,
    ROWS_MORE,
    USUAL_SPAN,
    ClearForm,
    ProfileForm,
    ScheduleForm,
    preset,
)
from stations.models import ProfileState, letter_of
from stations.permissions import StationPerm
from stations.profile_words import note_words
from stations.profiles import Profile
from stations.services import commands, profiles
from stations.views.workbench import pile_page

PROFILES_SHOWN = 30


def page_of(pile):
    return reverse("stations:pile_charging", args=[pile.pk])


@requires(StationPerm.VIEW)
def charging(request, pk):
    """Profiles, and the composite schedule by our account and by the pile's."""
    row = row_or_404(selectors.piles(), pk=pk)
    form = ScheduleForm(USUAL_SPAN | request.GET.dict(), pile=row)
    connector, duration_s, unit = form.chosen()
    may_act = StationPerm.COMMAND_ENGINEER in request.grants
    sent = list(selectors.profiles_of(row.pk)[:PROFILES_SHOWN])
    return pile_page(
        request,
        row,
        "stations/charging.html",
        current="pile_charging",
        live=["piles"],
        actions=_actions(row) if may_act else [],
        form=form,
        curves=schedule_curves(row, connector, duration_s, unit),
        group=selectors.group_of_pile(row),
        lacks=bool(selectors.piles_without_profiles([row.pk])),
        profiles=[_line(one, may_act) for one in sent],
        installed=any(one.state == ProfileState.INSTALLED for one in sent),
        asks=[_asked(one) for one in selectors.composites_of(row.pk)[:3]],
    )


@requires(StationPerm.COMMAND_ENGINEER)
def create(request, pk):
    """Send a profile. Another press asks for more rows, and nothing is lost."""
    row = row_or_404(selectors.piles(), pk=pk)
    form = ProfileForm(request.POST or None, pile=row, initial=preset(request.GET.get("preset", "")))
    if "more" in request.POST:
        typed = request.POST.dict() | {"rows": ""}
        form = ProfileForm(pile=row, initial=typed, rows=form.row_count + ROWS_MORE)
    return form_page(
        request,
        form,
        title=_("New charging profile"),
        template="stations/profile.html",
        sections=form.sections(),
        save=lambda data: profiles.set_profile(
            row,
            profile=form.profile(),
            connector=int(data["connector"]),
            actor=request.actor,
            reason=data["reason"],
        ),
        then=lambda _profile: page_of(row),
        done=_("Sent. Whether the terminal takes it stands here."),
        submit_label=pgettext("command", "Send"),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.COMMAND_ENGINEER)
def clear(request, pk):
    """Let a pile forget profiles: those that match."""
    row = row_or_404(selectors.piles(), pk=pk)
    form = ClearForm(request.POST or None, pile=row)
    return form_question(
        request,
        form,
        title=f"{_('Clear profiles')} · {row.name}",
        text=_("All that match are cleared; where nothing is chosen, all of them."),
        save=lambda _data: _clear(row, form, request.actor),
        then=page_of(row),
        done=_("Asked."),
        submit_label=_("Clear"),
        danger=True,
    )


@requires(StationPerm.COMMAND_ENGINEER)
def clear_one(request, pk):
    """Let a pile forget one profile."""
    row = row_or_404(selectors.profiles(), pk=pk)
    return question_page(
        request,
        title=_("Clear this profile"),
        text=f"{row.get_purpose_display()} · {row.pile.name}",
        do=lambda reason: profiles.clear_profile(row, actor=request.actor, reason=reason),
        then=page_of(row.pile),
        done=_("Asked."),
    )


@requires(StationPerm.COMMAND_ENGINEER)
def ask(request, pk):
    """Ask a pile what it makes of all its profiles."""
    row = row_or_404(selectors.piles(), pk=pk)
    form = ScheduleForm(request.POST or None, pile=row, initial=USUAL_SPAN | request.GET.dict())
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: _ask(row, form, request.actor))
        if form.is_valid():
            messages.success(request, _("Asked. Its answer is drawn beside ours."))
            return HttpResponseRedirect(f"{page_of(row)}?{urlencode(form.cleaned_data)}")
    title = f"{_('Ask for the schedule')} · {row.name}"
    context = {"title": title, "form": form, "cancel_url": page_of(row)}
    return render(request, "kit/confirm.html", context | {"submit_label": pgettext("command", "Ask")})


def _clear(pile, form, actor):
    return profiles.clear_profiles(pile, what=form.payload(), actor=actor, reason=form.cleaned_data["reason"])


def _ask(pile, form, actor):
    connector, duration_s, unit = form.chosen()
    payload = {"connectorId": connector, "duration": duration_s, "chargingRateUnit": unit.value}
    return commands.send_command(
        pile, action="GetCompositeSchedule", payload=payload, actor=actor, connector_number=connector
    )


def _actions(row):
    dead = "" if row.online else _("The terminal is offline")

    def to(name, label, icon, query="", **more):
        url = reverse(f"stations:{name}", args=[row.pk]) + query
        return Action(label, url, icon=icon, refused=dead, **more)

    return [
        to("profile_ask", _("Ask for the schedule…"), "message", asks=True),
        to("profile_clear", _("Clear…"), "trash", asks=True, tone="stop"),
        to("profile_new", _("Limit now"), "clock", "?preset=now", get=True),
        to("profile_new", _("Night limit"), "moon", "?preset=night", get=True),
        to("profile_new", _("New profile"), "plus", get=True, tone="primary"),
    ]


def _line(one, may_act):
    """A profile for reading, with the button that clears it."""
    schedule = Profile.from_json(one.content).schedule if one.content else None
    is_open = one.state in profiles.OPEN
    return {
        "row": one,
        "by": _("Automatic") if one.group_id else one.created_by,
        "badge": (one.get_state_display(), tones.PROFILE[one.state]),
        "why": note_words(one.note) if one.state != ProfileState.INSTALLED else "",
        "connector": letter_of(one.connector_number)
        if one.connector_number
        else pgettext("connectors", "all"),
        "counts": _counts(one.content),
        "schedule": schedule,
        "periods": [] if schedule is None else [_period(one, schedule.unit) for one in schedule.periods],
        "action": Action(_("Clear…"), reverse("stations:profile_forget", args=[one.pk]), "trash", asks=True)
        if may_act and is_open and one.group_id is None
        else None,
    }


def _counts(content):
    """When a profile counts; what the protocol does not have is shown as it is."""
    word = content.get("recurrencyKind") or content.get("chargingProfileKind", "")
    return {**KINDS, **RECURRENCIES}.get(word, word)


def _period(period, unit):
    words = limit_text(period.limit, unit)
    if period.phases:
        words = _("%(limit)s on %(count)s phases") % {"limit": words, "count": period.phases}
    if not period.start_s:
        return words
    return _("after %(minutes)s min: %(limit)s") % {"minutes": period.start_s // 60, "limit": words}


def _asked(command):
    return command, tones.COMMAND[command.state], note_words(profiles.note_of(command))
