"""All invariants of orders and money at once, on one state of the data: for the command and for the night."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import connection, transaction

from finance import checks as finance_checks, selectors as finance
from finance.checks import Violation
from orders import checks, selectors

log = logging.getLogger(__name__)

MOST_LOGGED = 50


@dataclass(frozen=True, slots=True)
class Proof:
    """How much was looked at, and what contradicts an invariant of ``domain`` 2.11."""

    orders: int
    journals: int
    violations: tuple[Violation, ...]

    @property
    def clean(self) -> bool:
        return not self.violations


def prove() -> Proof:
    """Read within the active scope, as of one instant: what is settled meanwhile cannot look wrong."""
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return Proof(
            selectors.orders().count(),
            finance.journals().count(),
            (*checks.violations(), *finance_checks.violations()),
        )


def prove_nightly() -> None:
    """Prove, and be loud about what fails: nothing is repaired by itself."""
    proof = prove()
    for one in proof.violations[:MOST_LOGGED]:
        log.error("the books are wrong: %s %s: %s", one.invariant, one.ref, one.detail)
    if proof.clean:
        log.info("the books are right: %s orders, %s journals", proof.orders, proof.journals)
    else:
        log.error("the books are wrong in %s places", len(proof.violations))
