"""Ends what a supervisor started when the supervisor itself was killed and could not.

The supervisor holds the other end of our standard input and names the process groups it has running:
``+PGID`` and ``-PGID`` lines, ``done`` before an orderly end. When the input ends without ``done``, the
supervisor is dead; every group still named is asked to stop, then killed, and the command given as
our arguments is run. Standard library only: this process must start fast and outlive everything.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

GRACE_SECONDS = 5.0


def end_groups(groups: Iterable[int], *, grace_seconds: float) -> None:
    """Ask the leader of each process group to stop, give it time, then kill whatever is left of the group."""
    alive = set(groups)
    for group in alive:
        _send(os.kill, group, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while (alive := {group for group in alive if _send(os.killpg, group, 0)}) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in alive:
        kill_group(group)


def kill_group(group: int) -> None:
    """Kill what is left of a process group; its number stays taken for as long as it has a member."""
    _send(os.killpg, group, signal.SIGKILL)


def main() -> int:
    """Follow the supervisor until it is done, or dead."""
    groups: set[int] = set()
    for line in sys.stdin:
        match line.strip():
            case "done":
                return 0
            case word if word.startswith("+"):
                groups.add(int(word[1:]))
            case word if word.startswith("-"):
                groups.discard(int(word[1:]))
    end_groups(groups, grace_seconds=GRACE_SECONDS)
    return subprocess.run(sys.argv[1:], check=False).returncode if len(sys.argv) > 1 else 0


def _send(how: Callable[[int, int], None], number: int, what: int) -> bool:
    try:
        how(number, what)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
