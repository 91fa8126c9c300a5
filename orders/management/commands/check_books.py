"""Proves the books on the data and prints what contradicts them as JSON; exit code 1 where something does."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.kit.scope import unscoped
from orders.proof import prove


class Command(BaseCommand):
    help = "Check every invariant of orders and money. Prints one JSON object; exit code 1 when one fails."

    def handle(self, *args: Any, **options: Any) -> None:
        with unscoped(reason="check_books looks at every row"):
            proof = prove()
        told = {
            "clean": proof.clean,
            "orders": proof.orders,
            "journals": proof.journals,
            "violations": [
                {"invariant": one.invariant, "ref": one.ref, "detail": one.detail} for one in proof.violations
            ],
        }
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
        if not proof.clean:
            sys.exit(1)
