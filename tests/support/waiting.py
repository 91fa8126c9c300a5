"""Wait for something to become true, with a deadline instead of a guess."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def until(condition: Callable[[], T], within_s: float = 10.0) -> T:
    """The first truthy value of ``condition``; TimeoutError names the condition."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not (value := condition()):
        if loop.time() > deadline:
            raise TimeoutError(f"still false after {within_s} s: {condition}")
        await asyncio.sleep(0.005)
    return value
