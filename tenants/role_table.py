"""What roles may do, as a table: one line a permission, area by area, with the built-in roles side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backoffice.kit.frame import Words
from backoffice.kit.levels import Level
from backoffice.kit.perms import Grants, Role, areas, grantable, granted


@dataclass(frozen=True, slots=True)
class Line:
    """A permission: ticked or not, whether it may be ticked, and which built-in roles have it.

    ``built_in`` are (label, has it) in the order of the roles.
    """

    value: str
    words: Words
    ticked: bool
    may: bool
    built_in: Sequence[tuple[Words, bool]]


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one area."""

    label: Words
    lines: Sequence[Line]


def role_table(level: Level, *, ticked: Collection[str] = (), may: Grants = frozenset()) -> list[Block]:
    """What the level has. ``ticked`` are values of permissions, ``may`` is what the reader may tick."""
    has = {role: granted(level, role) for role in Role}
    offered = grantable(level)
    blocks = []
    for area in areas():
        lines = [
            Line(
                perm.value,
                words,
                perm.value in ticked,
                perm in may,
                [(role.label, perm in has[role]) for role in Role],
            )
            for perm, words in area.perms
            if perm in offered
        ]
        if lines:
            blocks.append(Block(area.label, lines))
    return blocks
