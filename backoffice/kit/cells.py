"""The HTML of one cell: two lines, badge, money, time, bar, buttons of a row.

Columns of lists, detail pages and template tags all come here, so a state or an amount looks the same
everywhere. Everything is escaped on the way in; the patterns below are the only markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.drawings import bar
from backoffice.kit.figures import amount_text, exact_text, moment_text, money_text, number_text, span_text
from backoffice.kit.frame import Action, Tone, Words
from backoffice.kit.icons import icon
from backoffice.kit.markup import Pattern, joined
from backoffice.kit.money import Money

LOW, VERY_LOW = Decimal("0.30"), Decimal("0.15")
"""Of a hold: below the first the bar turns amber, below the second red."""

NONE = SafeString('<span class="none">\N{EN DASH}</span>')

UPPER = Pattern('<span class="l1">{}</span>')
CLIPPED = Pattern('<span class="l1 clip" title="{}">{}</span>')
LOWER = Pattern('{}<span class="l2">{}</span>')
LINK = Pattern('<a class="name" href="{}">{}</a>')
STATE = Pattern('<span class="state s-{}">{}</span>')
STRONG = Pattern("<strong>{}</strong>")
MOMENT = Pattern('<time datetime="{}" title="{}">{}</time>')
TICKING = Pattern('<time data-ago datetime="{}" title="{}">{}</time>')
PHONE = Pattern('<span class="phone">{}</span>')
OVER = Pattern('<span class="over"><span class="{}">{}</span><span class="of">/ {}</span></span>{}')
LEFT = Pattern('<span class="t-{}">{}</span>{}')
SWATCH = Pattern('<i class="swatch b-{}"></i>')
NAMED = Pattern(' aria-label="{} {}"')
TITLED = Pattern(' title="{}"')
REFUSED = Pattern('<button type="button" class="{}" disabled title="{}"{}>{}</button>')
GOES = Pattern('<a class="{}" href="{}"{}{}>{}</a>')
POSTS = Pattern('<button class="{}" form="post" formaction="{}"{}>{}</button>')
MENU_WORDS = Pattern("{}<span>{}</span>")
MENU_REFUSED = Pattern('<span class="menu-item refused">{}<small>{}</small></span>')
ROW_MENU = Pattern(
    '{}<button type="button" class="icon-btn sm" popovertarget="menu-{}" aria-label="{}">{}</button>'
    '<div class="menu" id="menu-{}" popover>{}</div>'
)
HEAD_MENU = Pattern(
    '{}<button type="button" class="btn icon-only" popovertarget="head-menu" aria-label="{}">{}</button>'
    '<div class="menu" id="head-menu" popover>{}</div>'
)


def two_lines(first: Words, second: Words = "", *, clip: bool = False) -> SafeString:
    """A fact and its context below. ``clip`` cuts a long fact with an ellipsis and keeps it as title.

    Where the fact is missing, what is known stands in its place: no empty line above it.
    """
    if not first:
        first, second = second, ""
    head = CLIPPED(first, first) if clip else UPPER(first)
    return LOWER(head, second) if second else head


def link(text: Words, url: str, second: Words = "") -> SafeString:
    """The name of the row as a link, with its context below."""
    return two_lines(LINK(url, text), second)


def first_line(cell: object) -> str:
    """The text of the upper line of a cell, for labels that name the row."""
    return strip_tags(str(cell).split('<span class="l2">', 1)[0])


def badge(label: Words, tone: Tone) -> SafeString:
    """A state. Colour and shape both carry it: dot, hollow dot (offline), diamond (fault), square (waiting)."""
    return STATE(tone, label)


def money(value: Money | None, second: Words = "") -> SafeString:
    """``¥ 45.28`` in bold; nothing known is a dash, nothing owed is a zero."""
    if value is None:
        return NONE
    return two_lines(STRONG(money_text(value)), second)


def when(at: datetime | None, second: Words = "", *, zone: tzinfo | None = None) -> SafeString:
    """The moment in short, exact in the title."""
    if at is None:
        return NONE
    shown = MOMENT(
        at.isoformat(timespec="seconds"),
        exact_text(at, zone=zone),
        moment_text(at, now=clock.now(), zone=zone),
    )
    return two_lines(shown, second)


def ago(at: datetime | None, *, zone: tzinfo | None = None) -> SafeString:
    """How long ago; it ticks in the browser. The exact moment is the title."""
    if at is None:
        return NONE
    return TICKING(
        at.isoformat(timespec="milliseconds"),
        exact_text(at, zone=zone),
        span_text((clock.now() - at).total_seconds()),
    )


def phone(masked: str) -> SafeString:
    """A phone number as the reader may see it: masked before it comes here, or whole where permitted."""
    return PHONE(masked)


def measured(
    value: Decimal | float, top: Decimal | float, *, label: str, tone: Tone, digits: int = 1
) -> SafeString:
    """A figure over its rating with the bar below: ``118.2 / 120``."""
    return OVER(
        "value" if value else "of",
        number_text(value, digits),
        number_text(top),
        bar(value, top, label=label, tone=tone if value else "plain"),
    )


def remaining(left: Money, whole: Money, *, label: str) -> SafeString:
    """What is left of a hold: amber below 30 %, red below 15 %."""
    share = Decimal(left.amount) / whole.amount if whole.amount else Decimal(0)
    tone: Tone = "fault" if share < VERY_LOW else "waiting" if share < LOW else "plain"
    return LEFT(
        tone,
        amount_text(left),
        bar(left.amount, whole.amount, label=label, tone=tone),
    )


def swatch(band: str) -> SafeString:
    """The colour of a tariff period (valley, flat, peak, sharp): the same behind the curve and on the bill."""
    return SWATCH(band)


def button(action: Action, *, of: str, small: bool = False) -> SafeString:
    """One action as a labelled icon button (in a row) or a button with its word; ``of`` names the row.

    Posting goes through the one form ``#post`` of the frame, which carries the token.
    """
    css = (
        f"icon-btn sm {action.tone}"
        if small
        else f"btn {'btn-primary' if action.tone == 'primary' else action.tone}"
    )
    drawn = icon(action.icon) if action.icon else ""
    words = drawn if small else joined((drawn, action.label))
    name = NAMED(action.label, of) if small else ""
    if action.refused:
        return REFUSED(css, action.refused, name, words)
    title = TITLED(action.label) if small else ""
    return _pressable(action, css, joined((name, title)), words)


def _pressable(action: Action, css: str, attributes: str, words: str) -> SafeString:
    if action.asks or action.get:
        dialog = SafeString(" data-dialog") if action.asks else ""
        return GOES(css, action.url, dialog, attributes, words)
    return POSTS(css, action.url, attributes, words)


def menu_line(action: Action) -> SafeString:
    """One action as a line of a menu; a refused one stays, with its reason below."""
    words = MENU_WORDS(icon(action.icon or "chevron"), action.label)
    if action.refused:
        return MENU_REFUSED(words, action.refused)
    return _pressable(action, f"menu-item {action.tone}".rstrip(), "", words)


def row_actions(actions: Sequence[Action], *, key: str, of: str) -> SafeString:
    """The last cell of a row: direct actions as icons, the others behind the three dots.

    ``key`` is unique on the page (it names the menu), ``of`` is the name of the row for screen readers.
    """
    direct = joined(button(a, of=of, small=True) for a in actions if a.direct)
    rest = [a for a in actions if not a.direct]
    if not rest:
        return direct
    return ROW_MENU(
        direct,
        key,
        _("More actions for %(row)s") % {"row": of},
        icon("dots", "heavy"),
        key,
        joined(map(menu_line, rest)),
    )


def head_actions(actions: Sequence[Action], *, of: str) -> SafeString:
    """The buttons at the head of a page about ``of``; those that stand aside are behind the dots."""
    buttons = joined(button(a, of=of) for a in actions if not a.aside)
    rest = [a for a in actions if a.aside]
    if not rest:
        return buttons
    return HEAD_MENU(
        buttons,
        _("More actions for %(row)s") % {"row": of},
        icon("dots", "heavy"),
        joined(map(menu_line, rest)),
    )
