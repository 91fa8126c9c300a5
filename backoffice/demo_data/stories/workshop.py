"""What engineers work with: firmware, wanted settings, vendor messages, and what many terminals are asked for.

Two bulk actions wait for the terminals: they are done for real as soon as those are simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count, cycle

from django.core.files.base import ContentFile

from backoffice.demo_data.companies import SHOWN, email_of
from backoffice.demo_data.line import in_line
from backoffice.demo_data.masters import Masters
from backoffice.demo_data.products import PRODUCTS
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.perms import Role
from backoffice.kit.scope import path_of_tenant
from stations import pki
from stations.models import Campaign, CampaignPile, CampaignStatus, Firmware, ItemStatus, Pile, PileModel
from stations.services import campaigns, file_campaigns, firmware, pushing, settings, vendors
from stations.services.firmware import Signing
from tenants.models import Tenant, User

MAKER, OPERATOR = SHOWN[0], SHOWN[2]
OLD, USUAL, NEW, NEXT = "4.1.7", "4.2.1", "4.3.0", "4.4.0-rc1"
FILE_BYTES = 96 * 1024
PATIENCE_S = 6 * 3600
LEFT_ALONE = 14
"""The first piles in line charge; they are not updated under the eyes of whoever looks at them."""

READ, UPDATED, TRIED, OLD_ONES = 24, 9, 4, 18
WANTED = (
    ("HeartbeatInterval", "300", True, "Six are answered in a minute of silence"),
    ("MeterValueSampleInterval", "30", True, ""),
    ("LocalAuthorizeOffline", "true", False, ""),
    ("ConnectionTimeOut", "90", False, "Agreed with the operators in spring"),
    ("LightIntensity", "60", False, ""),
)
AGREED = (
    ("from_pile", "com.hanglu", "ModuleTemperature", "Temperature of the power modules 功率模块温度", ""),
    ("from_pile", "com.hanglu", "DoorOpened", "Cabinet was opened 柜门打开", ""),
    (
        "to_pile",
        "com.hanglu",
        "SetScreenText",
        "Words on the screen 屏幕文字",
        '{"line": 1, "text": "Welcome"}',
    ),
    ("to_pile", "pilehouse.simulator", "Echo", "Says back what it is told 回声测试", "ping"),
)
RESULTS = (
    (ItemStatus.DONE, "Accepted"),
    (ItemStatus.DONE, "Accepted"),
    (ItemStatus.FAILED, "Rejected"),
    (ItemStatus.DONE, "Accepted"),
    (ItemStatus.SKIPPED, "The terminal could not be heard."),
    (ItemStatus.DONE, "Accepted"),
)


def tell(masters: Masters) -> None:
    """Within the last weeks; what waits for the terminals begins now."""
    maker, operator = masters.tenants[MAKER], masters.tenants[OPERATOR]
    with clock.frozen(masters.now - timedelta(days=40)):
        models = list(PileModel.objects.filter(tenant=maker).order_by("pk"))
        for direction, vendor, message, label, content in AGREED:
            vendors.save_vendor_message(
                maker,
                actor=_engineer(MAKER),
                direction=direction,
                vendor_id=vendor,
                message_id=message,
                label=label,
                answer="Accepted",
                content=content,
                is_json=content.startswith("{"),
            )
    newest = _library(masters, maker, models)
    _templates(masters, maker, operator, models)
    own = [pile for pile in in_line() if path_of_tenant(pile.tenant_id).operator_id == operator.pk]
    _cleared_once(masters, operator, own[-OLD_ONES:])
    _waiting(operator, own, newest)


def _library(masters: Masters, maker: Tenant, models: Sequence[PileModel]) -> Firmware:
    """An old one that was taken back, the usual one, a new one with its signature, and the next as a draft."""
    direct = {product.name for product in PRODUCTS if product.is_direct}
    fast = [model for model in models if model.name in direct]
    actor = _engineer(MAKER)
    with clock.frozen(masters.now - timedelta(days=210)):
        old = _release(maker, OLD, models, "First release of the series.", None)
    with clock.frozen(masters.now - timedelta(days=75)):
        _release(maker, USUAL, models, "Readers answer faster; queued stops keep their order.", None)
    with clock.frozen(masters.now - timedelta(days=70)):
        firmware.withdraw_firmware(old, actor=actor, reason="Loses queued stops after a power cut")
    with clock.frozen(masters.now - timedelta(days=3)):
        signer = pki.make_authority(
            "Hanglu firmware", organization="Hanglu Power", kind=pki.KeyKind.EC, at=clock.now()
        )
        signing = Signing(certificate=signer.certificate, private_key=signer.key)
        newest = _release(maker, NEW, fast, "Signed updates; the fan follows the plug temperature.", signing)
    with clock.frozen(masters.now - timedelta(hours=7)):
        _upload(maker, NEXT, fast[-1:], "For the test bench only.", None)
    return newest


def _release(
    maker: Tenant, version: str, models: Sequence[PileModel], notes: str, signing: Signing | None
) -> Firmware:
    row = _upload(maker, version, models, notes, signing)
    return firmware.release_firmware(row, actor=_engineer(MAKER))


def _upload(
    maker: Tenant, version: str, models: Sequence[PileModel], notes: str, signing: Signing | None
) -> Firmware:
    head = f"Hanglu controller, version={version}\n".encode()
    return firmware.upload_firmware(
        maker,
        actor=_engineer(MAKER),
        file=ContentFile(head.ljust(FILE_BYTES, b"\xa5"), f"hanglu-{version}.bin"),
        version=version,
        pile_models=models,
        notes=notes,
        signing=signing,
    )


def _templates(masters: Masters, maker: Tenant, operator: Tenant, models: Sequence[PileModel]) -> None:
    """The manufacturer wants something of its fast models, the operator something else of one of them."""
    wanted = [model for model in models if model.name in {"HL-DC120D", "HL-DC180D"}]
    with clock.frozen(masters.now - timedelta(days=30)):
        for model in wanted:
            template = settings.create_template(maker, model=model, actor=_engineer(MAKER))
            for key, value, after_boot, note in WANTED:
                settings.want_setting(
                    template, key=key, value=value, after_boot=after_boot, note=note, actor=_engineer(MAKER)
                )
    with clock.frozen(masters.now - timedelta(days=9)):
        own = settings.create_template(operator, model=wanted[0], actor=_engineer(OPERATOR))
        settings.want_setting(
            own,
            key="MeterValueSampleInterval",
            value="10",
            note="Drivers see their power at once",
            actor=_engineer(OPERATOR),
        )


def _cleared_once(masters: Masters, operator: Tenant, piles: Sequence[Pile]) -> None:
    """A bulk action of last week, in three waves: most did it, some refused, some were away."""
    begun = masters.now - timedelta(days=6, hours=4)
    with clock.frozen(begun):
        campaign = campaigns.create_campaign(
            "command",
            Pile.objects.filter(pk__in=[pile.pk for pile in piles]),
            tenant_id=operator.pk,
            actor=_engineer(OPERATOR),
            title="ClearCache",
            params={"action": "ClearCache", "payload": {}},
            reason="Cards were replaced 换卡后清除缓存",
            wave_size=6,
            failure_share=50,
        )
    items = list(CampaignPile.objects.filter(campaign=campaign).order_by("pk"))
    for number, item, (state, result) in zip(count(), items, cycle(RESULTS), strict=False):
        item.state, item.result = state, result
        item.started_at = begun + timedelta(minutes=4 * item.wave, seconds=2 * number)
        item.ended_at = item.started_at + timedelta(seconds=1 + number % 5)
    CampaignPile.objects.bulk_update(items, ["state", "result", "started_at", "ended_at"])
    Campaign.objects.filter(pk=campaign.pk).update(
        state=CampaignStatus.DONE,
        wave=max(item.wave for item in items),
        ended_at=begun + timedelta(minutes=13),
        looked_at=begun + timedelta(minutes=13),
    )


def _waiting(operator: Tenant, piles: Sequence[Pile], newest: Firmware) -> None:
    """What is to be read and updated; a few run the newest already, from when it was tried."""
    fits = set(newest.pile_models.values_list("pk", flat=True))
    direct = [pile for pile in piles[LEFT_ALONE:] if pile.model_id in fits]
    tried = [pile.pk for pile in direct[UPDATED : UPDATED + TRIED]]
    Pile.objects.filter(pk__in=tried).update(firmware=newest.version)
    campaigns.create_campaign(
        pushing.READ.name,
        Pile.objects.filter(pk__in=[pile.pk for pile in piles[:READ]]),
        tenant_id=operator.pk,
        actor=_engineer(OPERATOR),
        reason="Monthly look 每月检查",
        patience_s=PATIENCE_S,
        at_once=6,
    )
    campaigns.create_campaign(
        file_campaigns.SIGNED.name,
        Pile.objects.filter(pk__in=[pile.pk for pile in direct[:UPDATED]]),
        tenant_id=operator.pk,
        actor=_engineer(OPERATOR),
        title=f"Update firmware to {newest.version} 升级固件",
        params={"firmware": newest.pk, "only_idle": True},
        reason="Signed updates 签名升级",
        wave_size=3,
        failure_share=40,
        patience_s=PATIENCE_S,
    )


def _engineer(code: str) -> Actor:
    user = User.objects.get(email=email_of(Role.ENGINEER, code))
    return Actor(f"staff:{user.pk}", user.name)
