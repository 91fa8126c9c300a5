"""What happened to a pile is said in words; what nobody foresaw is shown as it is."""

from __future__ import annotations

from typing import Any

import pytest

from stations.event_words import event_detail, event_words, status_words
from stations.models import PileEvent


def told(kind: str, **data: Any) -> tuple[str, str]:
    event = PileEvent(kind=kind, data=data)
    return str(event_words(event)), str(event_detail(event))


@pytest.mark.parametrize(
    ("kind", "data", "words", "detail"),
    [
        ("connected", {"remote": "10.1.2.3", "gateway": "one"}, "Connected", "10.1.2.3"),
        ("connected", {"reason": "gateway found again"}, "Connected", "Its gateway was found again"),
        ("disconnected", {"code": 1006, "reason": ""}, "Connection ended", "WebSocket code 1006"),
        ("disconnected", {"reason": "gateway lost"}, "Connection ended", "Its gateway was lost"),
        ("disconnected", {"code": 1000, "reason": "bye"}, "Connection ended", "bye"),
        ("refused", {"reason": "wrong_credentials", "attempts": 3}, "Not let in", "Wrong password × 3"),
        ("refused", {"reason": "wrong_credentials", "attempts": 1}, "Not let in", "Wrong password"),
        ("firmware_changed", {"from": "4.2", "to": "4.3"}, "Another firmware", "4.2 → 4.3"),
        ("booted", {"firmware": "4.3"}, "Started", "4.3"),
        (
            "SecurityEventNotification",
            {"raw": '{"type": "MemoryExhaustion"}'},
            "Told a security event",
            "Out of memory",
        ),
        (
            "FirmwareStatusNotification",
            {"raw": '{"status": "Idle"}'},
            "Told about firmware",
            "Idle",
        ),
        ("DataTransfer", {"raw": '{"vendorId": "x'}, "DataTransfer", ""),
        ("SomethingNew", {"raw": "[]"}, "SomethingNew", ""),
    ],
)
def test_an_event_is_told_in_words(kind: str, data: dict[str, Any], words: str, detail: str) -> None:
    assert told(kind, **data) == (words, detail)


def test_a_status_that_the_protocol_does_not_have_is_shown_as_it_came() -> None:
    assert str(status_words("SuspendedEV")) != "SuspendedEV"
    assert status_words("Dreaming") == "Dreaming"
