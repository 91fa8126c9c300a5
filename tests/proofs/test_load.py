"""Two thousand piles with a reading a minute each are answered in time, also after all came back at once.

The load and the counting are those of ``./run bench gateway``, which ends with 1 where a bound is not kept.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PILES = 2000
A_MINUTE = PILES / 60
"""Messages a second when each pile sends one a minute."""

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600)]


def bench(*arguments: str) -> None:
    command = [sys.executable, "-m", "benchmarks.gateway", *arguments]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.statement(120)
def test_two_thousand_piles_are_answered_within_a_second() -> None:
    """p99 below a second at this rate, and everything acknowledged is stored."""
    bench("--piles", str(PILES), "--rate", f"{A_MINUTE:.1f}", "--seconds", "60", "--no-stock")


@pytest.mark.statement(120)
def test_two_thousand_piles_come_back_at_once() -> None:
    """All of them are let in, booted and answered within half a minute; nobody gives up."""
    bench("--storm", str(PILES))
