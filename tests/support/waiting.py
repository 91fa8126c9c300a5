"""Waiting for something that somebody else does: asked often, up to a deadline, never by a fixed pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

import psutil

T = TypeVar("T")


def eventually(question: Callable[[], T], *, seconds: float = 30.0) -> T:
    """The first true answer; fails the test with the last answer when the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds:g} s"
        time.sleep(0.02)
    return answer


async def until(condition: Callable[[], T], within_s: float = 10.0) -> T:
    """The first truthy value of ``condition``; TimeoutError names the condition."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not (value := condition()):
        if loop.time() > deadline:
            raise TimeoutError(f"still false after {within_s} s: {condition}")
        await asyncio.sleep(0.005)
    return value


def is_gone(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
