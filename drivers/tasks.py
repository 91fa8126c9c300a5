"""What the worker does for drivers: sends messages, forgets what is old."""

from __future__ import annotations

from backoffice.kit.tasks import sweep
from drivers import services
from drivers.services import sweeps


@sweep
def send_messages() -> None:
    services.send_due_messages()


@sweep
def forget_codes() -> None:
    sweeps.forget()


SCHEDULE = {send_messages: 2.0, forget_codes: 3600.0}
