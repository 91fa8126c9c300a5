"""Who is connected to this gateway: at most one session per pile, the one of the highest generation.

A newer connection wins because it is newer, not because the older one is known to be dead: after a
cut in a mobile network the old socket looks alive for minutes. Whoever is released by then must be
the one that is still registered, so a late close of the older one changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from ocpp_gateway.session import Session
from ocpp_gateway.wire import CommandOrder


class Registry:
    def __init__(self) -> None:
        self._sessions: dict[int, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def get(self, pile_id: int) -> Session | None:
        return self._sessions.get(pile_id)

    def adopt(self, session: Session) -> None:
        """Register a session. Of two, the one of the lower generation is closed as superseded."""
        other = self._sessions.get(session.pile.pile_id)
        if other is not None and other.generation > session.generation:
            session.supersede()
            return
        self._sessions[session.pile.pile_id] = session
        if other is not None:
            for order in other.supersede():
                session.submit(order)

    def release(self, session: Session) -> None:
        """Forget a session whose socket is gone, unless a newer one took its place."""
        if self._sessions.get(session.pile.pile_id) is session:
            del self._sessions[session.pile.pile_id]

    def supersede(self, pile_id: int, generation: int) -> list[CommandOrder]:
        """Another gateway has this pile in a newer generation: close ours. The commands it had not sent."""
        session = self._sessions.get(pile_id)
        if session is None or session.generation >= generation:
            return []
        self.release(session)
        return session.supersede()
