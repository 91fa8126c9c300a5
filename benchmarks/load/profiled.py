"""The gateway with a profile of each of its threads, in CPU time of that thread.

``python -m benchmarks.load.profiled FOLDER``: writes ``FOLDER/profile-<thread>.txt`` when it ends. Counting calls
makes everything slower, small functions most of all: shares say more than seconds.
"""

from __future__ import annotations

import cProfile
import io
import os
import pstats
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import django

LINES = 70


def write(profile: cProfile.Profile, path: Path) -> None:
    """The functions that took most, by what they took themselves and with what they called."""
    text = io.StringIO()
    stats = pstats.Stats(profile, stream=text).strip_dirs()
    stats.sort_stats("tottime").print_stats(LINES)
    stats.sort_stats("cumulative").print_stats(LINES)
    path.write_text(text.getvalue())


def main(folder: Path) -> None:
    whole = threading.Thread.run

    def run(thread: threading.Thread) -> None:
        if not thread.name.startswith("lane"):
            whole(thread)
            return
        profile = cProfile.Profile(time.thread_time)
        try:
            profile.runcall(whole, thread)
        finally:
            write(profile, folder / f"profile-{thread.name}.txt")

    patched: Any = threading.Thread
    patched.run = run
    profile = cProfile.Profile(time.thread_time)
    try:
        profile.runcall(import_module("ocpp_gateway.process").main)
    finally:
        write(profile, folder / "profile-loop.txt")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    main(Path(sys.argv[1]))
