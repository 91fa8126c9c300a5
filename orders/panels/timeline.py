"""What happened to an order, in two columns: what its pile reported, and what that did to the money.

An empty side means that nothing happened there. Lines of one second that leave each other room are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from alarms.resources import where
from backoffice.kit import figures
from backoffice.kit.enumeration import clauses, enumerated
from backoffice.kit.frame import Moment, Words
from backoffice.kit.money import Money
from backoffice.kit.reasons import reason_words
from orders import history, labels
from orders.limits import StopCause
from orders.models import ChargingOrder, Decision, OrderEvent
from orders.panels.curve import runs_of
from orders.services.billing import stored_bill, tariff_of
from orders.wording import kwh, limit_words, rule_words, stop_words, who_words
from stations import selectors as stations
from stations.models import CommandStatus, ConnectorStatus

BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=2)
"""Reports of the connector that lie further outside the order belong to somebody else."""

MOST_REPORTS = 80
REPORTED: Mapping[str, Promise] = {
    "Preparing": gettext_lazy("Plugged in"),
    "SuspendedEV": gettext_lazy("Vehicle suspends"),
    "SuspendedEVSE": gettext_lazy("Pile suspends"),
    "Charging": gettext_lazy("Energy flows"),
    "Finishing": gettext_lazy("Charge over, still plugged in"),
    "Available": gettext_lazy("Connector free"),
    "Faulted": gettext_lazy("Fault"),
    "Unavailable": gettext_lazy("Out of operation"),
}

Sides = dict[str, Words]
Tell = Callable[[ChargingOrder, OrderEvent], Sides]


def moments_of(order: ChargingOrder, events: Iterable[OrderEvent]) -> list[Moment]:
    """Everything known, the oldest first; ``events`` is the order's history."""
    found = [
        *(_told(order, event) for event in events),
        *_answers(order),
        *_periods(order),
        *_reports(order),
    ]
    return list(_joined(sorted(found, key=_place)))


def _place(moment: Moment) -> tuple[datetime, bool]:
    """By the second; plugging in comes before whatever else the same second brought."""
    return moment.at.replace(microsecond=0), moment.pile != REPORTED[ConnectorStatus.PREPARING]


def _told(order: ChargingOrder, event: OrderEvent) -> Moment:
    tell = EVENTS.get(event.kind)
    if tell is not None:
        return Moment(event.at, **tell(order, event))
    if event.kind in labels.FAILURE:
        return Moment(event.at, pile=labels.FAILURE[event.kind], pile_note=str(event.data.get("error", "")))
    side = "pile" if event.side == history.PILE else "money"
    return Moment(event.at, **{side: event.kind.replace("_", " ")})


def _reports(order: ChargingOrder) -> Iterator[Moment]:
    """What the connector said of itself meanwhile, each step once."""
    since = order.created_at if order.started_at is None else min(order.created_at, order.started_at)
    ends = filter(None, (order.unplugged_at, order.ended_at, order.stopped_at))
    until = max(ends, default=None)
    reports = stations.statuses_of(order.pile_id).filter(
        connector_number=order.connector.number, at__gte=since - BEFORE
    )
    if until is not None:
        reports = reports.filter(at__lte=until + AFTER)
    before = ""
    for report in reversed(reports[:MOST_REPORTS]):
        changed, before = report.status != before, report.status
        if changed and report.status in REPORTED and (report.at >= since or report.status == "Preparing"):
            error = report.error_code if report.error_code not in {"", "NoError"} else ""
            words = REPORTED[report.status]
            note = " ".join(filter(None, [f"StatusNotification {report.status}", error]))
            if (
                report.status == ConnectorStatus.AVAILABLE
                and order.stopped_at
                and report.at > order.stopped_at
            ):
                note = _stood(order.stopped_at, report.at)
            yield Moment(report.at, pile=words, pile_note=note)


def _stood(since: datetime, until: datetime) -> str:
    length = figures.duration_text((until - since).total_seconds())
    return _("unplugged after %(length)s") % {"length": length}


