"""The rest of an order's page: head figures, what stands in the way, evidence, and where its money is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _, pgettext

from alarms.resources import where
from backoffice.kit import cells, clock, figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.frame import Fact, Link, Tone, Words
from backoffice.kit.money import Money
from backoffice.kit.staff import Reader
from drivers.permissions import DriverPerm
from drivers.unmasking import phone_for
from finance import selectors as finance
from finance.models import Refund
from finance.permissions import FinancePerm
from orders import history, labels, selectors, tones
from orders.models import Case, ChargingOrder, OrderEvent
from orders.panels.curve import Curve
from orders.permissions import OrderPerm
from orders.services.billing import tariff_of
from orders.services.stopping import is_lost
from orders.states import LIVE, UNDECIDED, CaseState, ChargeState, Flag, ReviewState, Stage
from orders.wording import end_words, kwh, limit_words, rule_words
from stations.models import Pile, Station
from stations.permissions import StationPerm

Pairs = list[tuple[Words, Words]]
NONE = figures.DASH
AROUND = timedelta(minutes=2)
LONGEST_SPANS = (1, 6, 24, 168)
"""The hours that the page of messages offers."""


def badges(order: ChargingOrder) -> list[tuple[Words, Tone]]:
    """The stage, and whether somebody has to look at it."""
    stage = Stage(order.stage)  # type: ignore[attr-defined]
    found: list[tuple[Words, Tone]] = [(labels.STAGE[stage], tones.STAGE[stage])]
    if stage is Stage.OCCUPIED:
        found.append((order.get_pay_state_display(), "accent"))
    if order.review_state == ReviewState.ABNORMAL:
        found.append((labels.REVIEW[ReviewState.ABNORMAL], "fault"))
    return found


def subtitle(order: ChargingOrder) -> str:
    """When and where: ``21 Nov 2026 · Lingang · LG-08 · B · Pudong East``."""
    day = figures.exact_text(order.started_at or order.created_at).rsplit(" ", 2)[0]
    place = where(order.pile.name, order.connector.number)
    return " · ".join(str(one) for one in (day, order.station, place, order.agency or order.operator) if one)


def facts(order: ChargingOrder, reader: Reader) -> list[Fact]:
    """The strip of figures: of a running order what is so far, of another what came of it."""
    total = figures.money_text(Money(order.total, order.currency))
    lasted = figures.span_text(order.lasted.total_seconds()) if order.lasted is not None else NONE  # type: ignore[attr-defined]
    energy = f"{figures.energy_text(order.energy_wh)}{figures.NBSP}kWh"
    running = order.charge_state in LIVE
    found = [
        Fact(_("Fee so far") if running else _("Total"), total),
        Fact(_("Energy"), energy),
        Fact(pgettext("length", "Charging"), lasted),
    ]
    if running:
        found += [_power(order), _hold_left(order)]
    else:
        stood = order.stood.total_seconds() if order.stood is not None else None  # type: ignore[attr-defined]
        found.append(Fact(_("Idle after end"), figures.span_text(stood) if stood is not None else NONE))
    return [*found, _driver(order, reader), _ends(order)]


def _power(order: ChargingOrder) -> Fact:
    heard = order.power_w is not None and order.pile.online
    value = f"{figures.number_text(order.power_w / 1000, 1)}{figures.NBSP}kW" if heard else NONE  # type: ignore[operator]
    soc = _("SoC %(soc)s %%") % {"soc": order.soc} if order.soc is not None else ""
    return Fact(_("Power"), value, soc)


def _hold_left(order: ChargingOrder) -> Fact:
    if not order.hold:
        return Fact(_("Hold left"), NONE, _("nothing is set aside"))
    left, whole = Money(order.hold - order.total, order.currency), Money(order.hold, order.currency)
    return Fact(_("Hold left"), cells.remaining(left, whole, label=_("Hold left")))


def _driver(order: ChargingOrder, reader: Reader) -> Fact:
    driver = order.driver
    if driver is None:
        return Fact(_("Driver"), _("unknown"), order.plate, big=False)
    phone = phone_for(reader, driver)
    shown: Words = phone
    if reader.may(DriverPerm.VIEW):
        shown = format_html('<a href="{}">{}</a>', reverse("drivers:driver", args=[driver.pk]), phone)
    return Fact(_("Driver"), shown, order.plate, big=False)


def _ends(order: ChargingOrder) -> Fact:
    end = end_words(order.stop_reason, order.failure) or limit_words(order)
    return Fact(_("Start, stop"), order.get_source_display(), end, big=False)


def notices(order: ChargingOrder, cases: list[Case]) -> list[tuple[Tone, Words]]:
    """What a reader must know before he believes the figures."""
    found: list[tuple[Tone, Words]] = []
    if order.charge_state in LIVE and is_lost(order):
        found.append(("offline", _lost(order)))
    if Flag.FORCED in order.flags:
        found.append(
            (
                "waiting",
                _("Closed in the database by its last reading; the pile's own stop is only evidence."),
            )
        )
    if order.charge_state == ChargeState.ENDED and order.settled_at is None:
        found.append(("waiting", _("No money has moved yet: it waits for the decision on a case.")))
    if not order.tariff and order.transaction is not None:
        found.append(("fault", _("No tariff was in force: there is nothing to bill by.")))
    if order.driver is None and order.settled_at is not None and order.total:
        found.append(("waiting", _("Nobody is known who could pay: the amount is written off.")))
    if order.arrears:
        amount = figures.money_text(Money(order.arrears, order.currency))
        found.append(
            (
                "fault",
                _("%(amount)s of it are still owed; the driver cannot start again before.")
                % {"amount": amount},
            )
        )
    if order.failure:
        found.append(("offline", labels.FAILURE.get(order.failure, order.failure)))
    if any(case.state in UNDECIDED for case in cases) and order.settled_at is not None:
        found.append(("waiting", _("Settled by the accepted figures; a case is still to be decided.")))
    return found


def _lost(order: ChargingOrder) -> str:
    if not order.pile.online:
        return _(
            "The pile cannot be heard. Energy may still flow; the figures are those of its last reading."
        )
    if order.stop_missing_since is not None:
        return _("The connector is free again and no stop came. It is waited for; then the order is closed.")
    return _("The pile does not stop, or went on with another charge.")


def evidence(order: ChargingOrder, curve: Curve, cases: list[Case]) -> Pairs:
    """What the bill rests on."""
    row, tariff = order.transaction, tariff_of(order)
    found: Pairs = [(_("OCPP transaction"), str(row.pk) if row is not None else NONE)]
    if row is not None:
        found += [
            (_("Meter start"), kwh(row.meter_start)),
            (_("Meter stop"), _meter_stop(order)),
            (_("Meter values"), _density(curve)),
            (_("Pile clock at start"), _drift(row.pile_started_at, row.start_received_at)),
        ]
    found += [
        (_("Planned limit"), limit_words(order)),
        (_("Tariff snapshot"), tariff.name if tariff is not None else NONE),
        (_("Why this tariff"), labels.WHY_TARIFF.get(order.tariff_why, order.tariff_why or NONE)),
        (_("Firmware now"), order.pile.firmware or NONE),
        (_("Time zone"), order.zone),
        (_("Rules hit"), enumerated(sorted({case.code for case in cases})) or _("none")),
    ]
    if order.flags:
        known = {flag.value: words for flag, words in labels.FLAG.items()}
        found.append((_("Remarks"), enumerated(known.get(flag, flag) for flag in order.flags)))
    return found


def _meter_stop(order: ChargingOrder) -> Words:
    if order.meter_stop is None:
        return _("not yet")
    reported = order.transaction.meter_stop if order.transaction is not None else None
    if reported is not None and reported != order.meter_stop:
        return _("%(decided)s, reported %(reported)s") % {
            "decided": kwh(order.meter_stop),
            "reported": kwh(reported),
        }
    return kwh(order.meter_stop)


def _density(curve: Curve) -> str:
    count = figures.number_text(curve.count)
    if curve.largest_gap_s is None:
        return count
    gap = figures.duration_text(curve.largest_gap_s)
    return _("%(count)s, largest gap %(gap)s") % {"count": count, "gap": gap}


def _drift(pile_time: datetime, received: datetime) -> str:
    """By how much the pile's clock was ahead when it told of the start, the way of the message included."""
    seconds = (pile_time - received).total_seconds()
    if abs(seconds) < 60:
        shift = f"{'+' if seconds > 0 else ''}{figures.number_text(seconds, 1)}"
        return (_("%(s)s s") % {"s": shift}).replace(" ", figures.NBSP)
    words = _("%(length)s ahead") if seconds > 0 else _("%(length)s behind, or sent later")
    return words % {"length": figures.duration_text(abs(seconds))}


