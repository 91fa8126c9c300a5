"""An app of this house: when everything is loaded, its ``wiring`` module is imported, if it has one.

``wiring.py`` answers the hooks of rooms below and registers what the frame collects (resources, checks).
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class Room(AppConfig):
    """Base of every app's configuration."""

    def ready(self) -> None:
        if find_spec(f"{self.name}.wiring") is not None:
            import_module(f"{self.name}.wiring")
