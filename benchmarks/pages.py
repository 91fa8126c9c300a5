"""How long the pages of the backoffice take over a country's worth of rows, what they ask, and an export of 300,000.

``./run bench pages [--orders N] [--fresh] [--no-export]``: 5,000,000 orders in 2,000 tenants and 10,000
stations unless told otherwise, in a database of their own that is kept for the next time. Milliseconds are
those of the server, the median of 20.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from backoffice.environment import ROOT
from benchmarks.load.machine import kept_database
from benchmarks.size.rows import migrations_digest

ORDERS = 5_000_000
EXPORT_ROWS = 300_000


def main(arguments: list[str]) -> int:
    """Make what is not there, then look; 1 when a page misses its bound or the export is not whole."""
    parser = argparse.ArgumentParser(prog="./run bench pages", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--no-export", action="store_true", help="pages alone")
    options = parser.parse_args(arguments)
    name = f"pages_{options.orders}_{migrations_digest()}"

    def build(url: str) -> None:
        print(f"{options.orders:,} orders in 2,000 tenants and 10,000 stations", flush=True)
        began = time.monotonic()
        _run("benchmarks.size.estate", str(options.orders), environment=_with(url), check=True)
        print(f"  made in {time.monotonic() - began:.0f} s")

    environment = _with(kept_database(os.environ["DATABASE_URL"], name, build, fresh=options.fresh))
    well = _run("benchmarks.size.visit", environment=environment) == 0
    if not options.no_export:
        rows = min(EXPORT_ROWS, options.orders // 4)
        well = _run("benchmarks.size.export", str(rows), environment=environment) == 0 and well
    return 0 if well else 1


def _with(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url}


def _run(module: str, *arguments: str, environment: dict[str, str], check: bool = False) -> int:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=check).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
