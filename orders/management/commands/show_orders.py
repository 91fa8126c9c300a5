"""Prints orders, the newest first, as one JSON object a line."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backoffice.kit.scope import unscoped
from orders.listed import listed_orders

MOST = 100_000


class Command(BaseCommand):
    help = "Show orders, the newest first, one JSON object a line. Money is in minor units, energy in Wh."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pile", default="", help="identity of a pile")
        parser.add_argument("--no", default="", help="an order number")
        parser.add_argument("--limit", type=_count, default=20, help="how many at most")

    def handle(self, *args: Any, **options: Any) -> None:
        with unscoped(reason="show_orders by script"):
            for row in listed_orders(pile=options["pile"], order_no=options["no"], limit=options["limit"]):
                self.stdout.write(json.dumps(row, ensure_ascii=False))


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MOST:
        raise ArgumentTypeError(f"{text!r} is no number from 1 to {MOST}")
    return int(text)
