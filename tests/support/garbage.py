"""What is no OCPP, and what is OCPP around nonsense."""

from __future__ import annotations

DEEP = "[" * 50_000 + "]" * 50_000

GARBAGE: list[str | bytes] = [
    "",
    " ",
    "hello",
    "{}",
    "[]",
    "null",
    "17",
    '"text"',
    "[2]",
    "[2,",
    '[2,null,"Heartbeat",{}]',
    '[2,["x"],"Heartbeat",{}]',
    '["x"]',
    '[9,"id",{}]',
    '[3,"nobody",{}]',
    '[4,"nobody"]',
    "[3]",
    DEEP,
    '[2,"d","DataTransfer",' + DEEP + "]",
    b"\xff\xfe\xfd",
    b'[2,"\xff","Nonsense"',
    "\x00" * 1000,
]

NONSENSE: list[dict[str, object]] = [
    {"connectorId": "one", "meterValue": "none"},
    {"connectorId": [1], "meterValue": [[], 5, None, {"sampledValue": {"value": {}}}]},
    {"connectorId": 10**30, "transactionId": "1" * 500, "meterValue": [{"timestamp": [], "sampledValue": [{"value": [1]}]}]},
    {"connectorId": True, "meterValue": {"timestamp": {}, "sampledValue": {"value": "1e99999"}}},
    {"": None, "connectorId": -1, "\u0000": "\u0000", "meterValue": [{"sampledValue": [{"value": "\u0000"}]}]},
]  # fmt: skip
