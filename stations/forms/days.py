"""A day of 48 half hours as a field, and a day type with the days that it counts on.

A day is posted as its 48 letters by the strip that is painted, and as rows of from, to and band where
scripts do not run: both read to the same codes.
"""

from __future__ import annotations

import re
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.enumeration import enumerated
from stations.daytypes import DayKind, DayType
from stations.slots import HALF_HOURS_A_DAY, Band, Season, SlotError, parse_codes
from stations.spans import Span, UnevenError, clock_text, codes_of, number_of, spans_of
from stations.tariff import TariffError, read_windows

BAND_WORDS = {
    Band.SHARP: gettext_lazy("Sharp"),
    Band.PEAK: gettext_lazy("Peak"),
    Band.FLAT: gettext_lazy("Flat"),
    Band.VALLEY: gettext_lazy("Valley"),
}
KIND_WORDS = {
    DayKind.WEEKDAYS: gettext_lazy("Weekdays"),
    DayKind.SEASON: gettext_lazy("A season"),
    DayKind.HOLIDAYS: gettext_lazy("Holidays of the calendar"),
    DayKind.DATES: gettext_lazy("Single dates"),
}
BLANK_ROWS = 3
MOST_ROWS = HALF_HOURS_A_DAY + BLANK_ROWS
UNPAINTED = Band.FLAT.value * HALF_HOURS_A_DAY

_MONTH_DAY = re.compile(r"\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*")
_WINDOW = re.compile(r"\s*(\d{1,2}[:：]\d{2})\s*[-–—~至]\s*(\d{1,2}[:：]\d{2})\s*")

Row = tuple[str, str, str]


class DayWidget(forms.Widget):
    """The strip and, without scripts, the rows. Its value is 48 letters or rows ``(from, to, band)``."""

    template_name = "stations/_day.html"
    use_fieldset = True

    def value_from_datadict(self, data, files, name):
        painted = data.get(name)
        if painted:
            return painted
        columns = [data.getlist(f"{name}_{part}") for part in ("from", "to", "band")]
        return [tuple(row) for row in zip(*columns, strict=False)][:MOST_ROWS]

    def value_omitted_from_data(self, data, files, name):
        return name not in data and f"{name}_from" not in data

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        rows = rows_of(value or UNPAINTED)
        context["widget"] |= {
            "rows": rows + [("", "", "")] * BLANK_ROWS,
            "painted": painted_of(rows),
            "bands": [(band.value, words) for band, words in BAND_WORDS.items()],
            "words": {
                "strip": _("Half hours: arrows move, Shift extends, S P F V paint, Ctrl Z takes back."),
                "to": _("%(from)s to %(to)s %(band)s"),
                "selected": _("%(from)s to %(to)s chosen"),
            },
        }
        return context

    def format_value(self, value):
        return value


class DayField(forms.Field):
    """The codes of a day, 48 letters."""

    widget = DayWidget

    def clean(self, value):
        if isinstance(value, str):
            try:
                return "".join(parse_codes(value))
            except SlotError:
                raise ValidationError(_("Each of the 48 half hours needs a band."), code="codes") from None
        filled = [row for row in value or [] if any(cell.strip() for cell in row[:2])]
        try:
            return "".join(codes_of([span_of(row) for row in filled]))
        except UnevenError as uneven:
            raise ValidationError(uneven_words(uneven), code=uneven.code) from None

    def has_changed(self, initial, data):
        return True


def span_of(row: Row) -> Span:
    """A row as it was typed. Raises ValidationError."""
    start, end = (number_of(cell) for cell in row[:2])
    if start is None or end is None:
        message = _("“%(from)s” to “%(to)s” is no time of the clock in half hours.")
        raise ValidationError(message % {"from": row[0], "to": row[1]}, code="time")
    if row[2] not in set(Band):
        raise ValidationError(_("Each of the 48 half hours needs a band."), code="codes")
    return Span(start % HALF_HOURS_A_DAY, end, Band(row[2]))


def uneven_words(uneven: UnevenError) -> str:
    """What is wrong with the rows of a day."""
    times = enumerated(run.text.replace("-", "–") for run in uneven.runs)
    if uneven.code == "gap":
        return _("Nothing is said about %(times)s: the day has a gap.") % {"times": times}
    return _("%(times)s has two bands: rows overlap.") % {"times": times}


def rows_of(value) -> list[Row]:
    """A day as rows; what was typed stays as it was typed."""
    if not isinstance(value, str):
        return [row for row in value if any(row[:2])]
    try:
        codes = parse_codes(value)
    except SlotError:
        codes = parse_codes(UNPAINTED)
    return [(clock_text(one.start), clock_text(one.end), one.band.value) for one in spans_of(codes)]


