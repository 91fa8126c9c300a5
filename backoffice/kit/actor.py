"""Who does something: a member of staff, a driver, a pile, a timer. Every service that writes is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """``ref`` is stable (``staff:12``, ``driver:7``, ``pile:CP-1``, ``timer:settle``), ``label`` is for reading."""

    ref: str
    label: str
    ip: str = ""
    on_behalf: str = ""

    @property
    def kind(self) -> str:
        return self.ref.partition(":")[0]


def timer(name: str) -> Actor:
    """A periodic task."""
    return Actor(f"timer:{name}", name)


def command_line(name: str) -> Actor:
    """A management command."""
    return Actor(f"command:{name}", name)


def pile(identity: str) -> Actor:
    """A charge point that reported something."""
    return Actor(f"pile:{identity}", identity)
