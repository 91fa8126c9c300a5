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


def _unchanged(choices):
    return [("", gettext("As it is")), *choices]


def _of_tenant(choices):
    return [("", gettext("As the tenant")), *choices]


ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(TIMEZONES)]
inherited = lazy(_inherited, list)
unchanged = lazy(_unchanged, list)
of_tenant = lazy(_of_tenant, list)

LARGEST_QUOTA = 1_000_000


class QuotaField(forms.IntegerField):
    """A limit, or nothing for no limit."""

    def __init__(self, **options):
        super().__init__(min_value=0, max_value=LARGEST_QUOTA, required=False, **options)


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")
