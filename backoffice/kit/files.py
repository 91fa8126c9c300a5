"""Files that staff upload: read within a limit, kept under a name of ours below ``DATA_DIR``, and sent so that no browser runs them.

What a file is called on somebody's computer is for reading; on disk it has a name that nobody can guess and the
ending of what it was found to be. A file that its row does not reach is taken away again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse, Http404
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from backoffice.kit.errors import Refused
from backoffice.kit.pictures import PHOTO, Fault, Limits, Picture, PictureError, read_picture

PDF = "application/pdf"
PDF_SIGNATURE, PDF_END = b"%PDF-", b"%%EOF"
PDF_TAIL = 2048
"""Bytes at the end among which a PDF says that it ends; writers add a little behind it."""

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
FOR_GOOD = "public, max-age=31536000, immutable"


def read_upload(upload: File[Any], *, heaviest: int, field: str = "file") -> bytes:
    """Everything that was sent. Raises Refused for nothing and for more than ``heaviest`` bytes."""
    if upload.size > heaviest:
        most = filesizeformat(heaviest)
        raise Refused(
            _("The file may have at most %(most)s.") % {"most": most}, code="too_heavy", field=field
        )
    data: bytes = upload.read()
    if not data:
        raise Refused(_("The file is empty."), code="empty", field=field)
    return data


def read_picture_upload(
    upload: File[Any], *, limits: Limits = PHOTO, field: str = "file"
) -> tuple[bytes, Picture]:
    """The bytes of a PNG, JPEG or WebP, and what they are. Raises Refused with the reason at ``field``."""
    data = read_upload(upload, heaviest=limits.heaviest, field=field)
    try:
        picture = read_picture(data, limits)
    except PictureError as error:
        raise Refused(picture_fault(error.code, limits), code=error.code, field=field) from error
    return data[: picture.length], picture


def picture_fault(code: Fault, limits: Limits) -> str:
    """Why a picture was not taken, for whoever sent it."""
    words: dict[Fault, str] = {
        "too_heavy": _("The file may have at most %(most)s.") % {"most": filesizeformat(limits.heaviest)},
        "unknown_kind": _("This is no PNG, JPEG or WebP picture."),
        "broken": _("The picture is damaged or cut short."),
        "moving": _("The picture moves; a still one is needed."),
        "too_many_pixels": _("The picture is too large: at most %(side)s pixels a side.")
        % {"side": limits.longest_side},
        "too_small": _("The picture is too small: at least %(side)s pixels a side.")
        % {"side": limits.shortest_side},
    }
    return words[code]


def is_pdf(data: bytes) -> bool:
    """A PDF from its head to its end (ISO 32000-1 §7.5)."""
    return data.startswith(PDF_SIGNATURE) and PDF_END in data[-PDF_TAIL:]


@contextmanager
def kept(data: bytes, *, folder: str, ending: str) -> Iterator[str]:
    """Write a file and hand over its name in the storage; it is gone again when the block fails."""
    name = default_storage.save(f"{folder}/{secrets.token_hex(16)}{ending}", ContentFile(data))
    try:
        yield name
    except BaseException:
        default_storage.delete(name)
        raise


def drop(name: str) -> None:
    """Take a file away, once the change that no longer needs it is committed."""
    if name:
        transaction.on_commit(lambda: default_storage.delete(name), robust=True)


def picture_response(name: str, media_type: str, *, public: bool = False) -> FileResponse:
    """A picture to show in a page. ``public``: whoever has the address may keep it, its name never means another."""
    answer = _answer(name, media_type)
    answer["Cache-Control"] = FOR_GOOD if public else "private, max-age=3600"
    return answer


def download_response(name: str, media_type: str, *, called: str) -> FileResponse:
    """A file to take away under the name ``called``; never shown in place."""
    return _answer(name, media_type, as_attachment=True, filename=called)


def _answer(name: str, media_type: str, **how: Any) -> FileResponse:
    try:
        content = default_storage.open(name)
    except (FileNotFoundError, IsADirectoryError) as gone:
        raise Http404 from gone
    return FileResponse(content, content_type=media_type, headers=SAFE_HEADERS, **how)