def _answers(order: ChargingOrder) -> Iterator[Moment]:
    """What the pile said to being asked to stop."""
    asked = stations.commands_about(history.reference(order)).filter(action="RemoteStopTransaction")
    for command in asked:
        if command.answered_at is None:
            continue
        state = CommandStatus(command.state).label
        took = f"{command.latency_ms} ms" if command.latency_ms is not None else command.error
        words = _("Pile to RemoteStop: %(answer)s") % {"answer": command.answer.get("status") or state}
        yield Moment(command.answered_at, pile=words, pile_note=took)


def _periods(order: ChargingOrder) -> Iterator[Moment]:
    """Where the tariff changed within the session, and what had flowed until then."""
    bill, tariff = stored_bill(order), tariff_of(order)
    if bill is None or tariff is None:
        return
    for run, following in pairwise(runs_of(bill.slots)):
        flowed = sum(slot.wh for slot in run)
        yield Moment(
            run[-1].end,
            pile=_("Tariff %(from)s to %(to)s")
            % {"from": labels.BAND[run[0].band], "to": labels.BAND[following[0].band]},
            pile_note=_("by the station's clock"),
            money=_("%(energy)s at %(price)s")
            % {"energy": kwh(flowed), "price": figures.number_text(tariff.prices[run[0].band].total, 4)},
            money_note=str(labels.BAND[run[0].band]),
        )


