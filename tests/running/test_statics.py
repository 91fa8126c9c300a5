"""Files of the pages leave packed for those who take it, and are the same files."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.http import HttpResponse, HttpResponseBase
from django.test import RequestFactory

from backoffice.environment import ROOT
from backoffice.statics import PackedFiles

pytestmark = pytest.mark.django_db  # whoever closes an answer looks after its connections

SHEET = "css/app.css"
FONT = "npm/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"


@pytest.fixture
def packed(settings: LazySettings, tmp_path: Path) -> Path:
    settings.STATIC_PACKED = tmp_path / "packed"
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_AUTOREFRESH = False
    return tmp_path / "packed"


def files() -> PackedFiles:
    return PackedFiles(lambda request: HttpResponse("page"))


def asked(middleware: PackedFiles, name: str, encodings: str = "") -> HttpResponseBase:
    return middleware(RequestFactory().get(f"/static/{name}", headers={"accept-encoding": encodings}))


def content(answer: HttpResponseBase) -> bytes:
    body = b"".join(answer)
    answer.close()
    return body


def test_a_style_sheet_is_packed_for_who_takes_it(packed: Path) -> None:
    answer = asked(files(), SHEET, "gzip, br")
    assert answer["Content-Encoding"] == "gzip"
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["Content-Type"].startswith("text/css")
    body = content(answer)
    assert int(answer["Content-Length"]) == len(body)
    assert gzip.decompress(body) == (ROOT / "static" / SHEET).read_bytes()


def test_it_goes_out_whole_to_others(packed: Path) -> None:
    middleware = files()
    asked(middleware, SHEET, "gzip").close()
    answer = asked(middleware, SHEET, "identity")
    assert not answer.has_header("Content-Encoding")
    assert content(answer) == (ROOT / "static" / SHEET).read_bytes()


def test_a_font_is_left_as_it_is(packed: Path) -> None:
    answer = asked(files(), FONT, "gzip")
    assert not answer.has_header("Content-Encoding")
    answer.close()


def test_what_was_packed_is_found_after_a_restart(packed: Path) -> None:
    asked(files(), SHEET, "gzip").close()
    (written,) = packed.iterdir()
    before = written.stat().st_mtime_ns
    answer = asked(files(), SHEET, "gzip")
    assert answer["Content-Encoding"] == "gzip"
    answer.close()
    assert [one.stat().st_mtime_ns for one in packed.iterdir()] == [before]


def test_where_nothing_can_be_written_it_goes_out_whole(packed: Path) -> None:
    packed.write_text("a file where the folder should be")
    answer = asked(files(), SHEET, "gzip")
    assert not answer.has_header("Content-Encoding")
    assert content(answer) == (ROOT / "static" / SHEET).read_bytes()


def test_pages_are_not_touched(packed: Path) -> None:
    assert content(files()(RequestFactory().get("/"))) == b"page"
