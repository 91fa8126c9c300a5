"""The connectors of a pile in one cell of a list: a badge for each, with its letter and what it last reported."""

from __future__ import annotations

from django.utils.html import format_html_join
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.kit import cells
from backoffice.kit.lists import columns
from stations import tones
from stations.models import ConnectorStatus, letter_of


def words_of(guns):
    """``A Available · B Charging``: what each connector last reported."""
    labels = dict(ConnectorStatus.choices)
    return " · ".join(
        f"{letter_of(gun['number'])} {labels.get(gun['status'], gettext('unknown'))}" for gun in guns
    )


def error_words(code):
    """The code of an error; none where the pile says that there is none."""
    return "" if code == "NoError" else code


class Guns(columns.Text):
    """A badge for each connector: its letter and what it last reported."""

    css = "c-wide"

    def __init__(self):
        super().__init__("guns", head=_("Connectors"), show=words_of)

    def html(self, values, reader, second):
        badges = (
            (cells.badge(words_of([gun]), tones.CONNECTOR.get(gun["status"], "plain")),) for gun in values[0]
        )
        return format_html_join(" ", "{}", badges) or cells.NONE
