"""One origin: pages run in a fixed pool of threads, live streams on the event loop.

Under Django's own ASGI handler every request gets a thread, and so a database connection, of its own;
the pool keeps one connection per thread instead. A stream is any path that ends in ``/stream``; files
of piles are moved on the event loop too, without Django's middleware.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

streams = get_asgi_application()
files: Any = import_module("stations.transfer").application  # its services need Django to be set up
pages: Any = get_wsgi_application()
threads: Any = WSGIMiddleware(pages, workers=int(os.environ.get("WEB_THREADS", "12")))


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The entry point of uvicorn."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/files/"):
        await files(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].endswith("/stream"):
        await streams(scope, receive, send)
    else:
        await threads(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