def money(order: ChargingOrder, events: Sequence[OrderEvent]) -> Pairs:
    """What was set aside, paid, owed and given back; ``events`` is the order's history."""

    def worded(amount: int) -> str:
        return figures.money_text(Money(amount, order.currency))

    found: Pairs = [
        (_("Set aside for it"), worded(selectors.held_and_released(events)[0])),
        (_("Of it still held"), worded(order.hold)),
        (_("Paid in cash"), worded(order.paid_cash)),
    ]
    more = [
        (_("Paid from bonus"), order.paid_bonus),
        (_("Still owed"), order.arrears),
        (_("Written off"), order.written_off),
        (_("Refunded"), order.refunded),
    ]
    found += [(label, worded(amount)) for label, amount in more if amount]
    if order.settled_at is not None:
        found.append((_("Settled"), cells.when(order.settled_at)))
        found.append((_("Version of the bill"), str(order.version)))
    return found


def refunds(order: ChargingOrder) -> list[tuple[Refund, Money]]:
    """What went back to the wallet, the newest last."""
    rows = finance.refunds().filter(about=history.reference(order)).order_by("created_at", "pk")
    return [(row, Money(row.amount, row.currency)) for row in rows]


def wallet_link(order: ChargingOrder, reader: Reader) -> Link | None:
    """The wallet that pays, for those who may look at it."""
    key: int | None = order.wallet_key  # type: ignore[attr-defined]  # an annotation of orders_in_full
    if key is None or not reader.may(FinancePerm.WALLET_VIEW):
        return None
    return Link(_("Wallet"), reverse("finance:wallet", args=[key]))


