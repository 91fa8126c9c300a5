"""What surrounds and fills a page, as plain values: the contract between views and templates.

Templates read these names and nothing else; views build them. No query happens here, and no HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.functional import Promise

Words = str | Promise
"""Text for the reader, translated now or when it is shown."""

Kind = Literal["", "bad", "warn"]
"""How loud a count is: neutral, red, amber."""

Tone = Literal["charging", "idle", "waiting", "offline", "fault", "accent", "plain"]
"""The colours with a meaning. ``accent`` is money that is settled, ``plain`` says nothing."""


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of the menu. A group has children and no address; the page shown now is ``current``."""

    label: Words
    url: str = ""
    icon: str = ""
    count: int | None = None
    count_kind: Kind = ""
    current: bool = False
    children: tuple[MenuItem, ...] = ()

    @property
    def open(self) -> bool:
        """A group is open while one of its pages is shown."""
        return any(child.current or child.open for child in self.children)


@dataclass(frozen=True, slots=True)
class Link:
    """A word with an address; without one, only the word."""

    label: Words
    url: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that can be posted: a membership to enter, a language to read."""

    label: Words
    value: str
    context: Words = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class JobLine:
    """One of the reader's own jobs, in the top bar while it is open and in a toast when it has ended."""

    title: str
    state: Words
    tone: Tone
    url: str
    open: bool
    percent: int | None = None
    """0 to 100; None where nobody knows how much there is to do."""
    file_url: str = ""
    file_name: str = ""
    error: str = ""
    seen_url: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything around the page of a signed-in member of staff (context name ``frame``)."""

    menu: Sequence[MenuItem]
    path: Sequence[Link]
    """The tenants above the one entered, from the top."""
    scope: str
    scope_note: Words = ""
    """What lies below: “all 14 agencies”."""
    memberships: Sequence[Choice] = ()
    switch_url: str = ""
    user_name: str = ""
    user_role: Words = ""
    account: Sequence[Link] = ()
    home_url: str = "/"
    logout_url: str = ""
    theme_url: str = ""
    language_url: str = ""
    languages: Sequence[Choice] = ()
    search_url: str = ""
    live_url: str = ""
    alarms_url: str = ""
    alarms_open: int = 0
    jobs_url: str = ""
    jobs_running: int = 0
    brand: str = ""
    brand_logo: str = ""
    acting_as: str = ""
    """Set while somebody works in another's name: shown in a band on every page."""
    acting_until: datetime | None = None
    leave_url: str = ""
    crumbs: Sequence[Choice] = ()
    """From the tenant entered down to the one below it that is looked at alone; empty where all of it is."""
    look_url: str = ""
    choose_url: str = ""
    display_url: str = ""
    density: str = ""
    folded: bool = False
    jobs: Sequence[JobLine] = ()
    tray_url: str = ""
    place: str = ""
    """Names person and tenant looked at, for what a browser keeps by itself."""

    @property
    def narrowed(self) -> str:
        """The name of the tenant that is looked at alone; empty where all is."""
        return str(self.crumbs[-1].label) if self.crumbs else ""

    @property
    def jobs_open(self) -> list[JobLine]:
        """What waits or runs."""
        return [job for job in self.jobs if job.open]

    @property
    def jobs_ended(self) -> list[JobLine]:
        """What ended and was not looked at yet."""
        return [job for job in self.jobs if not job.open]

    @property
    def initials(self) -> str:
        """At most two letters; the last two characters of a name that is written without spaces."""
        words = self.user_name.split()
        if len(words) > 1:
            return (words[0][0] + words[-1][0]).upper()
        return (
            self.user_name[-2:]
            if self.user_name and not self.user_name.isascii()
            else self.user_name[:2].upper()
        )


