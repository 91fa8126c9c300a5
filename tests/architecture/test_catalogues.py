"""Strings are found where they are written, and a catalogue knows what it lacks."""

from __future__ import annotations

import gettext
from pathlib import Path

import polib
import pytest

from backoffice import catalogues
from backoffice.catalogues import Message

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
title = _("Stations")
count = ngettext("%(n)s pile", "%(n)s piles", 3)
month = pgettext("name of a month", "May")
not_ours = other("Nothing")
joined = _("one " "sentence")
"""
TEMPLATE = """
{% load i18n %}
<h1 title="{% translate "It's here" %}">{% translate 'Piles' context "heading" %}</h1>
{% blocktranslate count n=n %}{{ n }} order{% plural %}{{ n }} orders{% endblocktranslate %}
{% blocktranslate trimmed %}
  Two
  lines
{% endblocktranslate %}
{{ _("Filtered")|upper }} {# {% translate "Commented" %} #}
"""


@pytest.fixture
def product(tmp_path: Path) -> Path:
    (tmp_path / "app" / "templates").mkdir(parents=True)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "app" / "page.py").write_text(PYTHON)
    (tmp_path / "app" / "templates" / "page.html").write_text(TEMPLATE)
    (tmp_path / "node_modules" / "theirs.py").write_text('_("Not ours")')
    return tmp_path


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def test_strings_are_found_in_python_and_templates(product: Path) -> None:
    found = catalogues.extract(product)

    assert {(message.text, message.plural, message.context) for message in found} == {
        ("Stations", None, None),
        ("%(n)s pile", "%(n)s piles", None),
        ("May", None, "name of a month"),
        ("one sentence", None, None),
        ("It's here", None, None),
        ("Piles", None, "heading"),
        ("%(n)s order", "%(n)s orders", None),
        ("Two lines", None, None),
        ("Filtered", None, None),
    }
    assert {message.place.split(":")[0] for message in found} == {"app/page.py", "app/templates/page.html"}


def test_an_update_adds_what_is_new_keeps_what_is_done_and_drops_the_rest(catalogue: Path) -> None:
    catalogues.update(catalogue, [Message("Stations"), Message("Old")])
    file = polib.pofile(str(catalogue))
    for entry in file:
        entry.msgstr = "站点"
    file.save()

    added = catalogues.update(catalogue, [Message("Stations"), Message("May", context="name of a month")])

    entries = {(entry.msgid, entry.msgctxt): entry.msgstr for entry in polib.pofile(str(catalogue))}
    assert added == 1
    assert entries == {("Stations", None): "站点", ("May", "name of a month"): ""}


def test_an_incomplete_catalogue_says_what_it_lacks(catalogue: Path) -> None:
    messages = [Message("Stations", place="a.py:1"), Message("%(n)s piles", place="a.py:2"), Message("New")]
    catalogues.update(catalogue, [*messages[:2], Message("Old")])
    file = polib.pofile(str(catalogue))
    file.find("Stations").msgstr = "站点"  # type: ignore[union-attr]
    file.find("%(n)s piles").msgstr = "%(count)s 个充电桩"  # type: ignore[union-attr]
    file.save()

    faults = list(catalogues.faults(catalogue, messages))

    assert "a placeholder that the text has not: '%(n)s piles'" in faults[0]
    assert faults[1:] == [": not translated: 'New'", "no longer used: 'Old'"]


def test_a_compiled_catalogue_is_read_by_gettext(catalogue: Path) -> None:
    messages = [
        Message("Stations"),
        Message("%(n)s pile", plural="%(n)s piles"),
        Message("May", context="month"),
    ]
    catalogues.update(catalogue, messages)
    file = polib.pofile(str(catalogue))
    file.find("Stations").msgstr = "站点"  # type: ignore[union-attr]
    file.find("%(n)s pile").msgstr_plural = {0: "%(n)s 个充电桩"}  # type: ignore[union-attr]
    file.find("May", msgctxt="month").msgstr = "五月"  # type: ignore[union-attr]
    file.save()
    locale = catalogue.parent.parent.parent

    assert catalogues.compile_all(locale) == 1
    assert catalogues.compile_all(locale) == 0

    with catalogue.with_suffix(".mo").open("rb") as compiled:
        translations = gettext.GNUTranslations(compiled)
    assert translations.gettext("Stations") == "站点"
    assert translations.ngettext("%(n)s pile", "%(n)s piles", 2) == "%(n)s 个充电桩"
    assert translations.pgettext("month", "May") == "五月"
