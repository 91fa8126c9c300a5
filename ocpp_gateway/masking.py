"""What must never be kept: keys and passwords in frames, payloads and errors.

The frame that crosses the socket is untouched; what is logged, stored or shown goes through here
(OCPP 1.6 security white paper A01.FR.08-09). Masked is the ``value`` beside a ``key`` that names a
secret, and the password inside a URL.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

MASK: Final = "***"
_SHORTEST_SECRET: Final = 4
_DEPTH: Final = 32

_SECRET_NAME = re.compile(
    r"authori[sz]ation_?key|passw(?:or)?d|passphrase|secret|private_?key|psk|pwd", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?<=://)[^/@\s\"]*@")


def is_secret(key: str) -> bool:
    """Whether a configuration key holds something that may not be read back."""
    return _SECRET_NAME.search(key) is not None


def secrets_in(payload: Any) -> tuple[str, ...]:
    """The secret values of a request, to be masked wherever its answer repeats them."""
    if type(payload) is dict and is_secret(str(payload.get("key", ""))):
        value = str(payload.get("value", ""))
        return (value,) if len(value) >= _SHORTEST_SECRET else ()
    return ()


def mask(value: Any, secrets: tuple[str, ...] = (), depth: int = _DEPTH) -> Any:
    """A copy of a payload without its secrets, and without what lies deeper than any OCPP message."""
    if type(value) is dict:
        if not depth:
            return {}
        hidden = is_secret(str(value.get("key", "")))
        return {
            name: MASK if hidden and name == "value" else mask(item, secrets, depth - 1)
            for name, item in value.items()
        }
    if type(value) is list:
        return [mask(item, secrets, depth - 1) for item in value] if depth else []
    return _mask_string(value, secrets) if type(value) is str else value


def mask_text(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A frame's text without its secrets; where it is no JSON and names one, nothing of it is left."""
    if not secrets and _SECRET_NAME.search(text) is None and "://" not in text:
        return text
    try:
        return orjson.dumps(mask(orjson.loads(text), secrets)).decode()
    except (ValueError, TypeError):
        return MASK


def _mask_string(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = re.sub(re.escape(secret), MASK, text, flags=re.IGNORECASE)
    return _URL_PASSWORD.sub(MASK + "@", text)
