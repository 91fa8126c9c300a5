"""The certificate of a pile, as the door gets it. A part of ``wire``: standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """What a pile's certificate says, its chain verified by TLS (white paper A00.FR.403-408). Numbers are hexadecimal."""

    fingerprint: str  # SHA-256
    common_name: str = ""
    organizations: tuple[str, ...] = ()
    issuer: str = ""
    serial_number: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
