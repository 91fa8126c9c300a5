"""What every template promises: it compiles, names only what exists, and keeps a strict content policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, engines
from django.template.loader import get_template
from django.utils import translation

from backoffice.kit.icons import ICONS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
ERRORS = ("400", "403", "404", "429", "500", "503")

INLINE = re.compile(
    r"""\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|javascript:|\shx-on""", re.IGNORECASE
)
STATIC = re.compile(r"""\{%\s*static\s+['"]([^'"]+)['"]""")
ICON = re.compile(r"""\{%\s*icon\s+['"]([^'"]+)['"]""")
ADDRESS = re.compile(r"""url\("\.\./([^"]+)"\)""")
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\s*%\}.*?\{%\s*endcomment\s*%\}", re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_compiles(path: Path) -> None:
    get_template(path.relative_to(ROOT / "templates").as_posix())


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_no_inline_style_and_no_inline_script(path: Path) -> None:
    found = INLINE.findall(COMMENT.sub("", path.read_text()))
    assert not found, f"{name_of(path)} breaks a strict content policy: {found}"


def test_every_icon_that_a_template_names_is_drawn() -> None:
    named = {(name_of(path), icon) for path in TEMPLATES for icon in ICON.findall(path.read_text())}
    assert not {(place, icon) for place, icon in named if icon not in ICONS}


@pytest.mark.skipif(
    not (ROOT / "node_modules").is_dir(), reason="browser packages are not installed (npm ci)"
)
def test_every_static_file_that_is_named_exists() -> None:
    named = {(name_of(path), file) for path in TEMPLATES for file in STATIC.findall(path.read_text())}
    for path in STYLES:
        named |= {(name_of(path), file.replace("%40", "@")) for file in ADDRESS.findall(path.read_text())}
    assert named
    assert not {(place, file) for place, file in named if finders.find(file) is None}


@pytest.mark.parametrize("path", STYLES + SCRIPTS, ids=name_of)
def test_a_style_or_script_is_small_and_fetches_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    assert not re.search(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text)


@pytest.mark.parametrize("code", ERRORS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_error_page_needs_neither_a_request_nor_the_database(code: str, language: str) -> None:
    with translation.override(language):
        page = engines["django"].engine.get_template(f"{code}.html").render(Context())
    assert f'lang="{language}"' in page
    assert code in page
    assert 'href="/"' in page
