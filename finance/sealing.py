"""Secrets of payment channels at rest: JSON objects, sealed."""

from __future__ import annotations

import json
from typing import Any

from backoffice.kit.sealing import Box

BOX = Box("pilehouse payment channel secrets")


def seal(secrets: dict[str, Any]) -> str:
    """Encrypt a JSON object."""
    return BOX.seal(json.dumps(secrets))


def unseal(text: str) -> dict[str, Any]:
    """The object again. Raises SealBroken."""
    return dict(json.loads(BOX.unseal(text))) if text else {}
