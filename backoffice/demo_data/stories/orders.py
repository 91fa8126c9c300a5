"""Abnormal orders, each as it would have come about. A function is one story, on one pile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from backoffice.demo_data.masters import Customer
from backoffice.demo_data.stories.stage import Stage, State, driver
from backoffice.kit.perms import Role
from drivers.models import Card
from drivers.services import cards
from finance import services as finance
from orders import history
from orders.models import LimitKind, Transaction
from orders.rules import Code
from orders.services import cases as order_cases, deciding, effects
from stations.services import tariffs

ACCEPTED = {"status": "Accepted"}
CASH = 20_000
LORRY_WH = 910_000
STRANGERS_TAG = "04A7C1902E5B80"


def unknown_card(stage: Stage) -> None:
    """A02: a card that nobody knows; the pile gives energy until it is told not to. Open."""
    key = stage.plugs_and_starts(STRANGERS_TAG)
    stage.answers("RemoteStopTransaction", State.ACCEPTED, ACCEPTED)
    stage.charges(key, 1, 42.0, every=1)
    stage.ends(key, reason="DeAuthorized")


def lost_card(stage: Stage) -> None:
    """A02: a card that was reported lost, used while the pile was offline. Somebody is looking into it."""
    one = stage.driver(CASH)
    with stage.present():
        cards.lose_card(card_of(one), actor=stage.staff(Role.SUPPORT), reason="Reported by phone 电话挂失")
    stage.wait(hours=6)
    began = stage.now - timedelta(hours=2)
    key = stage.starts(card_of(one).uid, at=began)
    stage.meters[1] = stage.meter() + 17_300
    stage.ends(key, at=began + timedelta(minutes=35))
    with stage.present():
        deciding.take_case(stage.case_of(key, "A02"), actor=stage.staff(Role.SUPPORT))


def orphan_stop(stage: Stage) -> None:
    """A02: the stop of a transaction of which there was no start. Open."""
    stage.stops(910_000_000 + stage.pile.pk, wh=stage.meter() + 8_400, reason="PowerLoss")
    stage.work()


def start_after_cancel(stage: Stage) -> None:
    """A03: the driver gives up, and the pile starts all the same. Open."""
    one = stage.driver(CASH)
    order = stage.press_start(one)
    stage.wait(seconds=25)
    stage.press_cancel(one, order)
    stage.wait(seconds=8)
    key = stage.plugs_and_starts(order.id_tag)
    stage.answers("RemoteStopTransaction", State.ACCEPTED, ACCEPTED)
    stage.charges(key, 2, 48.0, every=1)
    stage.ends(key, reason="Remote")


def stop_missing(stage: Stage) -> None:
    """A04: the connector is free, and the stop never came. Open."""
    order = stage.press_start(stage.driver(CASH))
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 20, 51.0)
    stage.says(1, "Available")
    stage.wait(minutes=11)
    stage.work()


def stop_came_late(stage: Stage) -> None:
    """A04: decided, and then the stop came after all and said something else. Open again."""
    order = stage.press_start(stage.driver(CASH))
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 25, 44.0)
    stage.says(1, "Available")
    stopped = stage.now
    stage.wait(minutes=11)
    stage.work()
    stage.wait(hours=1)
    with stage.present():
        deciding.accept_case(
            stage.case_of(key, "A04"),
            actor=stage.staff(),
            reason="The last reading is plausible 末次读数可信",
        )
    stage.wait(hours=1)
    stage.meters[1] = stage.meter() + 2_150
    stage.stops(key, at=stopped, reason="PowerLoss")
    stage.work()


def cannot_stop(stage: Stage) -> None:
    """A05: four times the pile refuses to stop; somebody presses the emergency stop. Open."""
    one = stage.driver(CASH)
    order = stage.press_start(one)
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 15, 55.0)
    stage.press_stop(order, driver(one))
    for seconds in (11, 31, 61, 301):
        stage.answers("RemoteStopTransaction", State.REJECTED, {"status": "Rejected"})
        stage.wait(seconds=seconds)
        stage.work()
    stage.charges(key, 5, 55.0)
    stage.ends(key, reason="EmergencyStop")


def rollback(stage: Stage) -> None:
    """A06: the register fell. Open."""
    _rollback(stage)


def rollback_corrected(stage: Stage) -> None:
    """A06: the register fell; the meter was read on the spot and the order corrected."""
    key, top = _rollback(stage)
    stage.wait(hours=3)
    with stage.present():
        deciding.correct_case(
            stage.case_of(key, "A06"),
            meter_stop=top - 900,
            actor=stage.staff(Role.MANAGER),
            reason="Read off the meter on site 现场抄表",
        )


def jump(stage: Stage) -> None:
    """A07: more energy than the connector can give. Open."""
    order = stage.press_start(stage.driver(CASH))
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 10, 40.0)
    stage.wait(minutes=2)
    stage.ends(key, wh=stage.meter() + 96_000, reason="EVDisconnected")
    stage.meters[1] = stage.meter() + 96_000


def mismatch(stage: Stage) -> None:
    """A08: the closing reading says less than the stop; waived."""
    order = stage.press_start(stage.driver(CASH), LimitKind.ENERGY, 20_000)
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 20, 54.0)
    stage.ends(key, closing_wh=stage.meter() - 1_240, reason="Local")
    stage.wait(hours=20)
    with stage.present():
        deciding.waive_case(
            stage.case_of(key, "A08"),
            actor=stage.staff(Role.MANAGER),
            reason="Meter is being replaced 电表更换中, goodwill",
        )


def energy_between(stage: Stage) -> None:
    """A09: the register went on between two charges; noted."""
    _plain(stage)
    stage.wait(minutes=40)
    stage.meters[1] = stage.meter() + 1_900
    _plain(stage)


def clock_not_set(stage: Stage) -> None:
    """A11: a pile that thinks it is 1970. Open."""
    order = stage.press_start(stage.driver(CASH))
    epoch = datetime(1970, 1, 1, 0, 4, 12, tzinfo=UTC)
    key = stage.plugs_and_starts(order.id_tag, pile_time=epoch)
    stage.charges(key, 15, 47.0)
    stage.ends(key, pile_time=epoch + timedelta(minutes=15))


def too_long(stage: Stage) -> None:
    """A11: thirty hours on a fast charger, told afterwards; accepted."""
    one = stage.driver(60_000)
    began = stage.now - timedelta(hours=30)
    key = stage.starts(card_of(one).uid, at=began)
    stage.meters[1] = stage.meter() + 61_500
    stage.ends(key, at=stage.now - timedelta(minutes=20))
    stage.wait(hours=2)
    with stage.present():
        deciding.accept_case(
            stage.case_of(key, "A11"), actor=stage.staff(), reason="A coach stood here over night 大巴过夜"
        )


def too_much(stage: Stage) -> None:
    """A12: above the highest amount; the money waits. Open."""
    _too_much(stage)


def too_much_accepted(stage: Stage) -> None:
    """A12: above the highest amount, and right."""
    key = _too_much(stage)
    stage.wait(hours=1)
    with stage.present():
        deciding.accept_case(
            stage.case_of(key, "A12"),
            actor=stage.staff(Role.FINANCE),
            reason="Electric lorry, battery of 1 MWh 重卡",
        )


def overlap(stage: Stage) -> None:
    """A13: one card at two connectors at once, told afterwards. Open."""
    one = stage.driver(CASH)
    began = stage.now - timedelta(hours=3)
    first = stage.starts(card_of(one).uid, 1, at=began)
    second = stage.starts(card_of(one).uid, 2, at=began + timedelta(minutes=6))
    stage.meters[1] = stage.meter(1) + 12_400
    stage.meters[2] = stage.meter(2) + 9_800
    stage.stops(first, 1, at=began + timedelta(minutes=31))
    stage.stops(second, 2, at=began + timedelta(minutes=40))
    stage.work()


def two_stops(stage: Stage) -> None:
    """A14: a second stop of the same transaction says something else. Open."""
    order = stage.press_start(stage.driver(CASH))
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 15, 49.0)
    stage.ends(key)
    stage.wait(minutes=12)
    stage.stops(key, wh=stage.meter() + 3_870, reason="PowerLoss")
    stage.work()


def free_of_charge(stage: Stage) -> None:
    """A15: the price list of the opening weeks was forgotten on one pile. Open."""
    actor = stage.staff(Role.MANAGER)
    with stage.present():
        tariff = tariffs.create_tariff(stage.pile.tenant, actor=actor, name="Opening weeks 开业免费")
        version = tariffs.write_version(tariff, actor=actor, codes="F" * 48, flat_electricity=Decimal(0))
        tariffs.submit_version(version, actor=actor)
        tariffs.approve_version(version, actor=stage.staff(Role.FINANCE), free=True)
        tariffs.assign_tariff(stage.pile, tariff=tariff, actor=actor)
    stage.wait(minutes=5)
    order = stage.press_start(stage.driver(CASH))
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 20, 38.0)
    stage.ends(key)
    with stage.present():
        tariffs.assign_tariff(stage.pile, tariff=None, actor=actor)


def arrears(stage: Stage) -> None:
    """A17: charged offline for more than the wallet had; it is still owed."""
    _arrears(stage)


def arrears_paid(stage: Stage) -> None:
    """A17: owed, and paid at the desk two days later."""
    _key, one = _arrears(stage)
    stage.wait(hours=26)
    with stage.present():
        finance.adjust_balance(
            one.wallet, amount=10_000, actor=stage.staff(Role.SUPPORT), reason="Paid in at the desk 柜台充值"
        )


def arrears_written_off(stage: Stage) -> None:
    """A17: owed, and given up."""
    key, _one = _arrears(stage)
    stage.wait(hours=30)
    with stage.present():
        finance.write_off_arrears(
            history.reference(stage.order_of(key)),
            reason="Cannot be reached 无法联系",
            actor=stage.staff(Role.FINANCE),
        )


def foreign_stop(stage: Stage) -> None:
    """A22: the stop of another pile's transaction. Open, with a security alarm."""
    other = _transaction_elsewhere(stage)
    stage.stops(other, wh=stage.meter() + 1_000)
    stage.work()