def case_lines(order: ChargingOrder, reader: Reader) -> list[tuple[Case, Words, Tone]]:
    """Findings about the order, each with its name and colour; nothing for those who may not see cases."""
    if not reader.may(OrderPerm.CASE_VIEW):
        return []
    return [
        (case, rule_words(case.code), tones.CASE[CaseState(case.state)]) for case in selectors.cases_of(order)
    ]


def messages_link(order: ChargingOrder, reader: Reader) -> Link | None:
    """The conversation with the pile around the order, in the reader's own zone."""
    if not reader.may(StationPerm.FRAMES_VIEW):
        return None
    begin = order.created_at if order.started_at is None else min(order.created_at, order.started_at)
    over = order.unplugged_at or order.ended_at
    until = (over or clock.now()) + AROUND
    hours = (until - begin + AROUND).total_seconds() / 3600
    span = next((one for one in LONGEST_SPANS if one >= hours), LONGEST_SPANS[-1])
    local = timezone.localtime(until)
    address = reverse("stations:pile_messages", args=[order.pile_id])
    return Link(_("Messages"), f"{address}?span={span}&until={local:%Y-%m-%dT%H:%M}")


def places(order: ChargingOrder) -> Pairs:
    """Who stands above it, where it was, and by which card."""
    chain = [
        (_("Manufacturer"), order.manufacturer),
        (_("Dealer"), order.dealer),
        (_("Operator"), order.operator),
        (_("Agency"), order.agency),
    ]
    found: Pairs = [(label, tenant.name) for label, tenant in chain if tenant is not None]
    found += [
        (_("Station"), _linked(order.station, "stations:station")),
        (_("Terminal"), _linked(order.pile, "stations:pile")),
        (_("Connector"), order.connector.letter),
    ]
    return found


def profile_of_case(case: Case) -> Pairs:
    """What a case is about, and whose it is."""
    found: Pairs = []
    if case.order is not None:
        address = reverse("orders.order", args=[case.order.order_no])
        found.append((_("Order"), format_html('<a href="{}">{}</a>', address, case.order.order_no)))
    if case.transaction is not None:
        found.append((_("OCPP transaction"), str(case.transaction.pk)))
    if case.station is not None:
        found.append((_("Station"), _linked(case.station, "stations:station")))
    if case.pile is not None:
        found.append((_("Terminal"), _linked(case.pile, "stations:pile")))
    if case.connector_number is not None:
        found.append((_("Connector"), where("", case.connector_number)))
    owner = case.agency or case.operator
    found += [(_("Agency") if case.agency else _("Operator"), owner.name)] if owner is not None else []
    found.append((_("Opened"), cells.when(case.opened_at)))
    found.append((_("Assignee"), case.assignee_label or NONE))
    if case.decided_at is not None:
        found.append((_("Decided"), cells.when(case.decided_at)))
        found.append((_("By"), case.decided_by or _("the rule")))
        found.append((_("Reason"), case.reason or NONE))
    if case.reopened:
        found.append((_("Reopened"), figures.number_text(case.reopened)))
    return found


def _linked(row: Station | Pile, name: str) -> Words:
    return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), row.name)
