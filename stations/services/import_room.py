"""Whether there is room for what a file brings: a file that needs more is refused, and each of its new rows named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from backoffice.kit.errors import Refused
from backoffice.kit.imports import Fault
from tenants.services.quotas import require_room


def room_faults(kind: str, new: Mapping[int, Sequence[int]], sender_id: int) -> Iterator[Fault]:
    """``new``: the numbers of the new rows by the tenant that is to have them, each the sender or one below it.

    The sender is asked for all of them together: its quota and those above count what several tenants below it get.
    """
    everything = [number for numbers in new.values() for number in numbers]
    for tenant_id, numbers in [*new.items(), (sender_id, everything)]:
        try:
            require_room(tenant_id, **{kind: len(numbers)})
        except Refused as refused:
            yield from (Fault(number, str(refused.message)) for number in numbers)
