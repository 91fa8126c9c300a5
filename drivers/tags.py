"""Card numbers as they are compared. Pure."""

from __future__ import annotations


def fold_tag(id_tag: str) -> str:
    """The form in which card numbers are compared (OCPP 1.6 §7.28)."""
    return id_tag.strip().upper()
