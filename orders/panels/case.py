"""A case for its page: what was found, in words, and what each decision would do to the money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from alarms.permissions import AlarmPerm
from alarms.selectors import alarms_of_pile
from alarms.wording import title_of
from backoffice.kit import cells, clock, figures
from backoffice.kit.frame import Link, Tone, Words
from backoffice.kit.money import Money
from backoffice.kit.staff import Reader
from orders import labels
from orders.bill import Bill, Fee
from orders.models import Case, ChargingOrder, Decision
from orders.rules import Code
from orders.second import Proposal
from orders.services.effects import Correction
from orders.states import ChargeState
from orders.wording import WHY, evidence_pairs, kwh
from stations.models import Command
from stations.permissions import StationPerm
from stations.selectors import commands_about
from stations.tones import COMMAND

AROUND = timedelta(minutes=5)
MOST_LINES = 10

Findings = list[tuple[Words, list[tuple[Words, str]]]]


def findings(case: Case, *, whole_tags: bool) -> Findings:
    """The evidence in parts: what was found first, and what came later."""
    parts: Findings = [("", evidence_pairs(case.evidence, case.currency, whole_tags=whole_tags))]
    for number, later in enumerate(case.evidence.get("later", []), start=1):
        heading = _("Later evidence %(n)s") % {"n": number}
        parts.append((heading, evidence_pairs(later, case.currency, whole_tags=whole_tags)))
    return parts


def raw(case: Case, *, whole_tags: bool) -> str:
    """The evidence as it is kept."""
    return json.dumps(case.evidence if whole_tags else _masked(case.evidence), indent=2, ensure_ascii=False)


def why(case: Case) -> Words:
    """What the rule means."""
    return WHY.get(Code(case.code), "")


def amounts(case: Case) -> list[tuple[Words, Words]]:
    """The money before and after."""
    if case.order is None or not case.currency:
        return []
    now = case.order.total - case.order.refunded
    found: list[tuple[Words, Words]] = [(_("When it was opened"), _money(case.amount_before, case.currency))]
    if case.amount_after is not None:
        found.append((_("After the decision"), _money(case.amount_after, case.currency)))
    found.append((_("Now, less refunds"), _money(now, case.currency)))
    row = case.order.transaction
    if row is not None and row.meter_stop is not None:
        found.append((_("Energy reported"), kwh(row.meter_stop - row.meter_start)))
    found.append((_("Energy accepted"), kwh(case.order.energy_wh)))
    return found


def consequences_of(order: ChargingOrder, correction: Correction) -> list[str]:
    """What a correction changes, line by line, and what the driver gets or owes."""
    bill, currency, start = correction.bill, order.currency, order.meter_start or 0
    lines = [
        _change(_("Billed up to"), kwh(start + order.energy_wh), kwh(start + correction.energy_wh)),
        _change(_("Energy"), kwh(order.energy_wh), kwh(correction.energy_wh)),
    ]
    lines += [
        _change(labels.FEE[fee], _money(before, currency), _money(_gross(bill, fee), currency))
        for fee, before in (
            (Fee.ELECTRICITY, order.electricity_fee),
            (Fee.SERVICE, order.service_fee),
            (Fee.IDLE, order.idle_fee),
        )
        if before or _gross(bill, fee)
    ]
    total = bill.payable.amount if bill is not None else 0
    lines.append(_change(_("Total"), _money(order.total, currency), _money(total, currency)))
    return [*lines, *_for_driver(order, total)]


def consequences_of_waiving(order: ChargingOrder) -> list[str]:
    """What it means that nothing is charged."""
    change = _change(_("Total"), _money(order.total, order.currency), _money(0, order.currency))
    return [change, *_for_driver(order, 0)]


def consequences_of_standing(order: ChargingOrder) -> list[str]:
    """That the figures stand: what is settled by that, if its money waited."""
    total = _money(order.total, order.currency)
    if order.settled_at is None and order.charge_state == ChargeState.ENDED:
        return [_("%(total)s are settled now, from what was set aside.") % {"total": total}]
    return [_change(_("Total"), total, total)]


def consequences_of_writing_off(order: ChargingOrder) -> list[str]:
    """That nothing is owed any more."""
    return [_change(_("Still owed"), _money(order.arrears, order.currency), _money(0, order.currency))]


def proposal(case: Case) -> list[tuple[Words, Words]]:
    """What a first person wants, and what that changes; nothing where nothing waits."""
    if not case.proposal:
        return []
    wanted = Proposal.from_json(case.proposal)
    found: list[tuple[Words, Words]] = [
        (_("Decision"), Decision(wanted.decision).label),
        (_("Proposed by"), wanted.by_label),
        (_("At"), cells.when(datetime.fromisoformat(wanted.at))),
    ]
    if "meter_stop" in wanted.params:
        found.append((_("Meter at the end, kWh"), kwh(wanted.params["meter_stop"])))
    if wanted.currency:
        change = f"{_money(wanted.before, wanted.currency)} → {_money(wanted.after, wanted.currency)}"
        found.append((_("For the driver"), change))
    return [*found, (_("Reason"), wanted.reason)]


def asked(case: Case) -> list[tuple[Command, Words, Tone]]:
    """The commands that were sent for the case, the newest first, each with its true outcome."""
    rows = commands_about(f"case:{case.number}").order_by("-pk")[:MOST_LINES]
    return [(row, row.get_state_display(), COMMAND[row.state]) for row in rows]


def log_link(case: Case, reader: Reader) -> Link | None:
    """The question for the pile's own log around the order, filled in; for engineers."""
    order = case.order
    if order is None or case.pile is None or not reader.may(StationPerm.COMMAND_ENGINEER):
        return None
    since, until = _around(order)
    asked = {
        "since": f"{timezone.localtime(since):%Y-%m-%dT%H:%M}",
        "until": f"{timezone.localtime(until):%Y-%m-%dT%H:%M}",
        "reason": case.number,
    }
    address = reverse("stations:pile_fetch", args=[case.pile.pk])
    return Link(_("Fetch a log…"), f"{address}?{urlencode(asked)}")


