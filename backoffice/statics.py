"""Files of the pages, packed with gzip for browsers that take it.

The largest style sheet shrinks to an eighth, which a phone on a slow line waits for. A file is packed when it is
asked for the first time, kept in ``STATIC_ROOT/packed`` and found there after a restart; where nothing can be written,
it goes out as it is.
"""

from __future__ import annotations

import gzip
import logging
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

WORTH_PACKING = (".css", ".js", ".mjs", ".svg", ".json", ".txt")
SMALLEST = 1024
"""Bytes; what is smaller fits into the first packets anyway."""

log = logging.getLogger(__name__)


class PackedFiles(WhiteNoiseMiddleware):
    """WhiteNoise, whose answers are packed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._unpacked: dict[str, str] = {}
        super().__init__(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:  # type: ignore[override]
        address = request.path_info
        path = self._unpacked.pop(address, None)
        if path is not None and _pack(path, self._packed(path)):
            self.files[address] = self.get_static_file(path, address)
        return super().__call__(request)

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> StaticFile:
        """The file with its packed form, where there is one; called for each when the process starts."""
        found = super().get_static_file(path, url, stat_cache)
        if not path.endswith(WORTH_PACKING):
            return found
        packed = self._packed(path)
        if not packed.exists():
            self._unpacked.setdefault(url, path)
            return found
        _encoding, _path, headers = found.alternatives[-1]
        return StaticFile(path, list(headers), encodings={"gzip": str(packed)})

    def _packed(self, path: str) -> Path:
        """Where the packed form lies: another one for each state of the file."""
        state = Path(path).stat()
        name = sha256(f"{path}\0{state.st_size}\0{state.st_mtime_ns}".encode()).hexdigest()[:32]
        return Path(settings.STATIC_PACKED) / f"{name}.gz"


def _pack(source: str, target: Path) -> bool:
    """Write the packed form; whether it is there now. Two processes may do it at once."""
    content = Path(source).read_bytes()
    if len(content) < SMALLEST:
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as written:
            written.write(gzip.compress(content, mtime=0))
        Path(written.name).replace(target)
    except OSError as failure:
        log.info("%s goes out unpacked: %s", source, failure)
        return False
    return True
