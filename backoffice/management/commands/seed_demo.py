"""Fills an empty database with the demonstration, and writes who may sign in to ``DATA_DIR/logins.json``."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from backoffice.demo_data import handover
from backoffice.demo_data.seeding import USUAL_DAYS, Size, seed
from backoffice.kit.scope import unscoped


class Command(BaseCommand):
    help = "Make the demonstration, once; a second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=_days, default=USUAL_DAYS, help="how long its past is")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()

        def say(text: str) -> None:
            self.stdout.write(f"  {time.monotonic() - began:5.1f} s  {text}")

        with unscoped(reason="the demonstration is every tenant's"):
            is_new = seed(settings.SECRET_KEY, size=Size(options["days"]), say=say)
            handover.write(Path(settings.DATA_DIR), settings.SECRET_KEY)
        say("done" if is_new else "everything is there already")


def _days(text: str) -> int:
    days = int(text)
    if not 4 <= days <= 365:
        raise ArgumentTypeError("4 to 365 days")
    return days
