"""Writes of the alarm room."""

from alarms.services.handling import acknowledge_alarm, close_alarm
from alarms.services.presence import clear_quiet, close_cleared, watch_presence
from alarms.services.raising import clear_alarm, raise_alarm
from alarms.services.security import watch_certificates, watch_doors
from alarms.services.telling import tell_staff

__all__ = [
    "acknowledge_alarm",
    "clear_alarm",
    "clear_quiet",
    "close_alarm",
    "close_cleared",
    "raise_alarm",
    "tell_staff",
    "watch_certificates",
    "watch_doors",
    "watch_presence",
]
