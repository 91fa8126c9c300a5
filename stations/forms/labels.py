"""How labels lie on a sheet of paper."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Layout:
    """Labels side by side and one below the other. ``small`` ones leave out what does not fit."""

    name: str
    columns: int
    rows: int
    small: bool = False

    @property
    def count(self) -> int:
        return self.columns * self.rows

    @property
    def words(self) -> str:
        return f"{self.columns} × {self.rows}"


LAYOUTS = {
    one.name: one
    for one in (
        Layout("2x4", 2, 4),
        Layout("2x5", 2, 5),
        Layout("2x7", 2, 7, small=True),
        Layout("3x7", 3, 7, small=True),
        Layout("3x8", 3, 8, small=True),
    )
}
PAPERS = (("a4", "A4"), ("letter", _("US Letter")))
USUAL = {"layout": "2x4", "paper": "a4"}


class SheetForm(forms.Form):
    """What is chosen of a sheet. ``first`` is how many labels come before the first that is shown."""

    layout = forms.ChoiceField(
        label=_("Labels on a sheet"), choices=[(one.name, one.words) for one in LAYOUTS.values()]
    )
    paper = forms.ChoiceField(label=_("Paper"), choices=PAPERS)

    @classmethod
    def of(cls, query) -> SheetForm:
        """Bound to what was chosen; what cannot be is as usual."""
        form = cls({name: query.get(name, usual) for name, usual in USUAL.items()})
        if not form.is_valid():
            form = cls(USUAL)
            form.is_valid()
        start = query.get("start", "")
        form.first = int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 0
        return form

    first = 0
