"""What happened to a pile, in words: connections, boots, refusals, notices. What has no words stands for itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy, pgettext_lazy

from backoffice.kit.frame import Words
from stations.models import ConnectorStatus, PileEvent
from stations.security_events import AT_THE_DOOR, type_words

KINDS: Final[Mapping[str, Promise]] = {
    "connected": gettext_lazy("Connected"),
    "takeover": gettext_lazy("Connected anew, over an open connection"),
    "disconnected": gettext_lazy("Connection ended"),
    "refused": gettext_lazy("Not let in"),
    "booted": pgettext_lazy("terminal", "Started"),
    "firmware_changed": gettext_lazy("Another firmware"),
    "DiagnosticsStatusNotification": gettext_lazy("Told about diagnostics"),
    "FirmwareStatusNotification": gettext_lazy("Told about firmware"),
    "LogStatusNotification": gettext_lazy("Told about a log"),
    "SecurityEventNotification": gettext_lazy("Told a security event"),
    "SignedFirmwareStatusNotification": gettext_lazy("Told about firmware"),
}
REASONS: Final[Mapping[str, Promise]] = {
    "gateway lost": gettext_lazy("Its gateway was lost"),
    "gateway lost it": gettext_lazy("Its gateway does not hold it any more"),
    "gateway found again": gettext_lazy("Its gateway was found again"),
}


def event_words(event: PileEvent) -> Words:
    """What it was."""
    return KINDS.get(event.kind, event.kind)


def event_detail(event: PileEvent) -> Words:
    """What there is to say of it beside that; "" where there is nothing."""
    data: Mapping[str, Any] = event.data
    match event.kind:
        case "firmware_changed":
            return f"{data.get('from') or '–'} → {data.get('to') or '–'}"
        case "booted":
            return str(data.get("firmware", ""))
        case "refused":
            why = AT_THE_DOOR.get(data.get("reason", ""), data.get("reason", ""))
            return f"{why} × {data['attempts']}" if data.get("attempts", 1) > 1 else why
        case "connected" | "takeover" | "disconnected":
            return _of_connection(data)
    said = _said(data)
    return type_words(said["type"]) if isinstance(said.get("type"), str) else str(said.get("status", ""))


def status_words(status: str) -> Words:
    """What a connector reported."""
    return dict(ConnectorStatus.choices).get(status, status)


def _of_connection(data: Mapping[str, Any]) -> Words:
    reason = str(data.get("reason", ""))
    if reason or not data.get("code"):
        return REASONS.get(reason, reason) or str(data.get("remote", ""))
    return _("WebSocket code %(code)s") % {"code": data["code"]}


def _said(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload of a notice, as far as it was kept whole."""
    try:
        found = json.loads(data.get("raw", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
