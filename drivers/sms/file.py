"""A provider for demos and tests: every message is one line of JSON in ``DATA_DIR/sms.log``.

A line is written whole or not at all, also by several processes at once.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from django.conf import settings

from drivers.sms.port import Outgoing, SmsUnreachable


class FileProvider:
    """Appends to the log; the reference is the number of the message."""

    def send(self, message: Outgoing) -> str:
        line = json.dumps(
            {
                "at": message.at.isoformat(),
                "to": message.to,
                "purpose": message.purpose,
                "text": message.text,
                "id": message.id,
            },
            ensure_ascii=False,
        )
        try:
            _append(Path(settings.DATA_DIR) / "sms.log", f"{line}\n".encode())
        except OSError as error:
            raise SmsUnreachable(str(error)) from error
        return f"file-{message.id}"


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(log, fcntl.LOCK_EX)
        end = os.fstat(log).st_size
        if os.write(log, line) != len(line):
            os.ftruncate(log, end)
            raise OSError("the log could not be written")
    finally:
        os.close(log)
