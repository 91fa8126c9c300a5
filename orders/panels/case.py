"""A case for its page: what was found, in words, and what each decision would do to the money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from backoffice.kit import figures
from backoffice.kit.frame import Words
from backoffice.kit.money import Money
from orders import labels
from orders.bill import Bill, Fee
from orders.models import Case, ChargingOrder
from orders.rules import Code
from orders.services.deciding import Correction
from orders.wording import WHY, evidence_pairs, kwh

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
