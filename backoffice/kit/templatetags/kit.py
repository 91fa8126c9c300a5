"""What templates say: ``{% icon "home" %}``, ``{% money order.total %}``, ``{% ago pile.heard_at %}``.

Thin names over ``kit.cells``, ``kit.drawings`` and ``kit.figures``; a figure worded by a tag and by a column is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from json import dumps
from typing import Any

from django import template
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    ChoiceField,
    ModelChoiceField,
    ModelMultipleChoiceField,
    MultipleChoiceField,
    RadioSelect,
    Select,
    Textarea,
)
from django.forms.renderers import get_default_renderer
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_tables2 import Table
from django_tables2.columns.base import BoundColumn

from backoffice.kit import cells, deeds, drawings, figures, plots, reasons, references, widgets
from backoffice.kit.frame import Action, Chart, Tone, Words
from backoffice.kit.icons import icon as draw_icon
from backoffice.kit.lists import body
from backoffice.kit.money import Money
from backoffice.kit.staff import Reader

register = template.Library()

DJANGO_ROWS = "10"
"""The height Django gives a text area that asked for none; ours is three lines."""

DJANGO_NOTHING = "---------"
"""What Django offers where no row was chosen yet."""

NO_BREAK = "\N{NO-BREAK SPACE}"

CURSOR_FIELDS = ("after", "before", "page")
"""Query fields that place a reader within a list; they mean nothing in another order."""


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """``{% icon "bolt" %}``: see ``kit.icons`` for the names."""
    return draw_icon(name, css)


@register.simple_tag
def badge(label: str, tone: Tone) -> SafeString:
    """``{% badge order.get_charge_state_display "charging" %}``."""
    return cells.badge(label, tone)


@register.simple_tag
def money(value: Money | None) -> str:
    """``¥ 45.28``; a dash where nothing is known."""
    return figures.money_text(value) if value is not None else cells.NONE


@register.simple_tag
def amount(value: Money | None) -> str:
    """``45.28``, under a head that names the currency."""
    return figures.amount_text(value) if value is not None else cells.NONE


@register.simple_tag
def energy(wh: int | None, digits: int = 3) -> str:
    """Watt-hours as kWh without the unit."""
    return figures.energy_text(wh, digits) if wh is not None else cells.NONE


@register.filter
def number(value: Decimal | float, digits: int = 0) -> str:
    """``{{ n|number }}``, ``{{ kw|number:1 }}``: grouped for the reader, true minus sign."""
    return figures.number_text(value, digits)


@register.filter
def change(ratio: float) -> str:
    """``{{ 0.062|change }}`` → ``+6.2 %``."""
    return figures.change_text(ratio)


@register.filter
def percent(ratio: float) -> str:
    """``{{ 0.272|percent }}`` → ``27.2 %``."""
    return figures.percent_text(ratio)


@register.filter
def deed(action: str) -> Words:
    """``{{ entry.action|deed }}``: an action of the audit trail in words."""
    return deeds.deed_words(action)


@register.filter
def why(reason: str) -> Words:
    """``{{ entry.reason|why }}``: the reason of a timer in words, of a person as typed."""
    return reasons.reason_words(reason)


@register.filter
def doer(row: Any) -> Words:
    """``{{ command|doer }}``: who did it, of a row with ``actor_label`` and ``actor_ref``."""
    return deeds.doer_words(row.actor_label, row.actor_ref)


@register.filter
def duration(seconds: float) -> str:
    """``{{ 9540|duration }}`` → ``2 h 39 min``."""
    return figures.duration_text(seconds)


@register.simple_tag
def when(at: datetime | None, zone: tzinfo | None = None) -> SafeString:
    """The moment in short, exact in the title; ``zone`` is the station's."""
    return cells.when(at, zone=zone)


@register.simple_tag
def ago(at: datetime | None, zone: tzinfo | None = None) -> SafeString:
    """How long ago, ticking; exact in the title."""
    return cells.ago(at, zone=zone)


@register.filter
def exact(at: datetime) -> str:
    """``21 Nov 2026 14:03:52 CST`` in the zone in force."""
    return figures.exact_text(at)


@register.simple_tag
def bar(value: float, top: float, label: str, tone: Tone = "accent") -> SafeString:
    """A thin bar of value over top."""
    return drawings.bar(value, top, label=label, tone=tone)


@register.simple_tag
def swatch(band: str) -> SafeString:
    """The colour of a tariff period: ``{% swatch "peak" %}``."""
    return cells.swatch(band)


