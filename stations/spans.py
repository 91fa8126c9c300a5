"""The day as spans of the wall clock with a band each, as people write it: ``08:00`` to ``11:00`` peak.

Spans that cover the day once, without a gap and without an overlap, are the same as its 48 codes; each is
made from the other. A span that does not end after it begins goes over midnight, into the morning of the
same day: ``22:00`` to ``06:00`` is the night.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stations.slots import HALF_HOURS_A_DAY, Band, Codes, Run, merge

_CLOCK = re.compile(r"(\d{1,2})[:：](00|30)(?::00)?", re.ASCII)


class Span(NamedTuple):
    """From half hour ``start`` (0 to 47) up to, not including, ``end`` (0 to 48)."""

    start: int
    end: int
    band: Band

    def numbers(self) -> Iterable[int]:
        """The half hours that it covers."""
        if self.end > self.start:
            return range(self.start, self.end)
        return [*range(self.start, HALF_HOURS_A_DAY), *range(self.end)]


class UnevenError(ValueError):
    """Spans that leave half hours without a band (``gap``) or give some two (``overlap``), as runs of the day."""

    def __init__(self, code: str, runs: Sequence[Run]) -> None:
        super().__init__(code)
        self.code = code
        self.runs = tuple(runs)


def spans_of(codes: Codes) -> tuple[Span, ...]:
    """The day from midnight to midnight, in as few spans as its bands allow."""
    return tuple(Span(run.first, run.last, run.band) for run in merge(codes))


def codes_of(spans: Iterable[Span]) -> Codes:
    """The 48 codes; UnevenError where spans overlap, else where they leave a gap."""
    covered: list[list[Band]] = [[] for _ in range(HALF_HOURS_A_DAY)]
    for span in spans:
        for number in span.numbers():
            covered[number].append(span.band)
    counts = [len(bands) for bands in covered]
    for code, wrong in (
        ("overlap", [count > 1 for count in counts]),
        ("gap", [count == 0 for count in counts]),
    ):
        if any(wrong):
            raise UnevenError(code, _runs(wrong))
    return tuple(bands[0] for bands in covered)


def _runs(wrong: Sequence[bool]) -> list[Run]:
    """Neighbouring half hours that are wrong; the band of such a run means nothing."""
    found: list[Run] = []
    for number, is_wrong in enumerate(wrong):
        if not is_wrong:
            continue
        if found and found[-1].last == number:
            found[-1] = found[-1]._replace(last=number + 1)
        else:
            found.append(Run(number, number + 1, Band.FLAT))
    return found


def number_of(text: str) -> int | None:
    """The half hour that begins at a time of the clock: ``"08:30"`` is 17, ``"24:00"`` 48; None for another time."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    number = int(match[1]) * 2 + (match[2] == "30")
    return number if number <= HALF_HOURS_A_DAY else None


def clock_text(number: int) -> str:
    """``17`` is ``"08:30"``, ``48`` is ``"24:00"``."""
    return f"{number // 2:02}:{number % 2 * 30:02}"
