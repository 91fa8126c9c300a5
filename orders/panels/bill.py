"""The bill of an order line by line: each with its reason, down to the half hours it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from backoffice.kit import figures
from backoffice.kit.enumeration import clauses, enumerated
from backoffice.kit.frame import Words
from backoffice.kit.money import Money, minor_digits
from orders import labels, selectors, tones
from orders.bill import Bill, Fee, Line, Reason, Slot
from orders.models import ChargingOrder, OrderEvent
from orders.panels.curve import runs_of
from orders.services.billing import stored_bill, tariff_of
from orders.services.idling import bill_so_far
from orders.states import ChargeState
from stations.slots import Band
from stations.tariff import Rounding, TariffSnapshot

PRICE_DIGITS = 4
EXACT_DIGITS = 4
ROUNDING = {
    Rounding.LINE: gettext_lazy("rounded half up per line"),
    Rounding.TOTAL: gettext_lazy("the total rounded half up, lines share it"),
}
REDUCTIONS = {"waived": gettext_lazy("Waived")}
FUNDERS = {
    "operator": gettext_lazy("borne by the operator"),
    "agency": gettext_lazy("borne by the agency"),
    "platform": gettext_lazy("borne by the platform"),
}


@dataclass(frozen=True, slots=True)
class BandLine:
    """Energy of one period: ``colour`` names its swatch, ``times`` when that was; prices per kWh."""

    colour: str
    words: Words
    times: str
    wh: int
    electricity_price: str
    service_price: str
    electricity: Money
    service: Money

    @property
    def amount(self) -> Money:
        return self.electricity + self.service


@dataclass(frozen=True, slots=True)
class OtherLine:
    """A line that is no energy: idle fee, discount. ``why`` says how it came about."""

    words: Words
    why: Words
    amount: Money


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One half hour, or the part of it that the session had; what it comes to is exact, lines are rounded."""

    times: str
    colour: str
    words: Words
    wh: int
    electricity_price: str
    service_price: str
    electricity: str
    service: str


@dataclass(frozen=True, slots=True)
class BillPanel:
    """``running``: the order goes on, and so does the bill."""

    note: str
    bands: tuple[BandLine, ...]
    others: tuple[OtherLine, ...]
    slots: tuple[SlotLine, ...]
    electricity: Money
    service: Money
    total: Money
    total_why: str
    energy_why: str
    remarks: tuple[Words, ...]
    running: bool

    @property
    def energy(self) -> Money:
        return self.electricity + self.service


def bill_panel(order: ChargingOrder, events: Sequence[OrderEvent]) -> BillPanel | None:
    """The bill as it stands; None while nothing was priced, or where there is no tariff. ``events``: its history."""
    bill = bill_so_far(order) if order.settled_at is not None else stored_bill(order)
    tariff = tariff_of(order)
    if bill is None or tariff is None:
        return None
    zone = ZoneInfo(order.zone)
    return BillPanel(
        note=_("Tariff %(name)s · amounts in %(currency)s, %(rounding)s")
        % {"name": tariff.name, "currency": bill.currency, "rounding": ROUNDING[tariff.rounding]},
        bands=tuple(_bands(bill, tariff, zone)),
        others=(*_idle(order, bill, tariff), *_reductions(bill)),
        slots=tuple(_slot(slot, tariff, zone) for slot in bill.slots),
        electricity=bill.gross_of(Fee.ELECTRICITY),
        service=bill.gross_of(Fee.SERVICE),
        total=bill.payable,
        total_why=_total_why(order, events),
        energy_why=_energy_why(order, bill),
        remarks=tuple(_remarks(bill)),
        running=order.charge_state != ChargeState.ENDED,
    )


def _remarks(bill: Bill) -> Iterator[Words]:
    """What must be known of it as a whole."""
    if labels.OUTCOME[bill.outcome]:
        yield labels.OUTCOME[bill.outcome]
    yield from (labels.BILL_FLAG[flag] for flag in sorted(bill.flags))


