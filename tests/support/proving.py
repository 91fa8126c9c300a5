"""Proofs take long on purpose: how long, from the environment; what they counted, printed and kept.

``PROOF_ROUNDS``, ``PROOF_SECONDS`` and ``PROOF_PILES`` replace a proof's own numbers, ``PROOF_SEED`` its chance.
"""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime
from typing import Any

from backoffice.environment import ROOT

KEPT = ROOT / "var" / "proofs"


def rounds(usual: int) -> int:
    return int(os.environ.get("PROOF_ROUNDS") or usual)


def seconds(usual: float) -> float:
    return float(os.environ.get("PROOF_SECONDS") or usual)


def piles(usual: int) -> int:
    return int(os.environ.get("PROOF_PILES") or usual)


def chance(name: str) -> random.Random:
    """Random as it was the last time, when its seed is given; the seed is printed."""
    seed = os.environ.get("PROOF_SEED") or str(random.SystemRandom().getrandbits(32))
    print(f"{name}: seed {seed}")
    found = random.Random(f"{name} {seed}")
    found.seed_text = seed  # type: ignore[attr-defined]
    return found


def record(name: str, **counts: Any) -> None:
    """Print the counts, and append them as a line of JSON to ``var/proofs/NAME.json``."""
    print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in counts.items()), flush=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **counts}
    with (KEPT / f"{name}.json").open("a") as kept:
        kept.write(json.dumps(line, default=str) + "\n")


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
