"""Offering stations and piles to the level below, and deciding about an offer."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.errors import Refused
from backoffice.kit.frame import Words
from backoffice.kit.imports.columns import fold_head, shown, spellings
from backoffice.kit.imports.reading import Book, read_book
from stations import selectors
from stations.models import Handed, StationStatus
from stations.services.handovers import MOST_DAYS, MOST_ROWS, USUAL_DAYS

_BETWEEN = re.compile(r"[\s,;，；、]+")
NAMED = 10


class PickForm(forms.Form):
    """Which ones, by a list that is pasted or sent. ``keys`` are those that were found."""

    one_of = frozenset({"listed", "file"})

    listed = forms.CharField(
        label=gettext_lazy("Identities or serials"),
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One in a line, or parted by commas. They can be scanned one after the other."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or an Excel file (.xlsx)"),
        required=False,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text=gettext_lazy("With a column “Identity” or “Serial”, such as the export of the list."),
    )

    HEADS: tuple[Words, ...] = (gettext_lazy("Identity"), gettext_lazy("Serial"))

    def __init__(self, *args, giver, what, **options):
        super().__init__(*args, **options)
        self.giver, self.what = giver, what
        if what == Handed.STATIONS:
            self.fields["listed"].label = _("Codes of stations")
            self.fields["file"].help_text = _("With a column “Code”, such as the export of the list.")
            self.HEADS = (gettext_lazy("Code"),)

    def clean(self):
        """Find what was named. All of it must be there, or nothing is picked."""
        super().clean()
        data = self.cleaned_data
        words = [word for word in _BETWEEN.split(data.get("listed") or "") if word]
        if data.get("file"):
            try:
                words += self._in_book(read_book(data["file"].file))
            except Refused as refused:
                self.add_error("file", str(refused.message))
        if not self.errors:
            data["keys"] = self._found(words)
        return data

    def _in_book(self, book: Book) -> list[str]:
        for wanted in self.HEADS:
            for index, head in enumerate(book.heads):
                if fold_head(head) in spellings(wanted):
                    return [shown(line.cells[index]) for line in book.lines if line.cells[index] is not None]
        raise Refused(str(self.fields["file"].help_text), field="file")

    def _found(self, words: list[str]):
        if not words:
            self.add_error("listed", _("Name at least one."))
            return ()
        if len(words) > MOST_ROWS:
            self.add_error("listed", _("At most %(most)d are handed over at once.") % {"most": MOST_ROWS})
            return ()
        find = selectors.stations_listed if self.what == Handed.STATIONS else selectors.find_listed
        found = find(words, self.giver.pk)
        for names, message in (
            (found.unknown, _("You have none that is called so: %(names)s.")),
            (found.doubtful, _("More than one terminal has this serial: %(names)s.")),
        ):
            if names:
                more = " …" if len(names) > NAMED else ""
                self.add_error("listed", message % {"names": ", ".join(names[:NAMED]) + more})
        return found.keys


class OfferForm(forms.Form):
    """To whom, until when, and what it is. ``keys`` are ids, parted by commas."""

    to: Any = forms.ModelChoiceField(label=gettext_lazy("Receiver"), queryset=None, empty_label=None)
    days = forms.IntegerField(
        label=gettext_lazy("Valid for, days"), min_value=1, max_value=MOST_DAYS, initial=USUAL_DAYS
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The receiver reads it: a delivery note, who unloads."),
    )
    keys = forms.CharField(max_length=50_000, widget=forms.HiddenInput)

    def __init__(self, *args, giver, **options):
        super().__init__(*args, **options)
        self.fields["to"].queryset = selectors.receivers_of(giver)  # type: ignore[attr-defined]


class AcceptForm(forms.Form):
    """What the receiver counted, and where terminals go."""

    count = forms.IntegerField(
        label=gettext_lazy("How many have you counted?"), min_value=0, max_value=1_000_000
    )
    station: Any = forms.ModelChoiceField(
        label=gettext_lazy("Where do they go?"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("Into our store"),
    )

    def __init__(self, *args, row, **options):
        super().__init__(*args, **options)
        chooser = self.fields["station"]
        own = selectors.stations_by_name().filter(tenant=row.tenant_id).exclude(status=StationStatus.STORE)
        chooser.queryset = own  # type: ignore[attr-defined]
        if row.what == Handed.STATIONS:
            del self.fields["station"]
