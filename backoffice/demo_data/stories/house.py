"""Around the charging: who was suspended or blocked, who knocked without being known, what was sent to phones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from django.core.files.base import ContentFile

from backoffice.demo_data.companies import email_of
from backoffice.demo_data.copying import copy
from backoffice.demo_data.dossiers import paper
from backoffice.demo_data.masters import Customer, Masters
from backoffice.demo_data.prices import CITY_NEXT, NOON_DAY
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.lists import saved
from backoffice.kit.perms import Role
from backoffice.kit.scope import path_of_tenant
from drivers.models import SmsError, SmsMessage, SmsPurpose, SmsState
from drivers.services import accounts, cards
from ocpp_gateway import wire
from orders.models import ChargingOrder, Source
from orders.resources import REALTIME
from reports import sharing
from stations import intake
from stations.models import StationStatus
from stations.services import devices, sites, tariffs
from tenants.models import Membership, PaperKind, User
from tenants.selectors import scope_of
from tenants.services import papers, staff, tree

STRANGERS = ("HL-000412", "CP_TEST_1", "NB05004", "EVSE-A17C")
RECEIPTS = 400
SIGNED_IN = 60
SUSPENDED = "LYON"
SCREENS = (
    ("Lobby 大厅", 90, "QILIN"),
    ("Control room 值班室", 30, "HZ-BINJIANG"),
    ("Trade fair 展会", 14, "QILIN"),
)
"""Name, for how many days, what is shown; the last one is revoked."""


def tell(masters: Masters, chance: Random) -> None:
    """All of it, within the last weeks."""
    _companies(masters)
    _newcomer(masters)
    _equipment(masters)
    _drivers(masters)
    _knocks(masters)
    _messages(masters, chance)
    _kept()
    _shared(masters)


def _companies(masters: Masters) -> None:
    """An agency that is suspended, and somebody who left."""
    with clock.frozen(masters.now - timedelta(hours=20)):
        owner = _staff(Role.OWNER, "RHINE")
        tree.suspend_tenant(
            masters.tenants[SUSPENDED], actor=owner, reason="Contract is being renewed 合同续签中"
        )
    with clock.frozen(masters.now - timedelta(days=3)):
        member = Membership.objects.get(
            tenant=masters.tenants["QILIN"], user__email=email_of(Role.AUDITOR, "QILIN")
        )
        guest = staff.add_member(
            masters.tenants["QILIN"],
            actor=_staff(Role.OWNER, "QILIN"),
            email="trainee@qilin.pilehouse.example",
            name="Yu Ming 于明",
            role=Role(member.role),
        )
        staff.deactivate_member(guest, actor=_staff(Role.OWNER, "QILIN"), reason="Left the company 已离职")


def _newcomer(masters: Masters) -> None:
    """An agency that is being set up; its papers wait for its operator."""
    boss, licence = _staff(Role.OWNER, "QILIN"), paper("Business licence - Wuxi Bay Mall")
    with clock.frozen(masters.now - timedelta(hours=5)):
        row = tree.create_tenant(
            masters.tenants["QILIN"],
            actor=boss,
            code="WX-BAY",
            name="Wuxi Bay Mall 无锡湾商场",
            draft=True,
            contact="沈湾 Shen Wan",
            phone="+8651000000501",
            region="Jiangsu 江苏",
        )
        papers.add_paper(row, actor=boss, file=ContentFile(licence, "licence.pdf"), kind=PaperKind.LICENCE)
        with scope_of(row.pk):
            tree.submit_tenant(row, actor=boss)


def _equipment(masters: Masters) -> None:
    """A station that is being worked on, a pile in the workshop, a price list that waits for approval."""
    with clock.frozen(masters.now - timedelta(days=1, hours=3)):
        manager = _staff(Role.MANAGER, "QILIN")
        sites.edit_station(masters.stations["SZ-05"], actor=manager, status=StationStatus.MAINTENANCE)
        tariff = tariffs.create_tariff(masters.tenants["QILIN"], actor=manager, name="Solar noon 午间光伏")
        fields: dict[str, Any] = {**CITY_NEXT.as_fields(), "valid_from": masters.now + timedelta(days=12)}
        tariffs.write_version(tariff, actor=manager, codes=NOON_DAY, **fields)
        workshop = next(
            pile for pile in reversed(masters.piles) if pile.tenant_id == masters.tenants["PEARL"].pk
        )
        devices.edit_pile(workshop, actor=_staff(Role.OWNER, "PEARL"), life="maintenance")


def _drivers(masters: Masters) -> None:
    """Some who may not charge any more, and cards that are lost or blocked."""
    for operator in ("QILIN", "LANTERN", "RHINE"):
        support = _staff(Role.SUPPORT, operator)
        some = [one for one in masters.customers[operator][-8:] if one.card is not None]
        with clock.frozen(masters.now - timedelta(days=1)):
            accounts.block_driver(
                some[0].driver, actor=support, reason="Chargeback of three payments 恶意退款"
            )
            cards.lose_card(_card(some[1]), actor=support, reason="Reported by phone 电话挂失")
            if len(some) > 2:
                cards.block_card(_card(some[2]), actor=support, reason="Copied card 疑似复制卡")


def _knocks(masters: Masters) -> None:
    """Piles that nobody registered: they wait to be claimed."""
    for number, identity in enumerate(STRANGERS):
        for attempt in range(3 + 4 * number):
            at = masters.now - timedelta(hours=5 * number, minutes=9 * attempt)
            hello = wire.Hello(
                identity=identity,
                user_name=identity,
                password=None,
                remote=f"198.51.100.{20 + number}",
                subprotocols=("ocpp1.6",),
                security_profile=1,
                at=at,
            )
            with clock.frozen(at):
                intake.note_refusals([(hello, wire.RefusalReason.UNKNOWN_IDENTITY)])


def _kept() -> None:
    """Filters that the operator's owner keeps as tabs of his lists."""
    for name, query in (
        ("Ningbo port 宁波港", "agency=NB-PORT"),
        ("Over 3 h 超过 3 小时", "running=3h&sort=started_at"),
    ):
        saved.save_view(
            REALTIME, name=name, query=query, columns=(), is_default=False, actor=_staff(Role.OWNER, "QILIN")
        )


