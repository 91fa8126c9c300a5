"""Forms of what a station looks like, when it is open, and when it is being worked on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, gettext_lazy as _, pgettext_lazy

from backoffice.kit import clock
from backoffice.kit.lists.actions import ReasonForm
from stations import selectors
from stations.forms.fields import MomentField
from stations.hours import (
    WEEK_DAYS,
    WHOLE_DAY,
    Hours,
    HoursError,
    days_text,
    parse_days,
    parse_ranges,
    ranges_text,
)
from stations.opening_words import fault_words

USUAL = timedelta(hours=2)
UNSAID, ALWAYS, WEEK = "", "always", "week"


class HoursMixin(forms.Form):
    """Opening hours: not said, around the clock, or a line for each weekday; and days that differ."""

    hours_kind = forms.ChoiceField(
        label=pgettext_lazy("hours", "Open"),
        required=False,
        choices=[(UNSAID, _("Not said")), (ALWAYS, _("Around the clock")), (WEEK, _("As below"))],
        help_text=_("By the station's clock. Drivers see it."),
    )
    day_0 = forms.CharField(label=WEEKDAYS[0], required=False, max_length=80)
    day_1 = forms.CharField(label=WEEKDAYS[1], required=False, max_length=80)
    day_2 = forms.CharField(label=WEEKDAYS[2], required=False, max_length=80)
    day_3 = forms.CharField(label=WEEKDAYS[3], required=False, max_length=80)
    day_4 = forms.CharField(label=WEEKDAYS[4], required=False, max_length=80)
    day_5 = forms.CharField(label=WEEKDAYS[5], required=False, max_length=80)
    day_6 = forms.CharField(label=WEEKDAYS[6], required=False, max_length=80)
    days = forms.CharField(
        label=_("Days that differ"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: 2026-12-25 closed, or 2026-10-01 10:00-16:00."),
    )
    opening_hours = forms.CharField(
        label=_("Remark on the hours"),
        max_length=120,
        required=False,
        help_text=_("For example where to ring at night."),
    )
    strict_hours = forms.BooleanField(
        label=_("No new charge starts while it is closed"),
        required=False,
        help_text=_("Charges that run go on. Otherwise the hours are only told."),
    )

    HOURS = (
        "hours_kind",
        "opening_hours",
        *(f"day_{number}" for number in range(WEEK_DAYS)),
        "days",
        "strict_hours",
    )

    def clean(self):
        super().clean()
        data = self.cleaned_data
        kind = data.pop("hours_kind", UNSAID)
        week = [self._ranges(data.pop(f"day_{number}", ""), number) for number in range(WEEK_DAYS)]
        days = self._days(data.pop("days", ""))
        if kind == WEEK and not any(week) and not days and not self.errors:
            self.add_error("hours_kind", ValidationError(_("Say for at least one day when it is open.")))
        if not self.errors:
            data["hours"] = _stored(kind, week, days)
        return data

    def _ranges(self, text, number):
        try:
            return parse_ranges(text or "")
        except HoursError as error:
            self.add_error(f"day_{number}", fault_words(error))
            return ()

    def _days(self, text):
        try:
            return parse_days(text or "")
        except HoursError as error:
            self.add_error("days", fault_words(error))
            return {}


def _stored(kind, week, days):
    if kind == UNSAID:
        return {}
    weekly = [WHOLE_DAY] * WEEK_DAYS if kind == ALWAYS else week
    return Hours(tuple(weekly), days).to_json()


def hours_initial(stored: dict[str, Any]) -> dict[str, Any]:
    """What the fields of ``HoursMixin`` hold for hours as stored."""
    hours = Hours.from_json(stored)
    if hours is None:
        return {"hours_kind": UNSAID}
    found = {
        "hours_kind": ALWAYS if all(ranges == WHOLE_DAY for ranges in hours.week) else WEEK,
        "days": days_text(hours.days),
    }
    return found | {f"day_{number}": ranges_text(ranges) for number, ranges in enumerate(hours.week)}


class ManyFilesInput(forms.ClearableFileInput):
    """Several at once."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """A list of files, in the order in which they were chosen."""

    widget = ManyFilesInput

    def clean(self, data, initial=None):
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given and self.required:
            raise ValidationError(gettext("Choose a picture."), code="required")
        return [super(ManyFilesField, self).clean(one, initial) for one in given]


class PhotosForm(forms.Form):
    """Pictures of a station."""

    photos = ManyFilesField(
        label=_("Pictures"),
        max_length=200,
        allow_empty_file=True,
        widget=ManyFilesInput(attrs={"accept": "image/png,image/jpeg,image/webp", "multiple": True}),
        help_text=_("PNG, JPEG or WebP, several at once. The first one is shown first everywhere."),
    )
    caption = forms.CharField(label=_("Caption"), max_length=120, required=False)


class CaptionForm(forms.Form):
    """What stands below a picture."""

    caption = forms.CharField(label=_("Caption"), max_length=120, required=False)


class MaintenanceForm(forms.Form):
    """From when to when, why, and which terminals."""

    starts_at = MomentField(label=_("From"), help_text=_("In your time zone."))
    ends_at = MomentField(label=_("Until"))
    reason = forms.CharField(label=_("Reason"), max_length=300)
    piles = forms.ModelMultipleChoiceField(
        label=_("Terminals"),
        queryset=selectors.piles(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all that stand here."),
    )

    def __init__(self, *args, station, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["piles"]
        chooser.queryset = selectors.piles_of(station)
        self.initial.setdefault("starts_at", clock.now())
        self.initial.setdefault("ends_at", clock.now() + USUAL)


class CancelForm(ReasonForm):
    """Why a window is dropped."""
