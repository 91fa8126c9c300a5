"""Who has a serial: two terminals of one scope do not share one, however it is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db.models.functions import Upper

from stations.models import Life, Pile


def fold(serial: str) -> str:
    """Serials are compared without case."""
    return serial.strip().upper()


def holders_of(serials: Iterable[str]) -> Mapping[str, Sequence[Pile]]:
    """The terminals of the scope with one of these serials, by the folded serial. What is retired holds none any more."""
    wanted = {fold(serial) for serial in serials if serial.strip()}
    found: dict[str, list[Pile]] = defaultdict(list)
    if wanted:
        there = Pile.objects.exclude(life=Life.RETIRED).annotate(folded=Upper("serial"))
        for pile in there.filter(folded__in=wanted).order_by("pk"):
            found[fold(pile.serial)].append(pile)
    return found