def painted_of(rows: list[Row]) -> str:
    """The letters of rows that cover the day; of others an unpainted day."""
    try:
        return "".join(codes_of([span_of(row) for row in rows]))
    except (ValidationError, UnevenError):
        return UNPAINTED


class SeasonDayField(forms.CharField):
    """A day of any year, month and day: ``06-01``."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return ""
        match = _MONTH_DAY.fullmatch(text)
        if match is None:
            raise ValidationError(_("Month and day, as in 06-01."), code="invalid")
        return f"{int(match[1]):02}-{int(match[2]):02}"


class DatesField(forms.CharField):
    """Dates, one a line or parted by commas."""

    widget = forms.Textarea

    def clean(self, value):
        found = set()
        for word in re.split(r"[\s,;，；、]+", super().clean(value).strip()):
            try:
                found |= {date.fromisoformat(word)} if word else set()
            except ValueError:
                message = _("“%(word)s” is no date. Write 2027-01-01.")
                raise ValidationError(message % {"word": word[:30]}, code="invalid") from None
        return frozenset(found)

    def prepare_value(self, value):
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(sorted(day.isoformat() for day in value))


class HoursField(forms.CharField):
    """Hours of the day, each from a time to a time: ``22:00–06:00``."""

    def clean(self, value):
        found = []
        for part in re.split(r"[,;，；、]", super().clean(value)):
            match = _WINDOW.fullmatch(part)
            if match is not None:
                found.append([limit.replace("：", ":").rjust(5, "0") for limit in match.groups()])
            elif part.strip():
                raise ValidationError(_("Hours of the day, as in 22:00–06:00."), code="invalid")
        try:
            read_windows(found)
        except TariffError:
            raise ValidationError(_("Hours of the day, as in 22:00–06:00."), code="invalid") from None
        return found

    def prepare_value(self, value):
        if isinstance(value, str) or value is None:
            return value
        return ", ".join("–".join(window) for window in value)


class DayTypeForm(forms.Form):
    """On which days it counts, and what these look like."""

    name = forms.CharField(label=gettext_lazy("Name of the day type"), max_length=40)
    kind = forms.ChoiceField(
        label=gettext_lazy("Counts on"), choices=[(kind.value, words) for kind, words in KIND_WORDS.items()]
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Weekdays"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Of a season: none is all of them."),
    )
    first = SeasonDayField(
        label=gettext_lazy("First day"), required=False, help_text=gettext_lazy("Month and day: 06-01.")
    )
    last = SeasonDayField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Counts too. May be next year."),
    )
    dates = DatesField(
        label=gettext_lazy("Dates"), required=False, help_text=gettext_lazy("One a line: 2027-01-01.")
    )
    codes = DayField(label=gettext_lazy("Half hours of these days"))
    remove = forms.BooleanField(label=gettext_lazy("Take this day type out"), required=False)

    def __init__(self, *args, unchecked=False, **options):
        super().__init__(*args, **options)
        self.unchecked = unchecked

    def full_clean(self):
        """Nothing where the page is only shown again with what was typed."""
        if not self.unchecked:
            super().full_clean()
            return
        self._errors, self.cleaned_data = forms.utils.ErrorDict(), {}

    @property
    def is_removed(self):
        return bool(self.is_bound and self.data.get(self.add_prefix("remove")))

    def clean(self):
        super().clean()
        data = self.cleaned_data
        kind = data.get("kind")
        if kind == DayKind.WEEKDAYS and not data.get("weekdays"):
            self.add_error("weekdays", _("Tick the weekdays."))
        if kind == DayKind.DATES and "dates" in data and not data["dates"]:
            self.add_error("dates", _("Write the dates."))
        if kind == DayKind.SEASON and "first" in data and "last" in data:
            self._require_season(data["first"], data["last"])
        return data

    def _require_season(self, first, last):
        for name, text in (("first", first), ("last", last)):
            try:
                Season.parse(text, text)
            except SlotError:
                self.add_error(name, _("There is no such day in a year."))

    def day_type(self) -> DayType:
        """What a form that is valid says; only the fields of its kind."""
        data, kind = self.cleaned_data, DayKind(self.cleaned_data["kind"])
        of_season = kind is DayKind.SEASON
        return DayType(
            kind=kind,
            name=data["name"].strip(),
            codes=parse_codes(data["codes"]),
            weekdays=frozenset(data["weekdays"]) if kind is DayKind.WEEKDAYS or of_season else frozenset(),
            season=Season.parse(data["first"], data["last"]) if of_season else None,
            dates=data["dates"] if kind is DayKind.DATES else frozenset(),
        )


def initial_of(one: DayType):
    """A day type as the initial values of its form."""
    first, last = one.season.text if one.season is not None else ("", "")
    return {
        "name": one.name,
        "kind": one.kind.value,
        "weekdays": sorted(one.weekdays),
        "first": first,
        "last": last,
        "dates": one.dates,
        "codes": "".join(one.codes),
    }
