"""Fills the database of a running house with a chain of four levels and siblings at each; run by ``House.run_inside``.

Prints as JSON what a browser test has to know: who signs in with what, which piles connect with which
key, whom to find by which phone. Names are made up; each stands once, so that a text names one thing.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

from backoffice.kit.actor import command_line
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from drivers import services as drivers
from finance import services as finance
from finance.models import PaymentChannel, Wallet
from finance.sandbox import provider
from finance.sandbox.models import Payment
from stations.models import Kind, Station
from stations.services import sites, tariffs
from tenants.models import Tenant
from tenants.services import tree
from tests.factories import stations as make
from tests.factories.tenants import PASSWORD, make_member, make_user

ACTOR = command_line("tests")

CHAIN = {
    "HL": ("Hanglu Power", None),
    "JN": ("Jiangnan EV Supply", "HL"),
    "HB": ("Hebei Green Drive", "HL"),
    "QL": ("Qilin Charging", "JN"),
    "SZ": ("Suzhou Volt", "JN"),
    "TJ": ("Tianjin Current", "HB"),
    "PD": ("Pudong East", "QL"),
    "BJ": ("Binjiang Riverside", "QL"),
    "LE": ("Lake East", "SZ"),
    "BH": ("Binhai Harbour", "TJ"),
}
"""Code: name and the level above."""

FULLY_STAFFED = ("HL", "JN", "QL", "PD")
"""One chain from the top has a person in every role; the siblings have their owner alone."""

STATIONS = {
    "HQ": ("上海虹桥枢纽", "PD", "31.194200", "121.327100"),
    "LG": ("上海临港重卡站", "PD", "30.893500", "121.915600"),
    "JL": ("杭州滨江江陵路", "BJ", "30.210500", "120.208100"),
    "HD": ("苏州园区湖东", "LE", "31.318000", "120.730900"),
    "HA": ("天津滨海港", "BH", "38.985600", "117.787300"),
}
"""Code: name, owner and coordinates."""

PEOPLE = (
    ("Lin Wei", "+8613800004471", "500.00"),
    ("王芳", "+8613611112907", "120.50"),
    ("Jonas Brandt", "+8615900000932", "0.00"),
    ("", "+8618677770715", "64.00"),
    ("Chen Jie", "+8613322222068", "310.00"),
    ("赵敏", "+8617755555580", "18.40"),
)
"""Name, phone and cash of the drivers of Qilin Charging; each has a card."""


def furnish() -> dict[str, Any]:
    """Make all of it."""
    with unscoped(reason="test data"):
        tenants = _tenants()
        logins = _logins(tenants)
        for code in ("QL", "SZ", "TJ"):
            _price_list(tenants[code])
        channel = finance.connect_sandbox(tenants["QL"].pk, currency="CNY", actor=ACTOR)
        piles = _piles(tenants)
        people = _drivers(tenants["QL"].pk)
        _top_ups(channel)
        others = drivers.create_driver(tenants["SZ"].pk, phone="+8613900008888", actor=ACTOR, name="Xu Kai")
        drivers.issue_card(tenants["SZ"].pk, uid="5AC0FFEE", actor=ACTOR, driver=others)
        return {
            "password": PASSWORD,
            "logins": logins,
            "tenants": {code: row.pk for code, row in tenants.items()},
            "piles": piles,
            "drivers": people,
        }


def _tenants() -> dict[str, Tenant]:
    made: dict[str, Tenant] = {}
    for code, (name, above) in CHAIN.items():
        if above is None:
            fields = {"timezone": "Asia/Shanghai", "currency": "CNY", "locale": "en"}
            made[code] = tree.create_manufacturer(code=code, name=name, actor=ACTOR, **fields)
        else:
            hotline = {"hotline": "400-555-0142"} if code == "QL" else {}
            made[code] = tree.create_tenant(made[above], code=code, name=name, actor=ACTOR, **hotline)
    return made


def _logins(tenants: dict[str, Tenant]) -> dict[str, str]:
    """The email by ``ROLE@CODE``."""
    made = {}
    for code, tenant in tenants.items():
        for role in Role if code in FULLY_STAFFED else (Role.OWNER,):
            email = f"{role}@{code.lower()}.example"
            make_member(tenant, role, make_user(email=email, name=f"{role.label} {tenant.name}"))
            made[f"{role}@{code}"] = email
    return made


def _price_list(operator: Tenant) -> None:
    tariff = make.make_tariff(operator, name=f"{operator.name} day and night")
    tariffs.make_default(tariff, actor=ACTOR)


def _piles(tenants: dict[str, Tenant]) -> dict[str, Any]:
    """Two piles a station; key and tokens by identity."""
    slow = make.make_model(tenants["HL"], name="HL-AC22", kind=Kind.AC, rated_kw=Decimal(22), vendor="Hanglu")
    fast = make.make_model(tenants["HL"], name="HL-DC120", connector_type="GB/T DC", vendor="Hanglu")
    found = {}
    for code, (name, owner, latitude, longitude) in STATIONS.items():
        station = _station(tenants[owner], code, name, latitude, longitude)
        for number, model in ((1, fast), (2, slow)):
            identity = f"{code}-{number:02}"
            new = make.make_new_pile(station, identity=identity, model=model)
            found[identity] = {
                "pk": new.pile.pk,
                "key": new.key,
                "tokens": [token.token for token in new.tokens],
            }
    return found


def _station(owner: Tenant, code: str, name: str, latitude: str, longitude: str) -> Station:
    return sites.create_station(
        owner,
        code=code,
        name=name,
        city=name[:2],
        latitude=Decimal(latitude),
        longitude=Decimal(longitude),
        actor=ACTOR,
    )


def _drivers(operator_id: int) -> list[dict[str, Any]]:
    made = []
    for number, (name, phone, cash) in enumerate(PEOPLE):
        driver = drivers.create_driver(operator_id, phone=phone, actor=ACTOR, name=name)
        wallet = finance.wallet_for(driver, "CNY")
        if amount := int(Decimal(cash) * 100):
            finance.adjust_balance(wallet, amount=amount, actor=ACTOR, reason="Opening balance")
        card = drivers.issue_card(operator_id, uid=f"04A1B2C3{number:02}", actor=ACTOR, driver=driver)
        made.append({"pk": driver.pk, "name": name, "phone": phone, "card": card.uid, "wallet": wallet.pk})
    return made


def _top_ups(channel: PaymentChannel) -> None:
    """Of the first three drivers: one that was paid, one that failed, one that waits."""
    for wallet, amount in zip(Wallet.objects.order_by("pk"), (20_000, 5_000, 10_000), strict=False):
        top_up = finance.start_top_up(wallet, amount=amount, channel=channel, come_back_to="/c/", actor=ACTOR)
        payment = Payment.objects.get(number=top_up.number)
        if amount == 20_000:
            provider.pay(payment)
        elif amount == 5_000:
            provider.decline(payment)


def main() -> None:
    """Read nothing that matters from standard input, print what was made."""
    json.load(sys.stdin)
    print(json.dumps(furnish()))
