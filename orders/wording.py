"""What happened to orders, and what the rules found, in the reader's language; ``labels`` has the words of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy, pgettext_lazy

from backoffice.kit import figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.frame import Words
from backoffice.kit.money import Money
from drivers.models import Driver
from orders import labels
from orders.models import ChargingOrder, LimitKind
from orders.rules import Code

REASONS: Mapping[str, Promise] = {
    "asked": gettext_lazy("asked for"),
    "retry": gettext_lazy("asked again"),
    "unauthorised": gettext_lazy("started without authorisation"),
    "stop_missing": gettext_lazy("no stop came in time"),
    "idle_fee": gettext_lazy("idle fee added"),
    "review_overdue": gettext_lazy("nobody decided in time"),
    **{f"limit_{cause}": words for cause, words in labels.STOP_CAUSE.items() if isinstance(words, Promise)},
}
"""Codes that our own timers give as a reason. What people typed is shown as it is."""

TIMERS: Mapping[str, Promise] = {
    "limits": gettext_lazy("by its limit"),
    "stop_retry": gettext_lazy("by the timer"),
    "start_deadline": gettext_lazy("by the timer"),
    "stop_missing": gettext_lazy("by the timer"),
    "idle_fee": gettext_lazy("by the timer"),
    "review_overdue": gettext_lazy("by the timer"),
}

FAULTS: Mapping[str, Promise] = {
    "missing": gettext_lazy("no tariff was in force"),
    "free": gettext_lazy("energy cost nothing"),
    "stop_before_start": gettext_lazy("it ended before it began"),
    "too_long": gettext_lazy("it lasted too long"),
    "clock_not_set": gettext_lazy("the pile's clock was not set"),
    "clock_ahead": gettext_lazy("the pile's clock was ahead"),
    "connector": gettext_lazy("the same connector"),
    "token": gettext_lazy("the same card or token"),
}

EVIDENCE: Mapping[str, tuple[Promise, str]] = {
    "fault": (gettext_lazy("Fault"), "word"),
    "same": (gettext_lazy("Shared"), "word"),
    "failure": (pgettext_lazy("order", "Failure"), "word"),
    "reason": (gettext_lazy("Reason"), "word"),
    "answered": (pgettext_lazy("what", "Answered"), "text"),
    "error_code": (gettext_lazy("Error code"), "text"),
    "id_tag": (gettext_lazy("Card or token"), "tag"),
    "other": (gettext_lazy("Other transaction"), "text"),
    "version": (gettext_lazy("Tariff version"), "text"),
    "claimed_transaction": (gettext_lazy("Transaction as sent"), "text"),
    "times": (pgettext_lazy("number", "Times"), "text"),
    "attempts": (gettext_lazy("Attempts"), "text"),
    "unit_price": (gettext_lazy("Average price of a kWh"), "text"),
    "at": (gettext_lazy("At"), "moment"),
    "start": (gettext_lazy("Started"), "moment"),
    "end": (pgettext_lazy("time", "Ended"), "moment"),
    "asked_at": (gettext_lazy("Asked"), "moment"),
    "waited_until": (gettext_lazy("Waited until"), "moment"),
    "pile_time": (gettext_lazy("By the pile's clock"), "moment"),
    "received": (gettext_lazy("Received"), "moment"),
    "received_at": (gettext_lazy("Received"), "moment"),
    "stopped_at": (gettext_lazy("Stopped"), "moment"),
    "last_reading_at": (gettext_lazy("Last reading at"), "moment"),
    "late_stopped_at": (gettext_lazy("Stopped, by the late report"), "moment"),
    "last_reading_wh": (gettext_lazy("Last reading"), "wh"),
    "before_wh": (gettext_lazy("Register before"), "wh"),
    "after_wh": (gettext_lazy("Register after"), "wh"),
    "rise_wh": (gettext_lazy("Rise"), "wh"),
    "possible_wh": (gettext_lazy("Possible at most"), "wh"),
    "metered_wh": (gettext_lazy("By the registers of start and stop"), "wh"),
    "transaction_end": (gettext_lazy("By the closing reading"), "wh"),
    "signed": (gettext_lazy("By the signed reading"), "wh"),
    "intervals": (gettext_lazy("By the intervals"), "wh"),
    "previous_stop_wh": (gettext_lazy("Register of the stop before"), "wh"),
    "start_wh": (gettext_lazy("Register of this start"), "wh"),
    "missing_wh": (gettext_lazy("Not in any session"), "wh"),
    "wh": (gettext_lazy("Energy"), "wh"),
    "meter_stop": (gettext_lazy("Register of the stop"), "wh"),
    "late_meter_stop": (gettext_lazy("Register of the late stop"), "wh"),
    "difference_wh": (gettext_lazy("Difference"), "wh"),
    "amount": (gettext_lazy("Amount"), "money"),
    "highest_amount": (gettext_lazy("Highest amount without review"), "money"),
    "typical": (gettext_lazy("Usual amount here"), "money"),
    "payable": (gettext_lazy("To pay"), "money"),
    "hold": (gettext_lazy("Set aside"), "money"),
    "short": (gettext_lazy("Missing"), "money"),
    "delay_s": (gettext_lazy("Delay"), "seconds"),
}
"""What a key of the evidence is called, and how its value reads."""

WHY: Mapping[Code, Promise] = {
    Code.START_TIMEOUT: gettext_lazy("The charge never began; what was set aside went back."),
    Code.START_WITHOUT_ORDER: gettext_lazy(
        "The pile started for a card or token that stands for nobody we bill."
    ),
    Code.START_AFTER_CANCEL: gettext_lazy("The pile started for an order that had been given up."),
    Code.STOP_MISSING: gettext_lazy("No stop came. The order was closed by its last reading."),
    Code.CANNOT_STOP: gettext_lazy("The pile was asked to stop, and did not."),
    Code.METER_ROLLBACK: gettext_lazy("The register fell. Billed is what it had reached before."),
    Code.METER_JUMP: gettext_lazy(
        "The register rose by more than the connector can deliver. Billed is what it can."
    ),
    Code.ENERGY_MISMATCH: gettext_lazy("Two accounts of the same session differ."),
    Code.ENERGY_BETWEEN_SESSIONS: gettext_lazy(
        "The register moved on between the session before and this one."
    ),
    Code.DUST: gettext_lazy("Next to no energy flowed: nothing is charged."),
    Code.DURATION: gettext_lazy("The times of the session cannot be right."),
    Code.AMOUNT: gettext_lazy("The amount is far from what is usual. No money moves before a decision."),
    Code.OVERLAP: gettext_lazy("Two sessions ran at once where only one can."),
    Code.CONTRADICTING_STOP: gettext_lazy("A second stop says something else. The first one counts."),
    Code.TARIFF: gettext_lazy("There was no tariff to bill by, or one by which energy costs nothing."),
    Code.PAYMENT_MISMATCH: gettext_lazy("What was paid is not what the order costs."),
    Code.OVERRUN: gettext_lazy("It cost more than was set aside. The rest is owed."),
    Code.INTERRUPTED: gettext_lazy("A fault ended the charge."),
    Code.REFUND_FAILED: gettext_lazy("The channel did not take the refund."),
    Code.COMPLAINT: gettext_lazy("The driver disagrees."),
    Code.LATE_UPLOAD: gettext_lazy("The pile was offline when it stopped, and told us later."),
    Code.FOREIGN_STOP: gettext_lazy(
        "A pile sent a stop for another pile's transaction. It was not believed."
    ),
}
"""One sentence for each rule: what it means for the order."""


def stop_words(reason: str | None) -> Words:
    """The reason of a StopTransaction (OCPP 1.6 §7.36)."""
    return labels.STOP_REASON.get(reason or "", reason or "")


def end_words(reason: str | None, failure: str | None) -> Words:
    """How an order came to its end: by a stop, or without a charge."""
    return labels.FAILURE.get(failure or "", failure or "") or stop_words(reason)


def rule_words(code: str) -> Words:
    """The name of a rule."""
    return labels.RULE.get(Code(code), code) if code in set(Code) else code


def fact_flag_words(flags: Sequence[str] | None) -> str:
    """What is odd about a transaction, one after the other."""
    known = {flag.value: words for flag, words in labels.FACT_FLAG.items()}
    return enumerated(known.get(flag, flag) for flag in flags or ())


def loose_words(flags: Sequence[str] | None) -> Words:
    """Which kind of loose stop it is."""
    return next((labels.LOOSE[flag] for flag in flags or () if flag in labels.LOOSE), _("Stop"))


def limit_words(order: ChargingOrder) -> str:
    """What the driver asked for: ``¥ 50.00``, ``20.000 kWh``, ``60 min``, ``80 %``, ``Until full``."""
    value = order.limit_value
    if value is None or order.limit_kind == LimitKind.FULL:
        return str(LimitKind.FULL.label)
    worded = {
        LimitKind.MONEY: lambda: figures.money_text(Money(value, order.currency)),
        LimitKind.ENERGY: lambda: kwh(value),
        LimitKind.MINUTES: lambda: figures.duration_text(value * 60),
        LimitKind.SOC: lambda: _("SoC %(soc)s %%") % {"soc": value},
    }
    return str(worded[LimitKind(order.limit_kind)]())


def who_words(label: str, driver: Driver | None) -> Words:
    """Who did it. Drivers are not named, whoever reads: neither by phone nor by name."""
    if driver is not None and label in {driver.phone, driver.name, str(driver)}:
        return _("by the driver")
    if label.startswith("+"):
        return figures.masked_phone(label)
    return TIMERS.get(label, label)


def kwh(wh: int) -> str:
    """``132.532 kWh``."""
    return f"{figures.energy_text(wh)}{figures.NBSP}kWh"


def evidence_pairs(
    evidence: Mapping[str, Any], currency: str, *, whole_tags: bool
) -> list[tuple[Words, str]]:
    """The evidence of a case as (label, value), in the order of ``EVIDENCE``; without ``whole_tags`` cards are masked."""
    money = str(evidence.get("currency") or currency)
    found: list[tuple[Words, str]] = []
    known = list(EVIDENCE)
    told = sorted(
        evidence.items(), key=lambda item: known.index(item[0]) if item[0] in EVIDENCE else len(known)
    )
    for key, value in told:
        if key in {"later", "currency"} or value in (None, ""):
            continue
        label, kind = EVIDENCE.get(key, (key, "text"))
        if kind == "tag" and not whole_tags:
            value = figures.MASK + str(value)[-4:]  # noqa: PLW2901
        found.append((label, _value_words(kind, value, money)))
    return found


def _value_words(kind: str, value: Any, currency: str) -> str:
    try:
        if kind == "wh":
            return kwh(int(value))
        if kind == "money":
            return figures.money_text(Money(int(value), currency))
        if kind == "moment":
            return figures.exact_text(datetime.fromisoformat(value))
        if kind == "seconds":
            return figures.duration_text(int(value))
    except (TypeError, ValueError):
        return str(value)
    if kind == "word":
        known = {**FAULTS, **REASONS, **labels.FAILURE, **labels.STOP_REASON}
        return str(known.get(value, value))
    return str(value)
