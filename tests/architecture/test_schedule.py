"""What beat is told to run, asked of a process of its own as beat starts it: in this one everything is loaded already."""

from __future__ import annotations

import subprocess
import sys

from backoffice.processes import timers

BEAT = "from backoffice.celery import app; app.loader.init_worker(); app.finalize(); print(*app.conf.beat_schedule)"


def test_beat_knows_the_timers_of_every_room() -> None:
    told = subprocess.run(
        [sys.executable, "-c", BEAT], capture_output=True, text=True, check=True, timeout=60
    )
    assert sorted(told.stdout.split()) == sorted(timer.name for timer in timers())
