"""Forms of charging profiles, of what a pile is asked about them, and of load groups."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.kit import clock
from stations import selectors
from stations.forms.fields import MomentField
from stations.models import LoadGroup, LoadUnit, ProfilePurpose, letter_of
from stations.profiles import (
    NO_MEANS,
    Kind,
    Period,
    Profile,
    Purpose,
    Recurrency,
    Schedule,
    Unit,
    faults,
)
from stations.services.profile_checks import words_of

MOST_ROWS = 24
ROWS_AT_FIRST = 2
ROWS_MORE = 3
KILO = Decimal(1000)
UNITS = [("W", "kW"), ("A", "A")]
ANY = ("", _("Any"))
EVERYTHING = _("The whole terminal")
KINDS = {
    Kind.ABSOLUTE.value: _("from an instant on"),
    Kind.RECURRING.value: _("again and again"),
    Kind.RELATIVE.value: _("from the start of each charge"),
}
RECURRENCIES = {Recurrency.DAILY.value: _("every day"), Recurrency.WEEKLY.value: _("every week")}
USUAL_SPAN = {"connector": "0", "hours": "4", "unit": "W"}
"""What is looked at where nobody says otherwise."""

HOURS = [("1", _("1 hour")), ("4", _("4 hours")), ("12", _("12 hours")), ("24", _("1 day"))]


def connector_choices(pile):
    """0 is the pile itself; of many piles there is nothing else that they have in common."""
    own = [] if pile is None else selectors.connectors_of(pile)
    return [("0", EVERYTHING), *((str(one.number), one.letter) for one in own)]


class ProfileForm(forms.Form):
    """A charging profile; periods are rows, those without a figure are left out.

    Power is typed in kW and leaves in W. ``rows`` is how many rows there are. Without a ``pile`` it is for many.
    """

    purpose = forms.ChoiceField(label=_("Limits"), choices=ProfilePurpose)
    connector = forms.ChoiceField(label=_("Connector"))
    transaction = forms.TypedChoiceField(
        label=_("Charge"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("For a limit of one charge only."),
    )
    stack_level = forms.IntegerField(
        label=_("Stack level"), min_value=0, max_value=10_000, initial=1, help_text=_("The highest prevails.")
    )
    kind = forms.ChoiceField(
        label=_("Counts"),
        choices=KINDS.items(),
    )
    recurrency = forms.ChoiceField(
        label=_("Again"),
        required=False,
        choices=[("", "–"), *RECURRENCIES.items()],
    )
    start = MomentField(label=_("Start"), required=False, help_text=_("In your time zone."))
    duration = forms.IntegerField(
        label=_("Duration, min"), required=False, min_value=1, help_text=_("Empty: without end.")
    )
    valid_from = MomentField(label=_("Valid from"), required=False)
    valid_to = MomentField(label=_("Valid to"), required=False)
    unit = forms.ChoiceField(
        label=_("Unit"), choices=UNITS, help_text=_("Power counts for all phases together, current for each.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)
    rows = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, pile, rows=ROWS_AT_FIRST, **options):
        super().__init__(*args, **options)
        self.pile = pile
        self.row_count = min(max(self._sent_rows() or rows, 1), MOST_ROWS)
        self.initial["rows"] = self.row_count
        chooser: Any = self.fields["connector"]
        chooser.choices = connector_choices(pile)
        sessions = [] if pile is None else selectors.sessions_at(pile.pk)
        charge: Any = self.fields["transaction"]
        charge.choices = [("", "–"), *((one.transaction_id, _session_words(one)) for one in sessions)]
        for number in range(self.row_count):
            self.fields |= _row_fields(number)

    @property
    def periods(self):
        """The rows, each of them its bound fields."""
        return [[self[name] for name in _names(number)] for number in range(self.row_count)]

    def sections(self):
        """The fields in groups, as the page shows them; the periods come by themselves."""
        return [
            (
                _("What it limits"),
                "",
                [self[name] for name in ("purpose", "connector", "transaction", "stack_level", "unit")],
            ),
            (
                _("When it counts"),
                "",
                [
                    self[name]
                    for name in ("kind", "recurrency", "start", "duration", "valid_from", "valid_to")
                ],
            ),
        ]

    def clean(self):
        super().clean()
        self._require_whole_rows()
        if not self.errors:
            means = NO_MEANS if self.pile is None else selectors.means_of(self.pile)
            for fault in faults(self.profile(), int(self.cleaned_data["connector"]), means=means):
                self.add_error(self._place_of(fault.field), words_of(fault))
        return self.cleaned_data

    def profile(self):
        """What was typed, as a profile without an id."""
        data = self.cleaned_data
        factor = KILO if data["unit"] == "W" else 1
        return Profile(
            id=0,
            stack_level=data["stack_level"],
            purpose=Purpose(data["purpose"]),
            kind=Kind(data["kind"]),
            recurrency=Recurrency(data["recurrency"]) if data["recurrency"] else None,
            valid_from=data["valid_from"],
            valid_to=data["valid_to"],
            transaction_id=data["transaction"],
            schedule=Schedule(
                Unit(data["unit"]),
                tuple(
                    Period(start * 60, limit * factor, phases)
                    for start, limit, phases in self._typed()
                    if limit is not None
                ),
                start=data["start"],
                duration_s=data["duration"] * 60 if data["duration"] else None,
            ),
        )

    def _typed(self):
        rows = [[self.cleaned_data.get(name) for name in _names(number)] for number in range(self.row_count)]
        return [row for row in rows if row[0] is not None]

    def _require_whole_rows(self):
        for number in range(self.row_count):
            start, limit, _phases = (self.cleaned_data.get(name) for name in _names(number))
            if start is None and limit is not None:
                self.add_error(_names(number)[0], _("From which minute on?"))
            elif start is not None and limit is None and number:
                self.add_error(_names(number)[1], _("Which limit?"))

    def _place_of(self, field):
        if field == "periods":
            return _names(0)[1]
        return field if field in self.fields else None

    def _sent_rows(self):
        sent = str((self.data or self.initial).get("rows", ""))
        return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 4 else 0


def _names(number):
    return [f"{name}_{number}" for name in ("from", "limit", "phases")]


def _row_fields(number):
    begin, limit, phases = _names(number)
    return {
        begin: forms.IntegerField(
            label=_("From minute"), required=False, min_value=0, initial=None if number else 0
        ),
        limit: forms.DecimalField(
            label=_("Limit"), required=False, min_value=0, max_digits=9, decimal_places=3
        ),
        phases: forms.TypedChoiceField(
            label=_("Phases"),
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", "–"), (1, "1"), (2, "2"), (3, "3")],
        ),
    }


def _session_words(session):
    since = timezone.localtime(session.started_at)
    return f"{letter_of(session.connector_number)} · {session.transaction_id} · {since:%H:%M}"


def preset(name):
    """What the form starts with: a limit for the next two hours, or one for every night; no start lies ahead."""
    now = timezone.localtime(clock.now())
    if name == "now":
        return {
            "purpose": ProfilePurpose.STATION,
            "kind": Kind.ABSOLUTE.value,
            "start": now.replace(second=0, microsecond=0),
            "duration": 120,
        }
    if name == "night":
        begin = (now - timedelta(days=1)).replace(hour=22, minute=0)
        return {
            "purpose": ProfilePurpose.DEFAULT,
            "kind": Kind.RECURRING.value,
            "recurrency": Recurrency.DAILY.value,
            "start": begin,
            "duration": 8 * 60,
        }
    return {}


class ClearForm(forms.Form):
    """Which profiles a pile forgets: all that match; all of them where nothing is named."""

    connector = forms.ChoiceField(label=_("Connector"), required=False)
    purpose = forms.ChoiceField(label=_("Limits"), required=False, choices=[ANY, *ProfilePurpose.choices])
    stack_level = forms.IntegerField(
        label=_("Stack level"), required=False, min_value=0, max_value=10_000, help_text=_("Empty: any.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args, pile, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["connector"]
        chooser.choices = [ANY, *connector_choices(pile)]

    def payload(self):
        """The OCPP request."""
        data = self.cleaned_data
        sent = {
            "connectorId": int(data["connector"]) if data["connector"] else None,
            "chargingProfilePurpose": data["purpose"] or None,
            "stackLevel": data["stack_level"],
        }
        return {name: value for name, value in sent.items() if value is not None}


class ScheduleForm(forms.Form):
    """Which composite schedule is drawn, or asked for."""

    connector = forms.ChoiceField(label=_("Connector"))
    hours = forms.ChoiceField(label=_("Span"), choices=HOURS)
    unit = forms.ChoiceField(label=_("Unit"), choices=UNITS)

    def __init__(self, *args, pile, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["connector"]
        chooser.choices = connector_choices(pile)

    def chosen(self):
        """Connector, seconds and unit; what makes no sense is as usual."""
        data = self.cleaned_data if self.is_valid() else {}
        return (
            int(data.get("connector") or 0),
            int(data.get("hours") or 4) * 3600,
            Unit(data.get("unit") or "W"),
        )


class LoadGroupForm(forms.Form):
    """A limit that terminals share."""

    name = forms.CharField(label=_("Name"), max_length=80)
    on = forms.BooleanField(
        label=_("Share the limit"),
        required=False,
        initial=True,
        help_text=_("Off: the terminals are told to forget it."),
    )
    unit = forms.ChoiceField(label=_("Unit"), choices=LoadUnit, help_text=_("Amperes count for each phase."))
    limit = forms.DecimalField(label=_("Limit"), min_value=0, max_digits=7, decimal_places=1)
    phases = forms.TypedChoiceField(
        label=_("Phases"), coerce=int, choices=[(1, "1"), (2, "2"), (3, "3")], initial=3
    )
    least = forms.DecimalField(
        label=_("Least for a charge"),
        min_value=0,
        max_digits=7,
        decimal_places=1,
        initial=Decimal("4.1"),
        help_text=_(
            "With less it pauses, in turn with others. Vehicles need about 6 A, or 4.1 kW on three phases."
        ),
    )
    safety = forms.DecimalField(
        label=_("Without word from us"),
        min_value=0,
        max_digits=7,
        decimal_places=1,
        help_text=_("For each connector, until it is told its share. At 0 a charge waits for its share."),
    )
    whole = forms.BooleanField(label=_("All terminals of the station"), required=False, initial=True)
    piles = forms.ModelMultipleChoiceField(
        label=_("Terminals"),
        queryset=selectors.piles(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Where it is not all of them."),
    )

    def __init__(self, *args, station, **options):
        super().__init__(*args, **options)
        chooser: Any = self.fields["piles"]
        chooser.queryset = selectors.piles_of(station)

    def sections(self):
        """The fields in groups."""
        return [
            (_("The limit"), "", [self[name] for name in ("name", "on", "unit", "limit", "phases")]),
            (_("Its shares"), "", [self[name] for name in ("least", "safety")]),
            (_("Who shares it"), "", [self[name] for name in ("whole", "piles")]),
        ]


def group_initial(group: LoadGroup) -> dict[str, Any]:
    """What the form of a group starts with."""
    names = ("name", "on", "unit", "limit", "phases", "least", "safety", "whole")
    chosen = {} if group.whole else {"piles": [pile.pk for pile in selectors.members_of(group)]}
    return {name: getattr(group, name) for name in names} | chosen
