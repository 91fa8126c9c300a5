"""What several forms of this room have in common: choices, checks, widgets."""

from __future__ import annotations

from django import forms
from django.core.validators import RegexValidator
from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_lazy as _

from tenants.localities import TIMEZONES

PHONE = RegexValidator(
    r"^\+?[0-9][0-9 ()/-]{3,18}$", _("Digits, spaces and dashes, with + before a country code.")
)
LANGUAGE_NAMES = {"en": "English", "zh-hans": "简体中文"}


def _inherited(choices):
    """The choices below an empty one that says where the value comes from then."""
    return [("", gettext("As the level above")), *choices]


def _of_tenant(choices):
    return [("", gettext("As the tenant")), *choices]


ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(TIMEZONES)]
inherited = lazy(_inherited, list)
of_tenant = lazy(_of_tenant, list)


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")
