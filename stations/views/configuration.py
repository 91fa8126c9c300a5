"""The settings of one pile: as it told them, beside what they are wanted to be."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, pgettext
from django.views.decorators.http import require_POST

from backoffice.kit.errors import Refused
from backoffice.kit.frame import Action
from backoffice.kit.pages import form_question, requires, row_or_404
from stations import selectors, tones
from stations.configuration import is_secret, standard
from stations.forms.settings import HELP, SettingForm
from stations.models import DriftState
from stations.permissions import StationPerm
from stations.services import settings as services
from stations.views.beginning import begin_page
from stations.views.workbench import pile_page

_PARTS = re.compile(r"(?<=,)|(?<=\.)(?=[A-Za-z])")


@requires(StationPerm.VIEW)
def settings(request, pk):
    """All that is known of them, with what may be done about it."""
    row = row_or_404(selectors.piles(), pk=pk)
    rows = list(selectors.settings_of(row.pk))
    engineer = StationPerm.COMMAND_ENGINEER in request.grants
    return pile_page(
        request,
        row,
        "stations/configuration.html",
        current="pile_configuration",
        actions=_actions(row, rows) if engineer else [],
        live=["settings"],
        restart=any(_awaits_restart(row, one) for one in rows),
        restart_button=_restart(row) if StationPerm.COMMAND_BASIC in request.grants else None,
        lines=[_line(row, one, engineer) for one in rows],
        off=sum(one.drift in {"differs", "readonly", "missing"} for one in rows),
    )


@requires(StationPerm.COMMAND_ENGINEER)
@require_POST
def read(request, pk):
    """Ask for all settings, or for the one that is named."""
    row = row_or_404(selectors.piles(), pk=pk)
    key = request.POST.get("key") or request.GET.get("key") or ""
    try:
        services.read_settings(row, actor=request.actor, wanted=[key[:50]] if key else [])
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Asked. What the terminal tells will stand here."))
    return HttpResponseRedirect(_page(pk))


@requires(StationPerm.COMMAND_ENGINEER)
def change(request, pk):
    """A new value for one setting."""
    row = row_or_404(selectors.piles(), pk=pk)
    key = request.GET.get("key", "")[:60]
    found = selectors.setting_of(row.pk, key) if key else None
    form = SettingForm(
        request.POST or None,
        key=key,
        current=found.value if found else None,
        told=[one.key for one in selectors.settings_of(row.pk) if one.known and not one.readonly],
    )
    return form_question(
        request,
        form,
        title=f"{key or _('Change a setting')} · {row.name}",
        save=lambda data: services.change_setting(row, actor=request.actor, **data),
        then=_page(pk),
        done=_("Asked. The setting is read back when the terminal has taken it."),
        submit_label=pgettext("command", "Send"),
    )


@requires(StationPerm.COMMAND_ENGINEER)
def push(request, pk):
    """Set what is wanted and differs."""
    row = row_or_404(selectors.piles(), pk=pk)
    return begin_page(
        request,
        "configuration.push",
        selectors.piles().filter(pk=row.pk),
        title=_("Push wanted settings to %(name)s") % {"name": row.name},
        text=_("What its templates want is read, and set where it differs, one setting after the other."),
        cancel_url=_page(pk),
        submit_label=_("Push"),
    )


def _page(pk):
    return reverse("stations:pile_configuration", args=[pk])


def _line(pile, row, engineer):
    """One setting as the page shows it."""
    known = standard(row.key)
    address = f"?{urlencode({'key': row.key})}"
    buttons = []
    if engineer and not is_secret(row.key):
        to_read = reverse("stations:configuration_read", args=[pile.pk]) + address
        buttons.append(Action(_("Read"), to_read, icon="refresh", refused=_dead(pile)))
        if not row.readonly and row.known:
            to_change = reverse("stations:configuration_change", args=[pile.pk]) + address
            buttons.append(Action(_("Change…"), to_change, icon="edit", asks=True, refused=_dead(pile)))
    drift = (DriftState(row.drift).label, tones.DRIFT[row.drift]) if row.drift else None
    return {
        "row": row,
        "unit": known.unit if known else "",
        "told": breakable(row.value or ""),
        "hoped": breakable(row.wanted or ""),
        "help": HELP.get(row.key, ""),
        "drift": drift,
        "restart": _awaits_restart(pile, row),
        "buttons": buttons,
    }


def breakable(value: str) -> SafeString:
    """A list of words goes on in the next line behind a comma or the dot of a name, and not within a word."""
    *others, last = _PARTS.split(value)
    return format_html("{}{}", format_html_join("", "{}<wbr>", ((one,) for one in others)), last)


def _awaits_restart(pile, row):
    """It took a value and has not restarted since."""
    asked = row.reboot_asked_at
    return asked is not None and (pile.booted_at is None or pile.booted_at < asked)


def _dead(pile):
    return "" if pile.online else _("The terminal is offline")


def _restart(pile):
    return Action(
        _("Restart…"),
        reverse("stations:ask", args=[pile.pk, "Reset"]),
        icon="refresh",
        asks=True,
        tone="warn",
        refused=_dead(pile),
    )


def _actions(pile, rows):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:configuration_{name}", args=[pile.pk]), icon=icon, **more)

    wanted = any(one.wanted is not None for one in rows)
    return [
        to("read", _("Read all"), "refresh", refused=_dead(pile)),
        to("change", _("Change a setting…"), "edit", asks=True, refused=_dead(pile)),
        to(
            "push",
            _("Push what differs…"),
            "upload",
            get=True,
            refused=_dead(pile) or ("" if wanted else _("No template wants anything of it")),
        ),
    ]