@dataclass(frozen=True, slots=True)
class Tab:
    """A named view of a list, with how many rows it has."""

    label: Words
    url: str
    count: int | None = None
    count_kind: Kind = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is in force, and the address of the list without it."""

    label: Words
    value: Words
    remove_url: str


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done to what is shown.

    ``asks`` opens the page at ``url`` in a dialog (and as a page where scripts do not run); without it
    the button posts to ``url`` at once, unless ``get`` makes it a plain link. ``refused`` says why the
    button is there and dead.
    """

    label: Words
    url: str
    icon: str = ""
    tone: Literal["", "stop", "warn", "primary"] = ""
    asks: bool = False
    get: bool = False
    direct: bool = False
    """In a row: its own icon button instead of a line in the menu."""
    refused: Words = ""
    aside: bool = False
    """At the head of a page: a line in the menu behind the dots, because it is seldom wanted."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a list stands. ``total`` is exact, or where ``capped`` the number that counting stopped at."""

    first: int
    last: int
    total: int
    capped: bool = False
    first_url: str = ""
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that the reader may show or hide."""

    name: str
    label: Words
    shown: bool
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: what would be here, and what to do next."""

    title: Words
    text: Words = ""
    action: Link | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of the strip at the top of a detail page; values come formatted (or as safe HTML)."""

    label: Words
    value: Words
    note: Words = ""
    big: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline: what the pile reported on the left, what it did to money on the right."""

    at: datetime
    pile: Words = ""
    pile_note: Words = ""
    money: Words = ""
    money_note: Words = ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One OCPP frame in a conversation. ``inward`` came from the pile."""

    at: datetime
    inward: bool
    action: str
    kind: Literal["call", "result", "error"]
    unique_id: str
    payload: str
    """Pretty-printed, secrets masked."""
    took_ms: int | None = None
    order: Link | None = None
    pile_time: str = ""
    """The time by the pile's own clock, as it wrote it."""
    pile_clock: str = ""
    """The same by the reader's clock; empty where it cannot be read."""
    behind: str = ""
    """How far its clock was behind ours or the message late, where that is worth saying."""
    remarks: Sequence[tuple[Words, str]] = ()
    """What was odd about it, and the field."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A big figure of the overview with its course and its change; values come formatted."""

    label: Words
    value: str
    unit: Words = ""
    course: Sequence[float] = ()
    course_label: Words = ""
    wider_label: Words = ""
    wider_value: str = ""
    wider_more: str = ""
    """Other currencies: they stand beside each other and are never added up."""
    change: float | None = None
    change_label: Words = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the to-do list: what waits, how old, how much is at stake, how many."""

    label: Words
    url: str
    count: int
    icon: str
    note: Words = ""
    stake: str = ""
    count_kind: Kind = ""


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An open alarm in short."""

    title: Words
    context: str
    since: datetime
    tone: Tone
    url: str
    acknowledge_url: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve of a chart; ``axis`` 1 reads on the right. ``None`` leaves a gap."""

    name: Words
    data: Sequence[float | tuple[float, float | None] | None]
    tone: str = "accent"
    axis: int = 0
    dashed: bool = False
    area: bool = False
    bars: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as values; ``static/js/charts.js`` draws it in the colours of the theme.

    With ``labels`` the curves are one value a label; without, they are (minute of the day, value) pairs.
    ``bands`` are tariff periods behind the curves: (from, to, band, words). ``limit`` is a line with
    words, ``now`` marks the last value of the first curve with its words.
    """

    series: Sequence[Series]
    units: Sequence[Words]
    labels: Sequence[str] = ()
    tops: Sequence[float | None] = ()
    bands: Sequence[tuple[float, float, str, Words]] = ()
    limit: tuple[float, Words] | None = None
    now: Words = ""
    stacked: bool = False

    def as_json(self) -> dict[str, object]:
        """What the script reads; words are resolved in the reader's language."""
        return {
            "labels": list(self.labels),
            "units": [str(unit) for unit in self.units],
            "tops": list(self.tops),
            "series": [
                {
                    "name": str(s.name),
                    "data": list(s.data),
                    "tone": s.tone,
                    "axis": s.axis,
                    "dashed": s.dashed,
                    "area": s.area,
                    "bars": s.bars,
                }
                for s in self.series
            ],
            "bands": [[start, end, band, str(words)] for start, end, band, words in self.bands],
            "limit": [self.limit[0], str(self.limit[1])] if self.limit else None,
            "now": str(self.now),
            "stacked": self.stacked,
        }