def _joined(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Two neighbours of one second become one line where their sides do not meet."""
    held: Moment | None = None
    for moment in moments:
        if held is not None and _fit(held, moment):
            held = (
                replace(held, money=moment.money, money_note=moment.money_note)
                if moment.money
                else replace(held, pile=moment.pile, pile_note=moment.pile_note)
            )
            continue
        if held is not None:
            yield held
        held = moment
    if held is not None:
        yield held


def _fit(one: Moment, other: Moment) -> bool:
    same = one.at.replace(microsecond=0) == other.at.replace(microsecond=0)
    return same and not (one.pile and other.pile) and not (one.money and other.money)


def _worded(order: ChargingOrder, event: OrderEvent, key: str) -> str:
    return figures.money_text(Money(int(event.data.get(key) or 0), order.currency))


def _register(event: OrderEvent) -> str:
    wh = event.data.get("meter_wh")
    return _("meter %(energy)s") % {"energy": kwh(wh)} if wh is not None else ""


def _line(*parts: Any) -> str:
    return clauses(parts)


def _by(order: ChargingOrder, event: OrderEvent) -> Words:
    return who_words(event.actor_label, order.driver)


def _made(order: ChargingOrder, event: OrderEvent) -> Sides:
    if "source" in event.data:
        return {"money": _("Order made for a start at the pile"), "money_note": order.get_source_display()}
    tariff = event.data.get("tariff") or ""
    why = labels.WHY_TARIFF.get(event.data.get("why") or "", "")
    return {"money": _line(_("Order made"), limit_words(order)), "money_note": _line(tariff, why)}


def _stop_asked(order: ChargingOrder, event: OrderEvent) -> Sides:
    attempt = event.data.get("attempt") or 1
    words = _("RemoteStop sent") if attempt == 1 else _("RemoteStop sent again (%(n)s)") % {"n": attempt}
    reason = event.data.get("reason", "")
    return {
        "pile": words,
        "pile_note": _line(_by(order, event), "" if reason == "asked" else reason_words(reason)),
    }


def _limit(order: ChargingOrder, event: OrderEvent) -> Sides:
    cause = event.data.get("cause", "")
    known = cause in set(StopCause)
    return {
        "money": _("Limit reached"),
        "money_note": str(labels.STOP_CAUSE[StopCause(cause)]) if known else cause,
    }


def _settled(order: ChargingOrder, event: OrderEvent) -> Sides:
    rest = {
        "released": _("%(amount)s released"),
        "arrears": _("%(amount)s still owed"),
        "written_off": _("%(amount)s written off"),
    }
    said = [
        words % {"amount": _worded(order, event, key)} for key, words in rest.items() if event.data.get(key)
    ]
    total = _worded(order, event, "total")
    return {"money": _("Settled %(amount)s") % {"amount": total}, "money_note": _line(*said)}


def _corrected(order: ChargingOrder, event: OrderEvent) -> Sides:
    total = _worded(order, event, "total")
    version = _("version %(n)s") % {"n": event.data.get("version", "")}
    note = _line(version, reason_words(event.data.get("reason", "")))
    return {"money": _("Now %(amount)s") % {"amount": total}, "money_note": note}


def _decided(order: ChargingOrder, event: OrderEvent) -> Sides:
    code, decision = event.data.get("code", ""), event.data.get("decision", "")
    word = Decision(decision).label if decision in Decision.values else decision
    words = _("%(rule)s: %(decision)s") % {"rule": rule_words(code), "decision": word}
    return {"money": words, "money_note": _line(code, _by(order, event))}


def _money(words: Promise, key: str = "amount") -> Tell:
    """One amount in a sentence."""
    return lambda order, event: {
        "money": words % {"amount": _worded(order, event, key)},
        "money_note": reason_words(event.data.get("reason", "")),
    }


EVENTS: Mapping[str, Tell] = {
    "created": _made,
    "held": _money(gettext_lazy("%(amount)s set aside")),
    "released": _money(gettext_lazy("%(amount)s released")),
    "refunded": _money(gettext_lazy("%(amount)s refunded")),
    "arrears_changed": _money(gettext_lazy("%(amount)s still owed"), "arrears"),
    "start_asked": lambda order, event: {"pile": _("RemoteStart sent"), "pile_note": _by(order, event)},
    "start_accepted": lambda _order, event: {
        "pile": _("RemoteStart accepted"),
        "pile_note": f"{event.data['latency_ms']} ms" if event.data.get("latency_ms") is not None else "",
    },
    "started": lambda _order, event: {
        "pile": "StartTransaction",
        "pile_note": _register(event),
        "money": _("Fee running"),
    },
    "requoted": lambda _order, event: {
        "money": _("The tariff of the start counts"),
        "money_note": event.data.get("tariff", ""),
    },
    "other_connector": lambda order, event: {
        "pile": _("Started at another connector"),
        "pile_note": where(order.pile.name, event.data.get("number")),
    },
    "after_cancel": lambda _order, event: {
        "money": _("Charge after its order was given up"),
        "money_note": event.data.get("order_no", ""),
    },
    "started_after_cancel": lambda _order, event: {
        "pile": _("Started all the same"),
        "pile_note": event.data.get("order_no", ""),
    },
    "reopened": lambda _order, _event: {"money": _("Open again: it was started while the pile was offline")},
    "limit_reached": _limit,
    "stop_asked": _stop_asked,
    "stop_waits": lambda order, event: {
        "pile": _("To be stopped once the pile is back"),
        "pile_note": _by(order, event),
    },
    "cannot_stop": lambda _order, event: {
        "pile": _("The pile does not stop"),
        "pile_note": _("asked %(n)s times") % {"n": event.data.get("attempts", "")},
    },
    "stopped": lambda _order, event: {
        "pile": "StopTransaction",
        "pile_note": _line(_register(event), stop_words(event.data.get("reason"))),
    },
    "late_stop": lambda _order, event: {
        "pile": _("StopTransaction, too late"),
        "pile_note": _line(_register(event), _("money unchanged")),
    },
    "force_closed": lambda order, event: {
        "money": _("Closed in the database"),
        "money_note": _line(_by(order, event), reason_words(event.data.get("reason", ""))),
    },
    "waits_for_review": lambda _order, event: {
        "money": _("Waits for a decision"),
        "money_note": enumerated(event.data.get("codes", [])),
    },
    "settled": _settled,
    "corrected": _corrected,
    "given_up": lambda order, event: {
        "money": _("Given up"),
        "money_note": _line(labels.FAILURE.get(event.data.get("failure", ""), ""), _by(order, event)),
    },
    "complained": lambda _order, event: {
        "money": _("The driver complains"),
        "money_note": str(event.data.get("words", ""))[:120],
    },
    "case_decided": _decided,
}
"""How each line of an order's history reads."""
