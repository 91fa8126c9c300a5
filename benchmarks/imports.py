"""What an Excel import of piles takes: sent, checked, written, and sent once more.

``./run bench imports [ROWS]``: an operator with fifty stations sends ROWS piles (5,000), first with three faulty rows.
Seconds and queries of each step, and the peak memory of the process, in a database of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from benchmarks.load.machine import database

STATIONS = 50
HEADS = ("Identity", "Terminal name", "Serial", "Model", "Station code", "Number of connectors", "Life")


def main(arguments: list[str]) -> None:
    """Make a database, then measure in a process that begins with it."""
    parser = argparse.ArgumentParser(
        prog="./run bench imports", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("rows", nargs="?", type=int, default=5_000)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        measure(options.rows)
        return
    with database(os.environ["DATABASE_URL"], f"bench_{os.getpid()}") as url:
        environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "backoffice.settings"}
        command = [sys.executable, "-m", "benchmarks.imports", str(options.rows), "--inside"]
        subprocess.run(command, env=environment, check=True)


def workbook(rows: int, faults: int) -> bytes:
    """A file of piles; of the first ones so many are faulty, each in another way."""
    book = Workbook(write_only=True)
    page = book.create_sheet("Terminals")
    page.append(HEADS)
    for number in range(rows):
        code = f"BENCH-{number % STATIONS}"
        line: list[Any] = [
            f"CP-{number:06}",
            f"A-{number}",
            f"SN{number:08}",
            "DC-120",
            code,
            2,
            "In service",
        ]
        if number < faults:
            line[(4, 5, 0)[number % 3]] = ("NOWHERE", "two", "CP-000009")[number % 3]
        page.append(line)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def measure(rows: int) -> None:
    """Send, start and run; print what each took."""
    import_module("django").setup()
    import_module("django.core.management").call_command("migrate", verbosity=0)
    house = House()
    print(f"  {rows:,} rows         seconds   queries   new / changed / as they are / faulty")
    for name, faults in (("three faulty", 3), ("right", 0), ("the same again", 0)):
        content = workbook(rows, faults)
        with house.timed(f"{name}: sent and checked") as told:
            row = house.send(content)
            told.append(f"{row.new} / {row.changed} / {row.unchanged} / {row.faulty}")
        if faults:
            assert [fault[1] for fault in row.faults] == ["E2", "F3", "A11"], row.faults
            assert house.piles() == 0
            continue
        with house.timed(f"{name}: imported by the job") as told:
            house.run(row)
            told.append(f"{house.piles():,} piles in the table")
        assert house.piles() == rows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory {peak:.0f} MB")


class House:
    """An operator with stations, and somebody who works there."""

    def __init__(self) -> None:
        self.actors = import_module("backoffice.kit.actor")
        self.files = import_module("backoffice.kit.imports.files")
        self.imports = import_module("stations.imports")
        self.jobs = import_module("backoffice.kit.jobs")
        self.models = import_module("stations.models")
        self.scope = import_module("backoffice.kit.scope")
        self.workplace = import_module("tenants.selectors").scope_of
        with self.scope.unscoped(reason="a benchmark"):
            self._found()

    def _found(self) -> None:
        clock, perms = import_module("backoffice.kit.clock"), import_module("backoffice.kit.perms")
        people, tree = import_module("tenants.models"), import_module("tenants.services.tree")
        devices, sites = import_module("stations.services.devices"), import_module("stations.services.sites")
        boss = self.actors.command_line("bench")
        top = tree.create_manufacturer(actor=boss, code="M", name="Manufacturer")
        dealer = tree.create_tenant(top, actor=boss, code="D", name="Dealer")
        self.tenant = tree.create_tenant(dealer, actor=boss, code="O", name="Operator")
        devices.save_model(top, actor=boss, name="DC-120", connector_count=2)
        for number in range(STATIONS):
            sites.create_station(self.tenant, actor=boss, code=f"BENCH-{number}", name=f"Station {number}")
        user = people.User(email="bench@example.org", name="Bench", created_at=clock.now())
        user.set_unusable_password()
        user.save()
        self.member = people.Membership.objects.create(
            tenant=self.tenant, user=user, role=perms.Role.OWNER, created_at=clock.now()
        )
        self.actor = self.actors.Actor(f"staff:{user.pk}", "Bench")

    def send(self, content: bytes) -> Any:
        """The file as it was checked."""
        upload = import_module("django.core.files.uploadedfile").SimpleUploadedFile("piles.xlsx", content)
        sender = import_module("backoffice.kit.imports").Sender(self.actor, self.tenant.pk)
        with self.workplace(self.tenant.pk):
            return self.files.keep_file(self.imports.PILE_IMPORT, upload, sender=sender)

    def run(self, row: Any) -> None:
        """Start the job and be the worker."""
        with self.workplace(self.tenant.pk):
            job = self.files.start_import(row, actor=self.actor, membership_id=self.member.pk)
        self.jobs.run(job.pk)
        with self.scope.unscoped(reason="a benchmark"):
            job.refresh_from_db()
        assert job.state == "done", job.error

    def piles(self) -> int:
        """How many there are."""
        with self.scope.unscoped(reason="a benchmark"):
            return int(self.models.Pile.objects.count())

    @contextmanager
    def timed(self, name: str) -> Iterator[list[str]]:
        """Print how long the block took, how many queries it made, and what it told."""
        told: list[str] = []
        counted = 0

        def count(execute: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal counted
            counted += 1
            return execute(*arguments)

        began = time.perf_counter()
        with import_module("django.db").connection.execute_wrapper(count):
            yield told
        print(f"  {name:<36} {time.perf_counter() - began:>6.1f} {counted:>9}   {' '.join(told)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
