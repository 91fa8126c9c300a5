"""What every process writes to its output: one event a line, as JSON, without phones and secrets.

Loggers stay those of the standard library; ``extra`` fields of a call become fields of the line. A terminal
gets the same events as readable text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from backoffice.kit.figures import MASK, masked_phone

PHONE = re.compile(r"\+\d{7,15}\b")
SECRET = re.compile(
    r"(?P<name>authori[sz]ation(?:key)?|passw(?:or)?d|secret|token)(?P<between>[\"']?\s*[:=]\s*[\"']?)(?:(?:basic|bearer)\s+)?[^\s\"',;}]+",
    re.IGNORECASE,
)
URL_PASSWORD = re.compile(r"(?<=://)[^/@\s\"]+@")
BORING = frozenset({"taskName", "color_message", "websocket"})

Event = MutableMapping[str, Any]


def masked(text: str) -> str:
    """The text with phones shortened, and with ``***`` for what stands behind the name of a secret."""
    text = URL_PASSWORD.sub(f"{MASK}@", text)
    text = SECRET.sub(lambda found: f"{found['name']}{found['between']}{MASK}", text)
    return PHONE.sub(lambda found: masked_phone(found[0]), text)


def mask_event(_logger: Any, _method: str, event: Event) -> Event:
    """Every text of a line goes through ``masked``; fields that the library adds for itself are left out."""
    return {
        key: masked(value) if isinstance(value, str) else value
        for key, value in event.items()
        if key not in BORING
    }


def configuration(level: str) -> dict[str, Any]:
    """``LOGGING`` of Django: everything through one handler, whoever wrote it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.stdlib.ExtraAdder(),
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                ],
                "processors": _writers(),
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "events"}},
        "root": {"handlers": ["console"], "level": level},
        # They bring handlers of their own, in a form of their own.
        "loggers": {
            **{
                name: {"handlers": [], "propagate": True, "level": level}
                for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi", "django.server")
            },
            "uvicorn.access": {"handlers": [], "propagate": False},
        },
    }


def _writers() -> list[Any]:
    last: list[Any] = [
        structlog.processors.format_exc_info,
        mask_event,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]
    if sys.stderr is not None and sys.stderr.isatty():
        last = [mask_event, structlog.dev.ConsoleRenderer()]
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
