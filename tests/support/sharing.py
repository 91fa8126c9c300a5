"""How the tests are shared among the workers of one run: ``./run test`` without arguments has one for each core.

A module stays together, so that what its fixtures make is made once; so do the modules of one
house. The matrix of scopes is a quarter of all the work and is shared by the level of its viewer. What starts
and kills whole processes stays together too: it would disturb itself, and it waits more than it works, so the
machine is never asked for too much.
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

PROCESSES = ("tests/ocpp_gateway/crash/", "tests/running/", "tests/e2e/")
HOUSES = ("tests/ocpp_gateway/certification/",)
"""Folders whose tests share one house."""
MATRIX = "tests/scoping/test_matrix.py"
LEVEL = re.compile(r"[-\[](manufacturer|dealer|operator|agency)\b")
FIRST = (
    "processes",
    *(f"{MATRIX} {level}" for level in ("manufacturer", "dealer", "operator", "agency", "")),
)
"""The longest first: what is left for the end is short, and the workers end together."""


def part_of(nodeid: str) -> str:
    """The part of the suite that a test belongs to; one worker runs all of it."""
    module = nodeid.partition("::")[0]
    if module.startswith(PROCESSES):
        return FIRST[0]
    if module.startswith(HOUSES):
        return module.rpartition("/")[0]
    if module == MATRIX:
        level = LEVEL.search(nodeid)
        return f"{MATRIX} {level[1] if level else ''}"
    return module


class ByPart(LoadScopeScheduling):
    """Gives each worker one part at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        for part in reversed(FIRST):
            if part in self.workqueue:
                self.workqueue.move_to_end(part, last=False)
        super()._assign_work_unit(node)