def complaint(stage: Stage) -> None:
    """A20: a driver complains. Open."""
    _complaint(stage, "The screen said 18 kWh, the receipt says 20 屏幕显示与账单不一致")


def complaint_refunded(stage: Stage) -> None:
    """A20: a driver complains and gets part of the money back."""
    key = _complaint(stage, "It stopped by itself twice 充电中断两次")
    stage.wait(hours=4)
    with stage.present():
        deciding.refund_case(
            stage.case_of(key, "A20"), amount=500, actor=stage.staff(Role.FINANCE), reason="Goodwill 补偿"
        )


def refunded(stage: Stage) -> None:
    """An order of which a part was given back without any case."""
    key = _plain(stage)
    stage.wait(hours=1)
    with stage.present():
        effects.refund_order(
            stage.order_of(key),
            amount=300,
            actor=stage.staff(Role.FINANCE),
            reason="Roadworks at the bay 车位施工",
        )


def _plain(stage: Stage) -> int:
    order = stage.press_start(stage.driver(CASH))
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 20, 52.0)
    stage.ends(key, reason="Remote")
    return key


def _rollback(stage: Stage) -> tuple[int, int]:
    order = stage.press_start(stage.driver(CASH))
    key = stage.plugs_and_starts(order.id_tag)
    stage.charges(key, 20, 46.0)
    top = stage.meter()
    stage.wait(minutes=5)
    stage.reads(key, top - 6_400, power_w=46_000, soc=58)
    stage.wait(minutes=2)
    stage.ends(key, wh=top - 4_900, reason="Local")
    return key, top


