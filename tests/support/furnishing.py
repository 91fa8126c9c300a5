"""Fills the database of a running house; run there by ``House.furnish``, with JSON in and out.

``piles``: how many, each with two connectors; ``drivers``: how many, each with money and a card;
``balance``: minor units each.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from backoffice.kit.actor import command_line
from backoffice.kit.scope import unscoped
from drivers.services import accounts, cards
from finance import services as finance
from stations.services import tariffs
from tests.factories import stations as make
from tests.factories.tenants import make_tenant


def furnish(*, piles: int = 1, drivers: int = 1, balance: int = 100_000, name: str = "") -> dict[str, Any]:
    """One chain of tenants with a station, a tariff all day long, and what was asked for."""
    actor = command_line("tests")
    with unscoped(reason="test data"):
        operator = make_tenant(make_tenant(make_tenant(code=f"{name}M"), code=f"{name}D"), code=f"{name}O")
        agency = make_tenant(operator, code=f"{name}A")
        tariff = make.make_tariff(operator, name=f"Day {name}")
        station = make.make_station(agency, code=f"ST{name}")
        tariffs.assign_tariff(station, tariff=tariff, actor=actor)
        made = [make.make_new_pile(station, identity=f"{name}P{number}") for number in range(piles)]
        people = []
        for number in range(drivers):
            driver = accounts.create_driver(operator.pk, phone=f"+86138{_digits(name, number)}", actor=actor)
            wallet = finance.wallet_for(driver, tariff.currency)
            finance.adjust_balance(wallet, amount=balance, actor=actor, reason="tests")
            card = cards.issue_card(operator.pk, uid=f"{name}C{number}", actor=actor, driver=driver)
            people.append({"id": driver.pk, "phone": driver.phone, "card": card.uid})
    return {
        "operator": operator.code,
        "agency": agency.code,
        "station": station.code,
        "piles": [
            {"identity": new.pile.identity, "key": new.key, "tokens": [token.token for token in new.tokens]}
            for new in made
        ],
        "drivers": people,
    }


def _digits(name: str, number: int) -> str:
    return f"{sum(map(ord, name)) % 1000:03d}{number:05d}"


def main() -> None:
    """Read what is wanted from standard input, print what was made."""
    print(json.dumps(furnish(**json.load(sys.stdin))))
