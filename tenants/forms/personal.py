"""What somebody chooses for himself: tokens, and what he is told. Rules are the services' business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from tenants.notifications import KINDS, chosen

LASTS = [(30, _("30 days")), (90, _("90 days")), (365, _("One year"))]
SEVERITIES = [
    (1, _("Danger only")),
    (2, _("Serious and worse")),
    (3, _("Minor and worse")),
    (4, _("All")),
]


class TokenForm(forms.Form):
    """A name to know it by, what it opens, and for how long."""

    name = forms.CharField(
        label=pgettext_lazy("thing", "Name"),
        max_length=60,
        help_text=_("What program uses it, and where."),
    )
    days = forms.TypedChoiceField(label=_("Holds for"), coerce=int, choices=LASTS, initial=90)
    lists = forms.MultipleChoiceField(
        label=_("Lists that it opens"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("It can fetch their Excel and nothing else. Phone numbers stay masked."),
    )

    def __init__(self, *args: Any, offered: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        lists: Any = self.fields["lists"]
        lists.choices = [(one.name, one.title) for one in offered]


class TimeInput(forms.TimeInput):
    """The browser's own clock."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class NotificationForm(forms.Form):
    """For each kind whether it is mailed, and the hours in which nothing is."""

    quiet_from = forms.TimeField(
        label=_("Quiet from"), required=False, widget=TimeInput, help_text=_("Empty: no quiet hours.")
    )
    quiet_to = forms.TimeField(label=_("Quiet until"), required=False, widget=TimeInput)

    def __init__(self, *args: Any, kept: Any, **options: Any) -> None:
        options["initial"] = {"quiet_from": kept.quiet_from, "quiet_to": kept.quiet_to}
        super().__init__(*args, **options)
        for at, kind in enumerate(KINDS):
            known = chosen(kept, kind)
            self.fields[f"mail_{at}"] = forms.BooleanField(
                label=str(kind.label), required=False, initial=known["mail"], help_text=str(kind.note)
            )
            if kind.severity:
                self.fields[f"severity_{at}"] = forms.TypedChoiceField(
                    label=_("Which of them"),
                    coerce=int,
                    choices=SEVERITIES,
                    initial=known["severity"],
                )

    def rows(self) -> list[tuple[Any, Any]]:
        """For each kind its box, and the choice of severities where it has one."""
        return [
            (self[f"mail_{at}"], self[f"severity_{at}"] if kind.severity else None)
            for at, kind in enumerate(KINDS)
        ]

    def choices(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        kinds = {
            kind.name: {"mail": data[f"mail_{at}"]}
            | ({"severity": data[f"severity_{at}"]} if kind.severity else {})
            for at, kind in enumerate(KINDS)
        }
        return {"kinds": kinds, "quiet_from": data["quiet_from"], "quiet_to": data["quiet_to"]}
