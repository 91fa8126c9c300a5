"""What may be asked of many piles at once: the kinds of campaigns, by name.

A kind says how one pile is asked and what became of it; waves, patience, stopping and retrying are
the engine's (``stations.services.campaigns``). Kinds register themselves in ``stations.wiring``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.kit.actor import Actor
from backoffice.kit.frame import Words
from stations.models import CampaignPile
from stations.permissions import StationPerm

Params = Mapping[str, Any]
Begin = Callable[[CampaignPile, Actor], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended at one pile, with a few words: at most 300 characters, in the reader's language."""

    ok: bool
    text: Words = ""


def _nothing_to_check(_params: Params) -> None:
    return None


def _by_engineers(_params: Params) -> StationPerm:
    return StationPerm.COMMAND_ENGINEER


def by_keepers(_params: Params) -> StationPerm:
    """What touches passwords and certificates."""
    return StationPerm.CREDENTIALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One thing that many piles are asked for.

    ``start`` asks one pile: it runs in a transaction, under the scope of whoever asked, with the item
    locked; it sends commands ``about=item.about``, sets ``item.command``, may keep what it needs in
    ``item.data``, and saves nothing. It raises Refused: ``offline`` and ``not_registered`` are waited
    for, everything else is the result of this pile. ``outcome`` reads and writes nothing: None while it
    runs. ``step`` is for what takes several commands: called like ``start`` whenever ``outcome`` is
    None, often, so it asks for the next thing only when the last has ended; what it refuses fails the
    pile. A pile that has no outcome ``within_s`` seconds after its start has failed.

    ``action`` is the OCPP action, from which the feature profile follows; empty where ``params`` hold
    it. ``check`` raises Refused for parameters that make no sense. ``perm`` is needed to ask for it, and to
    pause, stop and retry it.
    """

    name: str
    label: Words
    start: Begin
    outcome: Callable[[CampaignPile], Outcome | None]
    step: Begin | None = None
    action: str = ""
    check: Callable[[Params], None] = _nothing_to_check
    perm: Callable[[Params], StationPerm] = _by_engineers
    within_s: int = 900

    def action_of(self, params: Params) -> str:
        return self.action or str(params.get("action", ""))


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a kind; called from ``wiring``. Raises ValueError when the name is taken by another."""
    if _kinds.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"{kind.name} is taken")
    return kind


def named(name: str) -> Kind:
    """Raises KeyError."""
    return _kinds[name]


def known() -> dict[str, Kind]:
    """Every kind by name."""
    return dict(_kinds)
