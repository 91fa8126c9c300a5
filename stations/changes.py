"""What the intake of this room tells the rooms above, inside the transaction that made it so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ocpp_gateway.wire import StatusReported
from stations.selectors.places import PilePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """One StatusNotification, reported for the first time.

    ``at`` is when it happened: the pile's time unless that lies in the future. ``previous`` is the
    status before it, "" if none was known. ``newer`` says that it became the connector's state; an
    older one only tells how it was. ``legal``: the step is in the table of OCPP 1.6 §4.9.
    ``connector_id`` is None for connector 0, the pile itself, and for numbers no pile has.
    """

    fact: StatusReported
    place: PilePlace
    at: datetime
    previous: str
    newer: bool
    legal: bool
    connector_id: int | None

    @property
    def changed(self) -> bool:
        """The connector is now in another status than before."""
        return self.newer and self.previous != self.fact.status


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChange:
    """A pile came or went. ``takeovers``: connections that replaced a live one within the last minute."""

    place: PilePlace
    online: bool
    at: datetime
    takeovers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityChange:
    """A critical security event, reported for the first time. ``at`` is the server's time of the report.

    ``happened_at`` is when, by the pile's clock where that is plausible: it may have waited in a queue.
    """

    place: PilePlace
    type: str
    info: str
    at: datetime
    happened_at: datetime
