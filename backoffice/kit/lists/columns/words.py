"""Columns of words: names, links, states, phone numbers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice.kit import cells, figures, references
from backoffice.kit.frame import Tone, Words
from backoffice.kit.lists import paths
from backoffice.kit.lists.columns.base import Column, Values
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader


class Text(Column):
    """Words, a code, a number that is not counted with: text in Excel too. A field with choices shows its label."""

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        if self.show is None and (labels := paths.choices(model, self.own[0])):
            self.show = lambda value: labels.get(value, value or "")


class Link(Text):
    """The name of the row: a link to ``to`` (a URL name) with the value at ``key``. Plain text without ``to_perm``."""

    css = "c-name"

    def __init__(
        self, *sources: str, to: str, key: str = "pk", to_perm: Perm | None = None, **options: Any
    ) -> None:
        super().__init__(*sources, **options)
        self.to, self.key, self.to_perm = to, key, to_perm

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        self.own = (*self.own, self.key)

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        words = self.words(values, reader)
        if not words:
            return super().html(values, reader, second)
        if values[-1] is None or not reader.may(self.to_perm):
            return cells.two_lines(format_html('<span class="name">{}</span>', words), second)
        return cells.link(words, reverse(self.to, args=[values[-1]]), second)


class About(Text):
    """What a row is about: a reference in words (``kit.references``), a link to its page where it leads the cell."""

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        if not values[0]:
            return super().html(values, reader, second)
        return cells.two_lines(
            format_html('<span class="nowrap">{}</span>', references.cell(values[0], reader)), second
        )

    def words(self, values: Values, reader: Reader) -> Words:
        return references.in_words(values[0] or "")


class Badge(Column):
    """A state: its label (from the field, or ``choices``), in the colour and shape that ``tones`` names."""

    css = "c-state"

    def __init__(
        self,
        *sources: str,
        tones: Mapping[Any, Tone],
        choices: type[models.Choices] | Mapping[Any, Words] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*sources, **options)
        self.labels = paths.labels(choices)
        self.tones = {_plain(value): tone for value, tone in tones.items()}

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        self.labels = self.labels or paths.choices(model, self.own[0])

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        words = self.words(values, reader)
        if not words:
            return cells.NONE
        badge = cells.badge(words, self.tones.get(values[0], "plain"))
        return cells.two_lines(badge, second) if second else badge

    def words(self, values: Values, reader: Reader) -> Words:
        return self.labels.get(values[0], values[0] or "")


class YesNo(Badge):
    """A truth as a badge; ``yes`` and ``no`` are its words, which say nothing without the head.

    ``no=""`` where only the exception is worth a badge: a dash in the table, nothing on a card.
    """

    css = ""

    def __init__(
        self,
        *sources: str,
        yes: Words = _("Yes"),
        no: Words = _("No"),
        tones: Mapping[Any, Tone] | None = None,
        **options: Any,
    ) -> None:
        css = options.pop("css", "" if no else "c-some")
        super().__init__(*sources, choices={True: yes, False: no}, tones=tones or {}, css=css, **options)


class Phone(Column):
    """A phone number (E.164), whole for readers with ``see``, masked for all others, in Excel too."""

    css = "c-who"

    def __init__(self, *sources: str, see: Perm, **options: Any) -> None:
        super().__init__(*sources, **options)
        self.see = see

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        words = self.words(values, reader)
        return (
            cells.two_lines(cells.phone(str(words)), second) if words else cells.two_lines(cells.NONE, second)
        )

    def words(self, values: Values, reader: Reader) -> Words:
        number = values[0]
        if not number:
            return ""
        return str(number) if reader.may(self.see) else figures.masked_phone(number)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
