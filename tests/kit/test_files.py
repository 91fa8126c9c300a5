from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.http import Http404

from backoffice.kit import files
from backoffice.kit.errors import Refused
from backoffice.kit.pictures import Limits
from tests.support.pictures import PDF, jpeg, png, upload


def test_a_kept_file_has_a_name_of_ours_below_the_data_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    with files.kept(b"data", folder="things", ending=".png") as name:
        pass
    path = tmp_path / name
    assert path.read_bytes() == b"data" and path.parent == tmp_path / "things"
    assert len(path.stem) == 32 and path.suffix == ".png"


def test_a_file_whose_row_is_not_written_is_gone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    with pytest.raises(Refused), files.kept(b"data", folder="things", ending=".png"):
        raise Refused("no")
    assert list((tmp_path / "things").iterdir()) == []


def test_what_is_sent_is_never_run(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    name = default_storage.save("a.pdf", upload(PDF))
    answer = files.download_response(name, files.PDF, called='evil"\r\n.pdf')
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert (
        answer["Content-Disposition"].startswith("attachment") and "\n" not in answer["Content-Disposition"]
    )
    assert b"".join(answer) == PDF
    answer.file_to_stream.close()  # type: ignore[union-attr]


def test_a_file_that_is_gone_is_not_found(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    with pytest.raises(Http404):
        files.picture_response("nothing.png", "image/png")


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (b"", Limits(), "empty"),
        (b"x" * 30, Limits(heaviest=20), "too_heavy"),
        (b"<svg/>", Limits(), "unknown_kind"),
        (png(4, 4), Limits(shortest_side=8), "too_small"),
    ],
)
def test_an_upload_that_is_no_picture_is_refused_at_its_field(data: bytes, limits: Limits, code: str) -> None:
    with pytest.raises(Refused) as refused:
        files.read_picture_upload(upload(data), limits=limits, field="logo")
    assert (refused.value.code, refused.value.field) == (code, "logo")


def test_only_the_picture_itself_is_kept() -> None:
    data, picture = files.read_picture_upload(upload(jpeg() + b"film"))
    assert data == jpeg() and picture.kind == "jpeg"


def test_a_pdf_begins_and_ends_as_one() -> None:
    assert files.is_pdf(PDF)
    assert not files.is_pdf(PDF[:20])
    assert not files.is_pdf(b"MZ" + PDF)