def _bands(bill: Bill, tariff: TariffSnapshot, zone: ZoneInfo) -> list[BandLine]:
    nothing = Money.zero(bill.currency)
    amounts = {(line.fee, line.band): line.amount for line in bill.lines}
    return [
        BandLine(
            tones.BAND[band],
            labels.BAND[band],
            _times([run for run in runs_of(bill.slots) if run[0].band is band], zone),
            wh,
            _price(tariff.prices[band].electricity),
            _price(tariff.prices[band].service),
            amounts.get((Fee.ELECTRICITY, band), nothing),
            amounts.get((Fee.SERVICE, band), nothing),
        )
        for band in _in_order(bill.slots)
        if (wh := bill.wh_in(band))
    ]


def _in_order(slots: Sequence[Slot]) -> list[Band]:
    """The bands as the session came to them."""
    return list(dict.fromkeys(slot.band for slot in slots))


def _times(runs: Sequence[Sequence[Slot]], zone: ZoneInfo) -> str:
    shown = [_span(run[0].start, run[-1].end, zone) for run in runs[:2]]
    return enumerated(shown) + (" …" if len(runs) > len(shown) else "")


def _span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    first, last = timezone.localtime(start, zone), timezone.localtime(end, zone)
    return f"{first:%H:%M}{figures.DASH}{last:%H:%M}"


def _slot(slot: Slot, tariff: TariffSnapshot, zone: ZoneInfo) -> SlotLine:
    price = tariff.prices[slot.band]
    return SlotLine(
        _span(slot.start, slot.end, zone),
        tones.BAND[slot.band],
        labels.BAND[slot.band],
        slot.wh,
        _price(price.electricity),
        _price(price.service),
        _exact(slot.wh, price.electricity),
        _exact(slot.wh, price.service),
    )


def _exact(wh: int, price: Decimal) -> str:
    """What the energy comes to before anything is rounded, major units."""
    return figures.number_text(wh * price / 1000, EXACT_DIGITS)


def _idle(order: ChargingOrder, bill: Bill, tariff: TariffSnapshot) -> list[OtherLine]:
    return [
        OtherLine(labels.FEE[Fee.IDLE], _idle_why(order, line, tariff), line.amount)
        for line in bill.lines
        if line.fee is Fee.IDLE
    ]


def _idle_why(order: ChargingOrder, line: Line, tariff: TariffSnapshot) -> str:
    """How the minutes came about: what was stood, less the grace, at the price, up to the cap."""
    full = ngettext("%(n)s full minute", "%(n)s full minutes", line.quantity) % {"n": line.quantity}
    price = figures.price_text(line.unit_price, minor_digits(tariff.currency))
    words = [_("%(minutes)s × %(price)s") % {"minutes": full, "price": price}]
    if tariff.idle is not None and tariff.idle.grace_min:
        words.append(_("after %(n)s min grace") % {"n": tariff.idle.grace_min})
    if line.reason is Reason.IDLE_CAPPED:
        words.append(_("cut to the cap"))
    if order.unplugged_at is None and order.idle_final_at is None:
        words.append(_("so far"))
    return clauses(words)


def _reductions(bill: Bill) -> list[OtherLine]:
    return [
        OtherLine(REDUCTIONS.get(one.reason, one.reason), FUNDERS.get(one.funder, one.funder), -one.amount)
        for one in bill.reductions
    ]


def _energy_why(order: ChargingOrder, bill: Bill) -> str:
    """Whether the lines are the whole of what the registers say."""
    if order.meter_start is None or order.meter_stop is None or order.charge_state != ChargeState.ENDED:
        return ""
    difference = order.meter_stop - order.meter_start - bill.wh
    return _("periods add up to the meter, difference %(wh)s Wh") % {
        "wh": figures.number_text(Decimal(difference))
    }


def _total_why(order: ChargingOrder, events: Sequence[OrderEvent]) -> str:
    """Where the money for it came from, and what is left to say of it; as every level may read it."""
    held, released = selectors.held_and_released(events)
    said = [
        (_("%(amount)s set aside"), held),
        (_("%(amount)s released"), released),
        (_("%(amount)s still owed"), order.arrears),
        (_("%(amount)s written off"), order.written_off),
        (_("%(amount)s refunded"), order.refunded),
    ]
    return clauses(
        words % {"amount": figures.money_text(Money(amount, order.currency))}
        for words, amount in said
        if amount
    )


def _price(price: Decimal) -> str:
    return figures.number_text(price, PRICE_DIGITS)
