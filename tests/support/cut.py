"""A network that can be cut: a TCP proxy of our own between somebody and an engine.

``drop`` ends every connection and refuses new ones, as a router that says so does. ``stall`` lets nothing
through and says nothing, as one that does not; what was under way then is lost when the cut ends.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Self

CHUNK = 64 * 1024


class Cut:
    """Runs in a thread of its own, as long as its block lasts."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._flows: asyncio.Event | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._refusing = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *error: object) -> None:
        self._call(self._stop)
        self._thread.join()

    def drop(self) -> None:
        """Cut, and say so."""
        self._call(self._drop)

    def stall(self) -> None:
        """Cut, without a word."""
        self._call(self._stall)

    def mend(self) -> None:
        """What comes from now on goes through."""
        self._call(self._mend)

    def _call(self, act) -> None:
        asyncio.run_coroutine_threadsafe(act(), self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._flows = asyncio.Event()
        self._flows.set()
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._refusing:
                return
            assert self._flows is not None
            await self._flows.wait()
            there, back = await asyncio.open_connection(*self._target)
            self._writers.add(back)
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        except OSError:
            pass
        finally:
            self._close(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._flows is not None
        try:
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._close(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        with suppress(OSError):
            writer.close()

    async def _drop(self) -> None:
        self._refusing = True
        self._abort()

    async def _stall(self) -> None:
        assert self._flows is not None
        self._flows.clear()

    async def _mend(self) -> None:
        assert self._flows is not None
        if not self._flows.is_set():
            self._abort()
        self._refusing = False
        self._flows.set()

    def _abort(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()
        self._writers.clear()

    async def _stop(self) -> None:
        self._abort()
        assert self._flows is not None
        self._flows.set()
        self._loop.call_soon(self._loop.stop)
