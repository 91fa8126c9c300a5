"""What alarms are called, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from alarms.catalogue import CATALOGUE
from backoffice.kit import figures
from backoffice.kit.frame import Tone, Words
from stations.certificate_words import why_words

TITLES: Mapping[str, Promise] = {
    "over_temperature_pile": _("Pile too hot"),
    "over_temperature_plug": _("Plug or cable too hot"),
    "leakage": _("Leakage current"),
    "ground_missing": _("Protective earth missing"),
    "insulation": _("Insulation fault"),
    "voltage": _("Voltage out of range"),
    "over_current": _("Over-current"),
    "emergency_stop": _("Emergency stop pressed"),
    "smoke_fire_water": _("Smoke, fire or water"),
    "door_open": _("Door open or tampered with"),
    "contactor_welded": _("Contactor welded or lightning protection gone"),
    "offline": _("Offline"),
    "weak_signal": _("Weak signal"),
    "meter": _("Meter fault"),
    "connector_lock": _("Connector lock fault"),
    "reader": _("Card reader fault"),
    "power_switch": _("Power switch fault"),
    "vehicle_communication": _("No contact with the vehicle"),
    "internal": _("Internal or other error"),
    "reset": _("Reset failed"),
    "local_list": _("Local list conflict"),
    "system": _("Clock, restart, firmware or memory"),
    "start_rate": _("Many starts fail"),
    "unused": _("Never used while its neighbours are"),
    "cannot_stop": _("Charge cannot be stopped"),
    "station_offline": _("Most piles of the station are offline"),
    "transformer": _("Transformer overloaded"),
    "environment": _("Temperature, humidity or flood"),
    "revenue": _("Revenue far below the usual"),
    "abnormal_orders": _("Many abnormal orders"),
    "line_loss": _("Line loss"),
    "expiring": _("Tariff, certificate or contract expires"),
    "security": _("Security"),
}

SEVERITIES: Mapping[int, Promise] = {
    1: _("Danger"),
    2: _("Serious"),
    3: _("Minor"),
    4: _("Information"),
}

SEVERITY_TONES: Mapping[int, Tone] = {1: "fault", 2: "fault", 3: "waiting", 4: "plain"}


_CERTIFICATE_UNTIL = re.compile(r"[0-9a-fA-F]+ (\d{4}-\d\d-\d\d)")
EXPIRING, SECURITY = "T07", "T08"


def info_words(code: str, vendor_code: str, info: str) -> Words:
    """What an alarm of ours says besides its title; what a pile said stands as it is."""
    if code == EXPIRING and (found := _CERTIFICATE_UNTIL.fullmatch(info)):
        day = figures.day_text(date.fromisoformat(found[1]))
        return gettext("The certificate of the terminal is valid until %(day)s") % {"day": day}
    if code == SECURITY and vendor_code == "certificate":
        return why_words(info)
    return info


def reported_words(error_code: str, code: str, info: str) -> Words:
    """What a list says below "Reported": the code of a pile, or in short what ends when."""
    if code == EXPIRING and (found := _CERTIFICATE_UNTIL.fullmatch(info)):
        day = figures.day_text(date.fromisoformat(found[1]))
        return gettext("Until %(day)s") % {"day": day}
    return error_code


def title_of(code: str, info: str = "") -> str:
    """The name of a kind of alarm, or of what it says that expires; a code that is not in the catalogue stands for itself."""
    if code == EXPIRING and _CERTIFICATE_UNTIL.fullmatch(info):
        return gettext("Certificate expires")
    kind = CATALOGUE.get(code)
    return str(TITLES[kind.text]) if kind else code