@register.simple_tag
def ring(slices: Sequence[drawings.Slice], figure: str, caption: str, label: str) -> SafeString:
    """A ring of shares with a figure in it."""
    return drawings.ring(slices, figure=figure, caption=caption, label=label)


@register.filter
def shares(slices: Sequence[drawings.Slice]) -> list[drawings.Slice]:
    """The slices with their share of the sum."""
    return drawings.shares(slices)


@register.simple_tag
def sparkline(values: Sequence[float], label: str) -> SafeString:
    """The course of a figure, oldest first."""
    return drawings.sparkline(values, label=label)


@register.simple_tag(takes_context=True)
def about(context: Context, reference: str) -> Words:
    """What a reference stands for, ``{% about hold.about %}``: a link for those who may follow it."""
    return references.cell(reference, Reader.of(context["request"]))


@register.simple_tag
def plot_values(chart: Chart) -> plots.PlotValues:
    """What a chart shows, as the heads and lines of a table."""
    return plots.plot_values(chart)


@register.simple_tag
def action(what: Action, of: str = "") -> SafeString:
    """One button of a page head or a card."""
    return cells.button(what, of=of)


@register.simple_tag
def head_actions(actions: Sequence[Action], of: str) -> SafeString:
    """The buttons at the head of a page, the seldom ones behind dots."""
    return cells.head_actions(actions or (), of=of)


@register.simple_tag
def menu_action(what: Action) -> SafeString:
    """One line of a menu."""
    return cells.menu_line(what)


@register.simple_tag
def span_words() -> str:
    """The words for ticking times, for ``<body data-span>``."""
    return dumps(figures.span_words(), ensure_ascii=False)


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The widget of a field in our look; errors and help are announced with it (``aria-describedby``)."""
    widget = field.field.widget
    if isinstance(field.field, ModelChoiceField) and field.field.empty_label == DJANGO_NOTHING:
        field.field.empty_label = _("Choose…") if field.field.required else figures.DASH
    if str(widget.attrs.get("placeholder", "")) == str(field.label):
        del widget.attrs["placeholder"]  # the words of django-allauth, which has no labels
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        css = "choices"
    elif isinstance(widget, CheckboxInput):
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    else:
        css = "form-control"
    attrs: dict[str, str | bool] = {"class": f"{css} {widget.attrs.get('class', '')}".strip()}
    if isinstance(widget, Textarea) and widget.attrs.get("rows") == DJANGO_ROWS:
        attrs["rows"] = "3"
    return field.as_widget(attrs=attrs)


@register.simple_tag
def part(widget: widgets.Widget) -> str:
    """One control of a widget that has several (its ``subwidgets``)."""
    return get_default_renderer().render(widget["template_name"], {"widget": widget})


@register.simple_tag
def attributes(attrs: Mapping[str, object]) -> SafeString:
    """The attributes of a control whose markup is our own."""
    return widgets.attributes(attrs)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether the label goes behind the control."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_optional(field: BoundField) -> bool:
    """Whether it may be left empty without saying anything by that.

    A choice without an empty one always has a value, and an empty one with words of its own is an answer. A shown
    field cannot be changed. Of those in the ``one_of`` of a form one is needed.
    """
    asked = field.field
    if asked.required or asked.disabled or field.name in getattr(field.form, "one_of", ()):
        return False
    if not isinstance(asked, ChoiceField):
        return True
    if isinstance(asked, MultipleChoiceField | ModelMultipleChoiceField):
        return True
    if isinstance(asked, ModelChoiceField):
        return asked.empty_label in {DJANGO_NOTHING, figures.DASH}
    choices: Any = asked.choices
    return any(value in {"", None} and str(words) in {"", figures.DASH} for value, words in choices)


@register.filter
def cell_class(column: BoundColumn) -> str:
    """The ``c-…`` classes of a column."""
    return body.cell_class(column)


@register.filter
def parted(head: object) -> str:
    """A head of two where there is no room for it: it parts at its comma, not within its words."""
    words = str(head)
    return words.replace(" ", NO_BREAK).replace(f",{NO_BREAK}", ", ") if ", " in words else words


@register.simple_tag
def table_body(table: Table, picking: object) -> SafeString:
    """The rows of a list, each with a box where something may be done to many."""
    return body.table_body(table, picking=bool(picking))


@register.simple_tag(takes_context=True)
def sort_url(context: Context, table: Table, column: BoundColumn) -> str:
    """The address of the same list ordered by this column (or its order turned round), from its start."""
    query = context["request"].GET.copy()
    for name in CURSOR_FIELDS:
        query.pop(name, None)
    query[table.prefixed_order_by_field] = column.order_by_alias.next
    return f"?{query.urlencode()}"
