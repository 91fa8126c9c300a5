"""What may be done to rows of a list: a permission, a question with a reason, and a service per row.

The service decides; ``refused`` only lets the button say beforehand why it would not. A row that lies
outside the scope is 404 for all rows of the request. One that has just left the list is named, and
nothing is done to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from django import forms
from django.db import models
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from backoffice.kit.actor import Actor
from backoffice.kit.frame import Action, Words
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader


class Service(Protocol):
    """``stop_order(order, actor=…, reason=…)``; raises Refused."""

    def __call__(self, row: Any, /, *, actor: Actor, reason: str) -> object: ...


class ReasonForm(forms.Form):
    """Asks why. The reason goes to the service and from there to the audit trail."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=3,
        max_length=500,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _never(_row: Any) -> Words:
    return ""


def _always_shown(_row: Any) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class RowAction:
    """One thing to do to a row, or to the rows that are ticked.

    ``asks`` opens a question first, ``reason`` makes the question ask why; ``text`` is what it says.
    ``refused(row)`` is the sentence why it is not possible now, ``hidden(row)`` leaves the button out;
    ``needs`` are the ORM paths that both read: a row has those and the shown columns', all else is a query for each. ``direct`` shows an icon, not a line in the menu.
    ``called(row)`` is how the question names a row, where its name alone does not say enough.
    """

    name: str
    label: Words
    run: Service
    perm: Perm
    icon: str = ""
    tone: Literal["", "stop", "warn", "primary"] = ""
    asks: bool = False
    reason: bool = False
    text: Words = ""
    direct: bool = False
    row: bool = True
    bulk: bool = False
    done: Words = _("Done.")
    refused: Callable[[Any], Words] = _never
    hidden: Callable[[Any], bool] = _always_shown
    needs: tuple[str, ...] = ()
    called: Callable[[Any], Words] = str

    @property
    def questions(self) -> bool:
        """Does it ask before it acts?"""
        return self.asks or self.reason

    def offered(self, row: models.Model, reader: Reader) -> bool:
        """Is its button in this row?"""
        return self.row and reader.may(self.perm) and not self.hidden(row)

    def button(self, row: models.Model, address: str) -> Action:
        """Its button in a row; ``address`` is that of the list's actions."""
        return Action(
            self.label,
            f"{address}{self.name}/?{urlencode({'pk': row.pk})}",
            icon=self.icon,
            tone=self.tone,
            asks=self.questions,
            direct=self.direct,
            refused=self.refused(row),
        )

    def bulk_button(self, address: str) -> Action:
        """Its button above the rows that are ticked; it posts their keys."""
        return Action(
            self.label, f"{address}{self.name}/", icon=self.icon, tone=self.tone, asks=self.questions
        )
