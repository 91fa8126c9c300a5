"""What ``./run test`` does: every check of the continuous integration, then the tests; with arguments, only pytest.

Every step runs, whatever became of the one before it, and the last lines say which failed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from backoffice import embedded
from backoffice.environment import ROOT, ensure_environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_SECONDS = 300

PYTHON = sys.executable
# One more than there are cores: the worker that starts and kills processes waits more than it works. A worker
# brings engines of its own; on a given Valkey they would read each other's news.
WORKERS = () if os.environ.get("REDIS_URL") else ("--numprocesses", str(min((os.cpu_count() or 1) + 1, 4)))
STEPS: tuple[tuple[str, Sequence[str]], ...] = (
    ("style", (PYTHON, "-m", "ruff", "check", ".")),
    ("format", (PYTHON, "-m", "ruff", "format", "--check", ".")),
    ("types", (PYTHON, "-m", "mypy", ".")),
    ("layers", ("lint-imports",)),
    ("django check", (PYTHON, "manage.py", "check", "--fail-level", "WARNING")),
    ("migrations", (PYTHON, "manage.py", "makemigrations", "--check", "--dry-run")),
    ("message catalogues", (PYTHON, "-m", "backoffice.catalogues", "check")),
    ("tests", (PYTHON, "-m", "pytest", *WORKERS)),
)


def main(arguments: Sequence[str]) -> int:
    """Run everything, or pytest alone with arguments; 0 when all passed."""
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    _find_browser()
    if arguments:
        return subprocess.run([PYTHON, "-m", "pytest", *arguments], check=False).returncode
    data = ROOT / "var" / "checks"
    try:
        environment = ensure_environment(data)
        return _run_steps(environment)
    except embedded.EngineError as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run_steps(environment: Mapping[str, str]) -> int:
    results: list[tuple[str, bool, float]] = []
    for name, command in STEPS:
        print(f"\n── {name}", flush=True)
        started = time.monotonic()
        # The tests bring engines of their own.
        done = subprocess.run(command, env=os.environ if name == "tests" else environment, check=False)
        results.append((name, done.returncode == 0, time.monotonic() - started))
    print()
    for name, passed, seconds in results:
        print(f"{'passed' if passed else 'FAILED'}  {name} ({seconds:.0f} s)")
    return 0 if all(passed for _, passed, _ in results) else 1


def _find_browser() -> None:
    """Put a Chromium's path into ``CHROMIUM``; install one where that needs no question; else say what is skipped."""
    browser = os.environ.get("CHROMIUM") or _installed_browser()
    if browser is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("· Installing Chromium for the end-to-end tests", flush=True)
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            try:
                subprocess.run(command, stdout=subprocess.DEVNULL, timeout=BROWSER_SECONDS, check=False)
            except subprocess.TimeoutExpired:
                break
        browser = _installed_browser()
    if browser is None:
        print("· No Chromium found (set CHROMIUM to its path): the end-to-end tests are skipped", flush=True)
        return
    os.environ["CHROMIUM"] = browser


def _installed_browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
