"""Prints every row that does not lie where the scope looks for it; exit code 1 where there is one."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.kit.scope import unscoped
from tenants.verification import tenancy_faults


class Command(BaseCommand):
    help = "Check that the tree is right and that every row lies in the subtree of what it refers to."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        with unscoped(reason="check_tenancy looks at every row"):
            for fault in tenancy_faults():
                found += 1
                self.stdout.write(str(fault))
        if found:
            sys.exit(1)
        self.stdout.write("Every row lies where the scope looks for it.")
