"""Needs that point upward.

A lower room declares a hook and calls it; a higher room provides it in ``AppConfig.ready``. There is
one provider (``Hook``) or any number of listeners (``Listeners``); neither is looked up by name, so an
unprovided hook fails at its first call and says which one it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class HookMissing(RuntimeError):
    """Nobody provided this hook."""


class Hook(Generic[P, R]):
    """One question that a higher room answers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._provider: Callable[P, R] | None = None

    def provide(self, provider: Callable[P, R]) -> Callable[P, R]:
        """Set the answer; usable as a decorator. A later provider replaces an earlier one."""
        self._provider = provider
        return provider

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._provider is None:
            raise HookMissing(self.name)
        return self._provider(*args, **kwargs)


class Listeners(Generic[P]):
    """An event of a lower room. Listeners run in the caller's transaction, in order of their registration."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: list[Callable[P, None]] = []

    def listen(self, listener: Callable[P, None]) -> Callable[P, None]:
        """Add a listener once; usable as a decorator."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        return listener

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for listener in self._listeners:
            listener(*args, **kwargs)


class Questions(Generic[P, R]):
    """One question that any number of higher rooms may answer; the answers are collected."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._answerers: list[Callable[P, R | None]] = []

    def answer(self, answerer: Callable[P, R | None]) -> Callable[P, R | None]:
        """Add an answerer once; usable as a decorator. None means that it has nothing to say."""
        if answerer not in self._answerers:
            self._answerers.append(answerer)
        return answerer

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        answers = (answerer(*args, **kwargs) for answerer in self._answerers)
        return [answer for answer in answers if answer is not None]
