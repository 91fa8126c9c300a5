"""What a level sets. An empty field is as the level above says; bounds and what above demands are the service's business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.kit import figures
from backoffice.kit.enumeration import closed_up, enumerated
from backoffice.kit.perms import Role
from tenants.rules import EVERYBODY, SHARED, Mail, Numbers, Retention, Security, bounds_of


class GroupForm(forms.Form):
    """``above`` is what is in force above (``rules.InForce``), ``names`` the tenants there, from the top."""

    group: Any = None
    units: dict[str, Any] = {}

    def __init__(self, *args: Any, above: Any, own: Any, names: Any, **options: Any) -> None:
        options["initial"] = self.shown(own)
        super().__init__(*args, **options)
        for name, form_field in self.fields.items():
            value = getattr(above.values, name, None)
            source = above.sources.get(name)
            if isinstance(form_field, forms.IntegerField):
                bounds = bounds_of(self.group, name)
                form_field.widget.attrs |= {"min": bounds.low, "max": bounds.high, "inputmode": "numeric"}
                form_field.help_text = self.hint(
                    form_field.help_text, value, names[source] if source is not None else ""
                )

    def shown(self, own: Any) -> dict[str, Any]:
        """What stands in the fields at first."""
        return dict(own)

    def hint(self, words: Any, value: Any, source: str) -> str:
        """What an empty field comes to, and who says so."""
        shown = figures.number_text(value)
        if source:
            inherited = gettext("Empty: %(value)s, as %(source)s says.") % {"value": shown, "source": source}
        else:
            inherited = gettext("Empty: %(value)s, as usual.") % {"value": shown}
        return closed_up(f"{words} {inherited}".strip())

    def wanted(self) -> dict[str, Any]:
        """What the service takes."""
        return dict(self.cleaned_data)


class SecurityForm(GroupForm):
    """How staff prove who they are."""

    group = Security

    min_length = forms.IntegerField(
        label=_("Shortest password, characters"),
        required=False,
        help_text=_("Who has a shorter one chooses a new one at the next sign-in."),
    )
    session_hours = forms.IntegerField(
        label=_("Sign in anew after, hours"), required=False, help_text=_("Counted from the sign-in.")
    )
    code_for = forms.MultipleChoiceField(
        label=_("Two-factor sign-in is required of"),
        required=False,
        choices=[(EVERYBODY, _("Everybody")), *Role.choices],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who has none yet sets it up after signing in, before anything else."),
    )

    def __init__(self, *args: Any, above: Any, **options: Any) -> None:
        super().__init__(*args, above=above, **options)
        self.demanded = above.values.code_for
        if self.demanded:
            known: Any = self.fields["code_for"]
            labels = [str(label) for value, label in known.choices if value in self.demanded]
            known.help_text = gettext("Required by the level above: %(roles)s.") % {
                "roles": enumerated(labels)
            }

    def shown(self, own: Any) -> dict[str, Any]:
        return dict(own) | {"code_for": sorted(own.get("code_for", ()))}

    def wanted(self) -> dict[str, Any]:
        return self.cleaned_data | {"code_for": frozenset(self.cleaned_data["code_for"]) | self.demanded}


class RetentionForm(GroupForm):
    """Days that things are kept. What all share is asked of a manufacturer alone."""

    group = Retention

    frames_days = forms.IntegerField(label=_("Messages of terminals, days"), required=False)
    history_days = forms.IntegerField(
        label=_("States, events and troubles of terminals, days"), required=False
    )
    samples_days = forms.IntegerField(label=_("Meter readings of charges, days"), required=False)
    files_days = forms.IntegerField(label=_("Logs and diagnostics of terminals, days"), required=False)
    jobs_days = forms.IntegerField(label=_("Files of jobs, days"), required=False)

    def __init__(self, *args: Any, is_top: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in () if is_top else SHARED:
            shut = self.fields[name]
            together = gettext("Kept together for all; the manufacturer sets it.")
            shut.disabled, shut.help_text = True, closed_up(f"{shut.help_text} {together}")

    def wanted(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if not self.fields[name].disabled}


class NumbersForm(GroupForm):
    """What order numbers begin with in this year and from the next on."""

    group = Numbers

    now = forms.CharField(label=_("Order numbers of this year begin with"), max_length=9, required=False)
    later = forms.CharField(label=_("From next year on with"), max_length=9, required=False)

    def __init__(self, *args: Any, year: int, usual: str, own: Any, **options: Any) -> None:
        self.year, self.years = year, dict(own.get("years", {}))
        super().__init__(*args, own=own, **options)
        self.fields["now"].label = gettext("Order numbers of %(year)s begin with") % {"year": year}
        self.fields["now"].help_text = gettext("Empty: %(usual)s, from the code.") % {"usual": usual}
        self.fields["later"].label = gettext("From %(year)s on with") % {"year": year + 1}
        self.fields["later"].help_text = gettext("Empty: no change.")

    def shown(self, own: Any) -> dict[str, Any]:
        return {
            "now": Numbers(years=self.years).prefix_in(self.year),
            "later": self.years.get(self.year + 1, ""),
        }

    def wanted(self) -> dict[str, Any]:
        data = self.cleaned_data
        past = {year: prefix for year, prefix in self.years.items() if year < self.year}
        typed = {self.year: data["now"].strip().upper(), self.year + 1: data["later"].strip().upper()}
        return {"years": past | {year: prefix for year, prefix in typed.items() if prefix}}


class MailForm(GroupForm):
    """How letters look."""

    group = Mail

    sender = forms.CharField(label=_("Sender's name"), max_length=120, required=False)
    reply_to = forms.EmailField(label=_("Answers go to"), max_length=120, required=False)
    footer = forms.CharField(
        label=_("At the foot"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, above: Any, house: str, **options: Any) -> None:
        super().__init__(*args, above=above, **options)
        usual = {
            "sender": above.values.sender or house,
            "reply_to": above.values.reply_to,
            "footer": above.values.footer,
        }
        for name, value in usual.items():
            if value:
                self.fields[name].help_text = gettext("Empty: %(value)s") % {"value": value}


class DaysForm(forms.Form):
    """Days that are pasted, one or one span a line."""

    days = forms.CharField(
        label=_("Days"),
        max_length=20_000,
        widget=forms.Textarea(
            attrs={"rows": 10, "placeholder": _("2027-02-17 .. 2027-02-23 Spring Festival")}
        ),
        help_text=_("One day a line: the date, then its name. A span has its last day behind two dots."),
    )
