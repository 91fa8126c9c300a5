"""The table from action to handler, built once for the process. A module per feature profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ocpp_gateway.handlers import core, firmware, security, transactions
from ocpp_gateway.handlers.handler import Handler

HANDLERS: Final[Mapping[str, Handler]] = {
    **core.HANDLERS,
    **transactions.HANDLERS,
    **firmware.HANDLERS,
    **security.HANDLERS,
}

__all__ = ["HANDLERS", "Handler"]
