"""Filters that only lists of orders have. The four conditions of every order page come first: number, agency, account, terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q
from django.db.models.functions import Reverse
from django.db.models.lookups import StartsWith
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _, ngettext

from backoffice.kit.frame import Words
from backoffice.kit.levels import Level
from backoffice.kit.lists import filters
from drivers.permissions import DriverPerm
from orders.numbers import read_order_number
from stations.selectors import stations_by_name

Cases = Mapping[str, tuple[Words, Callable[[], Q]]]


def _over_hours(n: int) -> str:
    return ngettext("Over %(n)d hour", "Over %(n)d hours", n) % {"n": n}


def _over_minutes(n: int) -> str:
    return ngettext("Over %(n)d minute", "Over %(n)d minutes", n) % {"n": n}


# A number put into a lazy text makes it a text at once, in the language of the import.
over_hours, over_minutes = lazy(_over_hours, str), lazy(_over_minutes, str)


class OrderNumber(filters.Text):
    """An order number, however it was typed or read out, its beginning or its end: each has an index."""

    def __init__(self, *sources: str, label: Words = _("Order number"), **extra: Any) -> None:
        super().__init__(*sources, label=label, placeholder=_("Whole or part"), **extra)

    def condition(self, value: Any) -> Q:
        number, typed = str(self.field_name), str(value).upper()
        if whole := read_order_number(typed):
            return Q(**{number: whole})
        ends: Q = Q(StartsWith(Reverse(number), typed[::-1]))
        return ends | Q(**{f"{number}__startswith": typed})


def agency() -> filters.Subtree:
    """Orders of one agency."""
    return filters.Subtree(level=Level.AGENCY, label=_("Agency"))


class Account(filters.Phone):
    """A driver by phone, name or card. Whoever may not see the phone finds only by the whole name or card."""

    def __init__(self, path: str = "", **extra: Any) -> None:
        paths = (f"{path}driver__phone", f"{path}driver__name", f"{path}card__uid")
        super().__init__(*paths, see=DriverPerm.SEE_PHONE, label=_("User account"), **extra)

    def lookups(self, value: str) -> dict[str, filters.Lookup]:
        found, others = super().lookups(value), self.sources[1:]
        return found if self.reader.may(self.see) else found | dict.fromkeys(others, ("iexact", value))


def account(path: str = "") -> Account:
    """By phone, name or card."""
    return Account(path)


def terminal(path: str = "") -> filters.Search:
    """By the name on the pile, its identity, or the station it stands on."""
    paths = (f"{path}pile__name", f"{path}pile__identity", f"{path}pile__station__name")
    return filters.Search(*paths, label=_("Terminal name"))


def station(path: str = "station") -> filters.Related:
    """Of one station."""
    return filters.Related(
        path, options=stations_by_name, by="code", search=("name", "code"), label=_("Station")
    )


def longer_than(hours: tuple[int, ...], condition: Callable[[int], Q]) -> Cases:
    """``Over 3 hours`` and the like; ``condition`` takes the hours."""
    return {f"{n}h": (over_hours(n), lambda n=n: condition(n)) for n in hours}  # type: ignore[misc]


def silent_for(minutes: tuple[int, ...], condition: Callable[[int], Q]) -> Cases:
    """``Over 10 minutes`` and the like; ``condition`` takes the minutes."""
    return {f"{n}m": (over_minutes(n), lambda n=n: condition(n)) for n in minutes}  # type: ignore[misc]
