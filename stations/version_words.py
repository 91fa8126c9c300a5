"""Versions of a tariff in words: what their days are, what differs between two, why a day is of its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit import figures
from backoffice.kit.enumeration import clauses, closed_up, enumerated
from backoffice.kit.frame import Words
from backoffice.kit.money import Money
from stations.daytypes import DayKind, DayType, Rank, read_types
from stations.models import TariffVersion
from stations.selectors.price_lists import PRICES
from stations.slots import Band, Codes, merge, parse_codes

BAND_WORDS: Mapping[Band, Words] = {
    Band.SHARP: gettext_lazy("sharp"),
    Band.PEAK: gettext_lazy("peak"),
    Band.FLAT: gettext_lazy("flat"),
    Band.VALLEY: gettext_lazy("valley"),
}
RANK_WORDS: Mapping[Rank, Words] = {
    Rank.DATES: gettext_lazy("Single dates"),
    Rank.HOLIDAYS: gettext_lazy("Holidays of the calendar"),
    Rank.SEASON_WEEKDAYS: gettext_lazy("Weekdays of a season"),
    Rank.SEASON: gettext_lazy("A season"),
    Rank.WEEKDAYS: gettext_lazy("Weekdays"),
    Rank.USUAL: gettext_lazy("The usual day"),
}
SHOWN = (
    "valid_from",
    "valid_to",
    *PRICES,
    "idle_grace_min",
    "idle_per_minute",
    "idle_cap",
    "idle_free",
    "min_hold",
)
"""The fields that are compared, besides the days."""

AMOUNTS = frozenset({"idle_per_minute", "idle_cap", "min_hold"})
DATES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two versions say differently."""

    label: Words
    before: Words
    after: Words


def run_words(codes: Codes) -> str:
    """``00:00–08:00 valley, 08:00–11:00 peak …``: a day for who cannot see its strip."""
    return enumerated(f"{run.text.replace('-', '–')} {BAND_WORDS[run.band]}" for run in merge(codes))


def days_words(one: DayType) -> str:
    """On which days a type counts: ``1 Jun to 31 Aug, Sat, Sun``."""
    if one.kind is DayKind.HOLIDAYS:
        return str(RANK_WORDS[Rank.HOLIDAYS])
    weekdays = enumerated(WEEKDAYS_ABBR[day] for day in sorted(one.weekdays))
    if one.kind is DayKind.DATES:
        days = sorted(one.dates)
        more = ["…"] if len(days) > DATES_SHOWN else []
        return enumerated([*(day.isoformat() for day in days[:DATES_SHOWN]), *more])
    if one.season is None:
        return weekdays
    first, last = one.season.text
    span = _("%(first)s to %(last)s each year") % {"first": first, "last": last}
    return clauses([span, weekdays])


def claim_words(day: date, claimed: Sequence[DayType], holiday: str) -> str:
    """Why a day is of its type; ``claimed`` are those that cover it, the one that counts first."""
    when = day_text(day)
    if not claimed:
        return closed_up(_("%(day)s is a usual day: no other day type names it.") % {"day": when})
    first, *others = claimed
    named = {"day": when, "type": first.name, "rank": RANK_WORDS[first.rank], "holiday": holiday}
    if first.kind is DayKind.HOLIDAYS and holiday:
        words = _("%(day)s is “%(type)s”: the calendar has %(holiday)s.") % named
    else:
        words = _("%(day)s is “%(type)s” (%(rank)s).") % named
    if others:
        names = enumerated(f"“{one.name}” ({RANK_WORDS[one.rank]})" for one in others)
        words += " " + _("It is also %(names)s, which is less special.") % {"names": names}
    return closed_up(words)


def day_text(day: date) -> str:
    """``Thu 2026-12-24``, in the reader's language."""
    return f"{WEEKDAYS_ABBR[day.weekday()]} {formats.date_format(day, 'DATE_FORMAT')}"


def content_of(version: TariffVersion) -> dict[str, Any]:
    """What a version says, by field."""
    return {name: getattr(version, name) for name in (*SHOWN, "codes", "days")}


def differences(before: Mapping[str, Any], after: Mapping[str, Any], currency: str) -> list[Difference]:
    """What differs, field by field and day by day. Fields that only one of the two names are left out."""
    labels = {field.name: field.verbose_name for field in TariffVersion._meta.concrete_fields}
    found = [
        Difference(
            capfirst(labels[name]),
            _value(name, before[name], currency),
            _value(name, after[name], currency),
        )
        for name in SHOWN
        if name in before and name in after and _same(before[name]) != _same(after[name])
    ]
    if "codes" in before and "codes" in after:
        label = str(RANK_WORDS[Rank.USUAL])
        found += _half_hours(label, parse_codes(before["codes"]), parse_codes(after["codes"]))
    if "days" in before and "days" in after:
        found += _days(read_types(before["days"]), read_types(after["days"]))
    return found


def _half_hours(label: str, before: Codes, after: Codes) -> list[Difference]:
    """Neighbouring half hours that go from one band to the same other one."""
    found: list[tuple[int, int, Band, Band]] = []
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        if found and found[-1][1:] == (number, old, new):
            found[-1] = (found[-1][0], number + 1, old, new)
        else:
            found.append((number, number + 1, old, new))
    return [
        Difference(f"{label} {_span(first, last)}", BAND_WORDS[old], BAND_WORDS[new])
        for first, last, old, new in found
    ]


def _days(before: Sequence[DayType], after: Sequence[DayType]) -> list[Difference]:
    """Day types by name: those that are gone, new, or changed."""
    old, new = {one.name: one for one in before}, {one.name: one for one in after}
    found = []
    for name in [*old, *(name for name in new if name not in old)]:
        was, becomes = old.get(name), new.get(name)
        if was is None or becomes is None:
            words = [days_words(one) if one is not None else "–" for one in (was, becomes)]
            found.append(Difference(f"“{name}”", *words))
            continue
        if days_words(was) != days_words(becomes):
            found.append(Difference(f"“{name}”", days_words(was), days_words(becomes)))
        found += _half_hours(f"“{name}”", was.codes, becomes.codes)
    return found


def _same(value: Any) -> Any:
    """Values as they are compared: the audit trail keeps numbers and instants as text."""
    if isinstance(value, str):
        try:
            return Decimal(value)
        except ArithmeticError:
            return value.replace("Z", "+00:00")[:19]
    if isinstance(value, datetime):
        return value.isoformat()[:19]
    return value


def _value(name: str, value: Any, currency: str) -> str:
    if value in (None, "", []):
        return "–"
    if name in AMOUNTS:
        return figures.amount_text(Money(int(value), currency))
    if name in PRICES:
        return figures.number_text(Decimal(value), 4)
    if name == "idle_free":
        return enumerated("–".join(window) for window in value)
    if name.startswith("valid_"):
        return figures.exact_text(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    return str(value)


def _span(first: int, last: int) -> str:
    return "–".join(f"{number // 2:02}:{number % 2 * 30:02}" for number in (first, last))
