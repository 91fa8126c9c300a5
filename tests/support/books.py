"""Proves the books of a running house; run inside it (``House.run_inside``)."""

from __future__ import annotations

import json

from backoffice.kit.scope import unscoped
from orders.proof import prove


def main() -> None:
    """Print every violation of an invariant, as a list of texts."""
    with unscoped(reason="tests"):
        print(json.dumps([str(violation) for violation in prove().violations]))