def _too_much(stage: Stage) -> int:
    """A lorry, as fast as the pile can, while the pile is offline."""
    one = stage.driver(200_000)
    rated_w = float(stage.pile.model.rated_kw) * 1000 if stage.pile.model else 60_000.0
    lasted = timedelta(hours=LORRY_WH / (0.95 * rated_w))
    began = stage.now - lasted - timedelta(minutes=25)
    key = stage.starts(card_of(one).uid, at=began)
    stage.meters[1] = stage.meter() + LORRY_WH
    stage.ends(key, at=began + lasted)
    return key


def _arrears(stage: Stage) -> tuple[int, Customer]:
    one = stage.driver(1_200)
    began = stage.now - timedelta(hours=3)
    key = stage.starts(card_of(one).uid, at=began)
    stage.meters[1] = stage.meter() + 38_000
    stage.ends(key, at=began + timedelta(minutes=52))
    return key, one


def _complaint(stage: Stage, said: str) -> int:
    key = _plain(stage)
    stage.wait(minutes=30)
    with stage.present():
        order = stage.order_of(key)
        order_cases.open_case(Code.COMPLAINT, order=order, pile=order.pile, evidence={"said": said})
    return key


def _transaction_elsewhere(stage: Stage) -> int:
    """Of another pile, the newest."""
    return Transaction.objects.exclude(pile=stage.pile).latest("pk").pk


def card_of(one: Customer) -> Card:
    if one.card is None:
        raise LookupError(f"{one.person.name} has no card")
    return one.card
