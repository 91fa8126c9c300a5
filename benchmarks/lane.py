"""What a batch costs the gateway's store, by its size, without sockets and without an event loop.

``./run bench lane [--profile]``: the mix of ``bench gateway`` is read, put into batches and written by one thread;
CPU of this process and of its PostgreSQL backend, for a message. ``--profile`` adds the functions and statements
that take most.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.load.machine import database

PILES = 1000
SIZES = ((20, 40), (100, 20), (400, 10))
LINES = 40


def main(arguments: list[str]) -> None:
    """Make an estate, then measure in a process that begins with its database."""
    parser = argparse.ArgumentParser(prog="./run bench lane", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        measure(Path(options.inside), profiled=options.profile)
        return
    told = Path(os.environ["DATA_DIR"]) / f"estate-{os.getpid()}.json"
    with database(os.environ["DATABASE_URL"], f"bench_{os.getpid()}") as url:
        environment = {**os.environ, "DATABASE_URL": url}
        try:
            for command in (["benchmarks.load.estate", str(PILES), str(told)], _again(options, told)):
                subprocess.run([sys.executable, "-m", *command], env=environment, check=True)
        finally:
            told.unlink(missing_ok=True)


def _again(options: argparse.Namespace, told: Path) -> list[str]:
    return ["benchmarks.lane", "--inside", str(told), *(["--profile"] if options.profile else [])]


def measure(told: Path, *, profiled: bool) -> None:
    """Write batches of each size; the least and the mean of what they took."""
    talk = import_module("benchmarks.load.talk").Talk(told)
    write: Callable[[Any], list[Any]] = import_module("ocpp_gateway.store.batch").write
    for _ in range(8):
        talk.heard(write(talk.batch(200)))  # what is planned and read once
    print("  facts in a batch   µs CPU/msg (least)   database µs CPU/msg   ms for a batch")
    for size, times in SIZES:
        spent, facts, least = 0.0, 0, float("inf")
        backend, passed = talk.backend_cpu(), 0.0
        for _ in range(times):
            batch = talk.batch(size)
            cpu, wall = time.process_time(), time.perf_counter()
            answers = write(batch)
            cpu = time.process_time() - cpu
            passed += time.perf_counter() - wall
            talk.heard(answers)
            spent, facts, least = spent + cpu, facts + len(answers), min(least, cpu / len(answers))
        database_us = 1e6 * (talk.backend_cpu() - backend) / facts
        print(
            f"  {facts / times:>16.0f}   {1e6 * spent / facts:>10.0f} ({1e6 * least:.0f})   {database_us:>19.0f}"
            f"   {1000 * passed / times:>14.1f}",
            flush=True,
        )
    if profiled:
        _profile(talk, write)


def _profile(talk: Any, write: Callable[[Any], list[Any]]) -> None:
    profile, statements = cProfile.Profile(time.process_time), Counter[str]()
    execute = import_module("django.db.backends.utils").CursorWrapper
    plain = execute._execute

    def timed(self: Any, sql: str, *rest: Any) -> Any:
        began = time.perf_counter()
        try:
            return plain(self, sql, *rest)
        finally:
            statements[" ".join(sql.split())[:100]] += round(1e6 * (time.perf_counter() - began))

    for wanted in (None, profile):
        execute._execute = plain if wanted else timed
        for _ in range(20):
            batch = talk.batch(100)
            answers = wanted.runcall(write, batch) if wanted else write(batch)
            talk.heard(answers)
    print("\n  statements of 20 batches of 100, ms")
    for statement, spent in statements.most_common(20):
        print(f"  {spent / 1000:>8.1f}  {talk.statement_of(statement)}")
    stats = pstats.Stats(profile).strip_dirs()
    stats.sort_stats("tottime").print_stats(LINES)
    stats.sort_stats("cumulative").print_stats(LINES)


if __name__ == "__main__":
    main(sys.argv[1:])
