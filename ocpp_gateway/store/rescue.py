"""The last place for a report that no table takes: its raw text, beside the pile's other events."""

from __future__ import annotations

import logging

from django.db import DatabaseError

from backoffice.kit.scope import unscoped
from ocpp_gateway import wire
from stations import intake as stations

log = logging.getLogger(__name__)


def keep_unstorable(fact: wire.Fact) -> bool:
    """Keep the raw payload as an event of its pile; False when even that fails."""
    log.error("unstorable %s of pile %s: %s", type(fact).__name__, fact.pile_id, fact.raw[:2000])
    note = wire.Noted(
        pile_id=fact.pile_id,
        generation=fact.generation,
        message_id=fact.message_id,
        received_at=fact.received_at,
        raw=fact.raw,
        remarks=(*fact.remarks, "unstorable"),
        action=type(fact).__name__,
    )
    try:
        with unscoped(reason="gateway intake"):
            stations.note([note])
    except DatabaseError:
        log.exception("nor could its raw text be kept")
        return False
    return True
