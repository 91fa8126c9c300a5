"""Who does something: a member of staff, a driver, a pile, a timer. Every service that writes is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """``ref`` is stable (``staff:12``, ``driver:7``, ``pile:CP-1``, ``timer:settle``), ``label`` is for reading.

    Somebody who works in another's name keeps his own ``ref``; ``on_behalf`` and ``on_behalf_ref`` name the other.
    """

    ref: str
    label: str
    ip: str = ""
    on_behalf: str = ""
    on_behalf_ref: str = ""

    @property
    def kind(self) -> str:
        return self.ref.partition(":")[0]

    @property
    def owns_as(self) -> str:
        """Under what his own things are kept, such as jobs. What somebody began in another's name is not
        found among his own, nor his own while he works in another's.
        """
        return f"{self.ref}>{self.on_behalf_ref}" if self.on_behalf_ref else self.ref


def timer(name: str) -> Actor:
    """A periodic task."""
    return Actor(f"timer:{name}", name)


def command_line(name: str) -> Actor:
    """A management command."""
    return Actor(f"command:{name}", name)


def pile(identity: str) -> Actor:
    """A charge point that reported something."""
    return Actor(f"pile:{identity}", identity)
