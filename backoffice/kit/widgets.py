"""How form controls are drawn: Django's plain inputs and menus straight from their context, all others by their templates.

The filters of a list are twenty controls with a hundred sets of attributes and options; as templates that include
templates they took a fifth of the time of the page. The markup is that of ``django/forms/widgets``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.safestring import SafeString

from backoffice.kit.markup import Pattern, joined

VALUE = Pattern(' {}="{}"')
BARE = Pattern(" {}")
INPUT = Pattern('<input type="{}" name="{}"{}{}>')
SELECT = Pattern('<select name="{}"{}>{}</select>')
GROUP = Pattern('<optgroup label="{}">{}</optgroup>')
OPTION = Pattern('<option value="{}"{}>{}</option>')
TEXTAREA = Pattern('<textarea name="{}"{}>\n{}</textarea>')

Widget = Mapping[str, Any]
"""``context["widget"]`` of a form control."""


class Renderer(TemplatesSetting):
    """``FORM_RENDERER``: a control whose template is Django's own is drawn here."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        draw = DRAWN.get(template_name)
        if draw is not None:
            return draw(context["widget"])
        words: str = super().render(template_name, context, request)
        return words


def attributes(attrs: Mapping[str, object]) -> SafeString:
    """`` class="form-control" required``: True stands without a value, False is left out."""
    return joined(
        BARE(name) if value is True else VALUE(name, value)
        for name, value in attrs.items()
        if value is not False
    )


def input_html(widget: Widget) -> SafeString:
    """One ``<input>``; without a value where nothing is known."""
    value = widget["value"]
    said = SafeString("") if value is None else VALUE("value", value)
    return INPUT(widget["type"], widget["name"], said, attributes(widget["attrs"]))


def select_html(widget: Widget) -> SafeString:
    """A menu with its groups."""
    groups = joined(
        GROUP(name, joined(map(option_html, options))) if name else joined(map(option_html, options))
        for name, options, _index in widget["optgroups"]
    )
    return SELECT(widget["name"], attributes(widget["attrs"]), groups)


def option_html(option: Widget) -> SafeString:
    """One line of a menu."""
    return OPTION(option["value"], attributes(option["attrs"]), option["label"])


def textarea_html(widget: Widget) -> SafeString:
    """A field of several lines."""
    return TEXTAREA(widget["name"], attributes(widget["attrs"]), widget["value"] or "")


INPUTS = [
    "checkbox",
    "color",
    "date",
    "datetime",
    "email",
    "hidden",
    "number",
    "password",
    "search",
    "tel",
    "text",
    "time",
    "url",
]
DRAWN: dict[str, Callable[[Widget], SafeString]] = {
    **{f"django/forms/widgets/{name}.html": input_html for name in INPUTS},
    "django/forms/widgets/select.html": select_html,
    "django/forms/widgets/textarea.html": textarea_html,
}
