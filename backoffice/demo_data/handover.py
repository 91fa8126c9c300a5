"""What whoever tries the demonstration is handed: sign-ins, links behind QR codes, keys of piles.

All of it can be found again from the database and the installation's secret, so the file may be lost.
It is written whole, and last: where it is, the demonstration is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from backoffice.demo_data import keys
from backoffice.demo_data.companies import BESIDE, COMPANIES, SHOWN, STAFF, Company, email_of
from backoffice.demo_data.line import in_line
from backoffice.kit.perms import Role
from stations.models import Pile, QrToken
from stations.provisioning import address_of

FILE = "logins.json"
PILES_TOLD = 12
"""For how many piles the file has the key."""


def write(folder: Path, secret: str) -> None:
    """Write the file, at once and whole. Needs a lifted scope."""
    text = json.dumps(describe(secret), ensure_ascii=False, indent=2)
    draft = folder / f"{FILE}.new"
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(folder / FILE)


def describe(secret: str) -> dict[str, Any]:
    """The contents of the file."""
    piles = in_line(PILES_TOLD)
    return {
        "logins": [
            _login(company, role, secret)
            for company in sorted(COMPANIES, key=lambda one: one.level.depth)
            for role in _roles(company)
        ],
        "links": [_link(pile, token) for pile in piles[:1] for token in _tokens(pile)[:1]],
        "piles": [_pile(pile, secret) for pile in piles],
    }


def _roles(company: Company) -> list[Role]:
    """One of each role in the chain that is shown, an owner in the companies beside it."""
    if company.code in SHOWN:
        return list(STAFF)
    return [Role.OWNER] if company.code in BESIDE else []


def _login(company: Company, role: Role, secret: str) -> dict[str, str]:
    return {
        "level": company.level.value,
        "role": role.value,
        "tenant": company.name,
        "code": company.code,
        "email": email_of(role, company.code),
        "password": keys.password(secret),
    }


def _link(pile: Pile, token: QrToken) -> dict[str, str]:
    return {"name": f"QR code of {pile.name} {token.connector.letter}", "path": f"/q/{token.token}"}


def _pile(pile: Pile, secret: str) -> dict[str, Any]:
    return {
        "identity": pile.identity,
        "station": pile.station.code,
        "url": address_of(pile),
        "username": pile.identity,
        "password": keys.pile_key(secret, pile.identity),
        "connectors": [
            {"number": token.connector.number, "path": f"/q/{token.token}"} for token in _tokens(pile)
        ],
    }


def _tokens(pile: Pile) -> list[QrToken]:
    live = QrToken.objects.filter(connector__pile=pile, revoked_at__isnull=True)
    return list(live.select_related("connector").order_by("connector__number"))
