"""The columns of an import: what each is called, and how a cell becomes a value.

A column is known by its head in every language of the house, so that a file that was made in one is read in another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.db.models import Choices
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from backoffice.kit.enumeration import enumerated
from backoffice.kit.export import Cell, plain_text
from backoffice.kit.frame import Words
from backoffice.kit.imports.reading import LONGEST_CELL, Broken, Formula, Value

Parse = Callable[[Value], Any]
"""Makes a value of a cell that is not empty. Raises BadCell."""

LARGEST_EXACT = 10**15
_BLANKS = re.compile(r"[\s_*（(）):：,，、.]+")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,12})?")


class BadCell(Exception):
    """A cell that cannot be what its column holds; the text says why, for the user."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. ``name`` is what the parsed row calls it.

    ``needed``: the file must have it, and no cell of it may be empty. ``also`` are other heads for the same.
    ``empty`` is what an empty cell means; a column that the file does not have says nothing. ``secret``: what stands
    in its cells is not repeated where a row is refused.
    """

    name: str
    head: Words
    parse: Parse
    help: Words = ""
    example: Cell | Promise = None
    needed: bool = False
    empty: Any = ""
    also: tuple[Words, ...] = ()
    secret: bool = False


def typed(value: Value, column: Column) -> Any:
    """The value of one cell of the column. Raises BadCell."""
    if value is None:
        if column.needed:
            raise BadCell(_("This is needed."))
        return column.empty
    if isinstance(value, Formula):
        raise BadCell(_("This is a formula. Copy it and paste it as a value."))
    if isinstance(value, Broken):
        raise BadCell(_("Excel shows an error here."))
    if isinstance(value, str) and len(value) > LONGEST_CELL:
        raise BadCell(_("This has more than %(most)d characters.") % {"most": LONGEST_CELL})
    return column.parse(value)


def text(longest: int, *, fold: Callable[[str], str] = str) -> Parse:
    """Words of at most this length. A number is the digits that Excel shows, as long as it kept all of them."""

    def parse(value: Value) -> str:
        words = fold(_words(value))
        if len(words) > longest:
            raise BadCell(_("This has more than %(most)d characters.") % {"most": longest})
        if any(not char.isprintable() for char in words):
            raise BadCell(_("There is a character in it that cannot be shown."))
        return words

    return parse


def whole(least: int, most: int) -> Parse:
    """A whole number."""

    def parse(value: Value) -> int:
        number = _number(value)
        if number != number.to_integral_value():
            raise BadCell(_("This is not a whole number."))
        return int(_between(number, Decimal(least), Decimal(most)))

    return parse


def decimal(least: Decimal, most: Decimal, places: int) -> Parse:
    """A number with at most so many decimal places; more are rounded as Excel shows them."""

    def parse(value: Value) -> Decimal:
        return _between(_number(value), least, most).quantize(Decimal(1).scaleb(-places))

    return parse


def choice(choices: type[Choices], *, without: Iterable[str] = ()) -> Parse:
    """One of the choices, in any language or as the code."""
    left_out = set(without)
    offered = [(value, label) for value, label in choices.choices if value not in left_out]

    def parse(value: Value) -> str:
        wanted = fold_head(_words(value))
        for code, words in offered:
            if wanted in {fold_head(str(code)), *spellings(words)}:
                return str(code)
        labels = enumerated(str(words) for _code, words in offered)
        raise BadCell(_("This is none of: %(choices)s.") % {"choices": labels})

    return parse


def spellings(*words: Words) -> set[str]:
    """Words as they are in every language, folded for comparing."""
    return in_every_language(lambda: words)


def in_every_language(ask: Callable[[], Iterable[Words]]) -> set[str]:
    """The same for words that are made when they are asked for."""
    found = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found |= {fold_head(str(words)) for words in ask()}
    return found


def fold_head(words: str) -> str:
    """Heads are compared without case, blanks and the punctuation around a unit."""
    return _BLANKS.sub("", words).casefold()


def by_head(columns: Iterable[Column]) -> Mapping[str, Column]:
    """Every spelling of every head."""
    return {
        spelling: column
        for column in columns
        for words in (column.head, *column.also)
        for spelling in spellings(words)
    }


def shown(value: Value) -> str:
    """A cell as it is told to whoever has to put it right."""
    if value is None:
        return ""
    if isinstance(value, Formula | Broken):
        return value.text
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_EXACT:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return str(value)


def _words(value: Value) -> str:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, bool | datetime | date | time | timedelta):
        raise BadCell(
            _("This is a date or a yes or no, and should be text. Set the format of the cell to text.")
        )
    if isinstance(value, int | float):
        if math.isnan(value) or abs(value) >= LARGEST_EXACT:
            message = _("Excel has rounded this number. Set the format of the cell to text and type it anew.")
            raise BadCell(message)
        return shown(value)
    raise BadCell(_("This cannot be read."))


def _number(value: Value) -> Decimal:
    if isinstance(value, bool | datetime | date | time | timedelta):
        raise BadCell(_("This is not a number."))
    written = shown(value).strip()
    if not _NUMBER.fullmatch(written) and not isinstance(value, int | float):
        raise BadCell(_("This is not a number."))
    try:
        number = Decimal(written.replace(",", "."))
    except InvalidOperation as none:
        raise BadCell(_("This is not a number.")) from none
    if not number.is_finite():
        raise BadCell(_("This is not a number."))
    return number


def _between(number: Decimal, least: Decimal, most: Decimal) -> Decimal:
    if not least <= number <= most:
        raise BadCell(_("This lies between %(least)s and %(most)s.") % {"least": least, "most": most})
    return number
