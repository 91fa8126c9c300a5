"""What the current unit of work may touch, and the part of it that somebody looks at.

Looking at a part narrows what queries read and nothing else: which rows may be written, and for whom
somebody acts, stays the scope's. So a narrowed view can never be a wider right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from backoffice.kit.levels import Level


@dataclass(frozen=True, slots=True)
class Part:
    """A tenant with everything below it (``owned``), and the tenants above that hand down to it (``inherited``)."""

    tenant_id: int | None
    level: Level | None
    owned: frozenset[int]
    inherited: frozenset[int] = frozenset()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """``owned``: the tenant and everything below it. ``inherited``: its ancestors, read only.

    ``part`` is set while one tenant below is looked at alone. A request that is ``acting`` (it changes
    something) runs its services under the whole scope, as they run without a part; the rows that it acts on
    are picked from the part all the same (``kit.scope.looked_at``).
    """

    tenant_id: int | None
    level: Level | None
    owned: frozenset[int]
    inherited: frozenset[int] = frozenset()
    everything: bool = False
    reason: str = ""
    part: Part | None = None
    acting: bool = False

    def admits(self, tenant_id: int | None) -> bool:
        """May a row of this tenant be written?"""
        return self.everything or tenant_id in self.owned

    @property
    def whole(self) -> Part:
        """All of it."""
        return Part(self.tenant_id, self.level, self.owned, self.inherited)

    @property
    def reads(self) -> Part:
        """What a query reads."""
        return self.whole if self.part is None or self.acting else self.part

    def widened(self) -> Self:
        """The same scope, looked at as a whole."""
        return self if self.part is None else replace(self, part=None)
