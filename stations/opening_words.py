"""Opening hours in words, for staff and for drivers."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.kit.enumeration import closed_up, enumerated
from stations.hours import Fault, Hours, HoursError, Now, Ranges
from stations.selectors.opening import Opening

Line = tuple[str, str]


def week_lines(hours: Hours) -> list[Line]:
    """``Mon–Fri``, ``08:00–22:00``: a line for each run of weekdays with the same hours."""
    return [(_days(first, last), ranges_words(ranges)) for first, last, ranges in hours.groups()]


def day_lines(hours: Hours, today: date) -> list[Line]:
    """The days to come that differ, each with its hours."""
    return [
        (date_format(day, "SHORT_DATE_FORMAT"), ranges_words(ranges)) for day, ranges in hours.upcoming(today)
    ]


def ranges_words(ranges: Ranges) -> str:
    """The ranges of one day."""
    if not ranges:
        return _("closed")
    if len(ranges) == 1 and ranges[0].whole_day:
        return _("24 h")
    return enumerated(one.text().replace("-", "\N{EN DASH}") for one in ranges)


def now_words(opening: Opening) -> str:
    """Whether it is open now, and until when."""
    now: Now = opening.now
    if opening.hours.always:
        return _("Open around the clock")
    if now.until is None:
        return _("Open now") if now.open else _("Closed now")
    until = moment_words(now.until, opening.local)
    words = _("Open now, until %(time)s") if now.open else _("Closed now, opens %(time)s")
    return closed_up(words % {"time": until})


def moment_words(at: datetime, local: datetime) -> str:
    """``22:00``, ``Mon 08:00`` within a week, else with the date. Both are times by the station's clock."""
    clock = f"{at:%H:%M}"
    away = (at.date() - local.date()).days
    if away == 0:
        return clock
    if away < 7:
        return f"{WEEKDAYS_ABBR[at.weekday()]} {clock}"
    return f"{date_format(at.date(), 'SHORT_DATE_FORMAT')} {clock}"


def fault_words(error: HoursError) -> str:
    """What is wrong with hours as typed."""
    words = {
        Fault.RANGE: _("“%(text)s” is not understood: write 08:00-22:00, 24 h or closed."),
        Fault.OVERLAP: _("The ranges in “%(text)s” overlap."),
        Fault.TOO_MANY: _("That is more than can be kept: %(text)s"),
        Fault.DAY: _("“%(text)s” does not begin with a date as in 2026-12-25."),
        Fault.TWICE: _("“%(text)s”: this day stands here twice."),
    }
    return words[error.fault] % {"text": error.text}


def _days(first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return _("Every day")
    if first == last:
        return str(WEEKDAYS_ABBR[first])
    if last - first == 1:
        return enumerated([WEEKDAYS_ABBR[first], WEEKDAYS_ABBR[last]])
    return f"{WEEKDAYS_ABBR[first]}\N{EN DASH}{WEEKDAYS_ABBR[last]}"
