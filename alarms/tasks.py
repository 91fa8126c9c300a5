"""What the worker does for alarms: looks who is gone, tells staff, and puts away what is over."""

from __future__ import annotations

from alarms import services
from backoffice.kit.tasks import sweep


@sweep
def watch_presence() -> None:
    services.watch_presence()


@sweep
def put_away() -> None:
    services.clear_quiet()
    services.close_cleared()


@sweep
def watch_security() -> None:
    services.watch_doors()
    services.watch_certificates()


@sweep
def tell_staff() -> None:
    services.tell_staff()


SCHEDULE = {watch_security: 60.0, watch_presence: 10.0, put_away: 60.0, tell_staff: 30.0}