def _around(order: ChargingOrder) -> tuple[datetime, datetime]:
    return (order.started_at or order.created_at) - AROUND, (order.ended_at or clock.now()) + AROUND


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm of the pile while the order ran."""

    url: str
    words: Words
    code: str
    at: datetime


def alarms(case: Case, reader: Reader) -> list[AlarmLine]:
    """What else was wrong with the pile while the order ran."""
    order = case.order
    if order is None or case.pile is None or not reader.may(AlarmPerm.VIEW):
        return []
    since, until = _around(order)
    rows = alarms_of_pile(case.pile.pk).filter(first_seen_at__lte=until, last_seen_at__gte=since)
    return [
        AlarmLine(
            reverse(f"alarms:{row.alarm_class}", args=[row.pk]),
            title_of(row.code),
            row.code,
            row.first_seen_at,
        )
        for row in rows[:MOST_LINES]
    ]


def _for_driver(order: ChargingOrder, total: int) -> list[str]:
    """The difference as the driver sees it; nothing while no money has moved."""
    if order.driver is None or order.settled_at is None or total == order.total:
        return []
    amount = _money(abs(total - order.total), order.currency)
    words = (
        _("%(amount)s are credited: first against what is owed, then to the wallet.")
        if total < order.total
        else _("%(amount)s more are taken from the wallet, or owed.")
    )
    return [words % {"amount": amount}]


def _change(label: Words, before: str, after: str) -> str:
    return _("%(label)s: %(before)s → %(after)s") % {"label": label, "before": before, "after": after}


def _gross(bill: Bill | None, fee: Fee) -> int:
    return bill.gross_of(fee).amount if bill is not None else 0


def _money(amount: int | None, currency: str) -> str:
    return figures.DASH if amount is None else figures.money_text(Money(amount, currency))


def _masked(evidence: Mapping[str, Any]) -> dict[str, Any]:
    masked = dict(evidence)
    if masked.get("id_tag"):
        masked["id_tag"] = figures.MASK
    if "later" in masked:
        masked["later"] = [_masked(later) for later in masked["later"]]
    return masked