def _shared(masters: Masters) -> None:
    """A screen in the lobby of the operator, and one that was switched off."""
    with clock.frozen(masters.now - timedelta(days=5)):
        member = Membership.objects.select_related("user").get(
            tenant=masters.tenants["QILIN"], user__email=email_of(Role.OWNER, "QILIN")
        )
        with scope_of(member.tenant_id):
            for name, days, code in SCREENS:
                made = sharing.create_link(
                    member,
                    tenant=masters.tenants[code],
                    name=name,
                    days=days,
                    actor=_staff(Role.OWNER, "QILIN"),
                )
            sharing.revoke_link(
                made.link, actor=_staff(Role.OWNER, "QILIN"), reason="The fair is over 展会结束"
            )


def _messages(masters: Masters, chance: Random) -> None:
    """Receipts of the last orders, codes of those who signed in; one in a hundred was not delivered."""
    copy(SmsMessage, sorted(_texts(masters, chance), key=lambda row: row["created_at"]))


def _texts(masters: Masters, chance: Random) -> Iterator[dict[str, Any]]:
    rows = ChargingOrder.objects.filter(source=Source.QR, settled_at__lte=masters.now, driver__isnull=False)
    newest = list(rows.select_related("driver").order_by("-settled_at")[:RECEIPTS])
    for order in newest:
        if order.driver is None or order.settled_at is None:
            continue
        kwh, amount = order.energy_wh / 1000, order.total / 100
        text = f"Charging ended: {kwh:.2f} kWh, {amount:.2f} {order.currency}. Receipt: /c/{order.public_id}"
        row = _row(order.driver.tenant_id, order.driver.phone, SmsPurpose.RECEIPT, text, chance)
        yield row | {
            "about": f"order:{order.order_no}",
            "created_at": order.settled_at,
            **_sent(order.settled_at, chance),
        }
    for order in newest[:SIGNED_IN]:
        if order.driver is not None:
            at = order.created_at - timedelta(seconds=chance.randrange(50, 200))
            text = "••••••  is your sign-in code. It is valid for 5 minutes."
            row = _row(order.driver.tenant_id, order.driver.phone, SmsPurpose.SIGN_IN, text, chance)
            yield row | {"about": "", "created_at": at, **_sent(at, chance)}


def _row(tenant_id: int, phone: str, purpose: SmsPurpose, text: str, chance: Random) -> dict[str, Any]:
    return {
        **path_of_tenant(tenant_id).as_columns(),
        "phone": phone,
        "purpose": purpose,
        "text": text,
        "attempts": 1,
        "provider_ref": f"demo-{chance.getrandbits(40):010x}",
    }


def _sent(at: Any, chance: Random) -> dict[str, Any]:
    if chance.random() < 0.01:
        return {"state": SmsState.FAILED, "error": SmsError.REFUSED, "sent_at": None}
    return {"state": SmsState.SENT, "error": "", "sent_at": at + timedelta(seconds=chance.randrange(1, 6))}


def _card(one: Customer) -> Any:
    return one.card


def _staff(role: Role, code: str) -> Actor:
    """Somebody with this role there, or the owner."""
    emails = [email_of(wanted, code) for wanted in (role, Role.OWNER)]
    found = {user.email: user for user in User.objects.filter(email__in=emails)}
    user = next(found[email] for email in emails if email in found)
    return Actor(f"staff:{user.pk}", user.name)
