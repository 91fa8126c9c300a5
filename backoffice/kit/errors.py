"""What a service raises when it will not do what was asked."""

from __future__ import annotations

from django.utils.functional import Promise


class Refused(Exception):
    """A rule forbids it. ``message`` is for the user, ``field`` names the form field it belongs to."""

    def __init__(self, message: str | Promise, *, code: str = "", field: str = "") -> None:
        super().__init__(str(message))
        self.message = message
        self.code = code
        self.field = field
