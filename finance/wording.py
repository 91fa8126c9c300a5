"""What happens to money, and what channels report, in the reader's language; and the colours of their states."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Tone, Words
from finance.models import RefundState, TopUpState

EVENTS: Mapping[str, Promise] = {
    "topup.paid": _("Top-up paid"),
    "topup.paid_late": _("Paid after it was closed"),
    "wallet.adjusted": _("Cash at the desk"),
    "wallet.gift": _("Gift of bonus"),
    "order.held": _("Order hold"),
    "order.taken": _("Taken beyond the hold"),
    "order.settled": _("Order settled"),
    "order.settled.reversed": _("Settlement reversed"),
    "order.released": _("Rest released"),
    "order.arrears_folded": _("Arrears counted as paid"),
    "order.refunded": _("Order refunded"),
    "arrears.paid": _("Arrears paid"),
    "arrears.written_off": _("Arrears written off"),
    "refund.claimed": _("Refund on its way"),
    "refund.confirmed": _("Refund confirmed"),
    "refund.returned": _("Refund returned to the wallet"),
}

OUTCOMES: Mapping[str, Promise] = {
    "credited": _("Credited"),
    "refund_noted": _("Refund noted"),
    "duplicate": _("Repeated"),
    "closed": _("Closed"),
    "stale": _("Overtaken"),
    "late_refunded": _("Too late, goes back"),
    "wrong_amount": _("Wrong amount"),
    "wrong_currency": _("Wrong currency"),
    "wrong_merchant": _("Wrong merchant"),
    "unknown_number": _("Unknown number"),
    "reference_reused": _("Reference used twice"),
    "paid_twice": _("Paid twice"),
    "bad_signature": _("Wrong signature"),
    "old_timestamp": _("Old time stamp"),
    "unknown_serial": _("Unknown key"),
    "malformed": _("Cannot be read"),
}

TOP_UP_TONES: Mapping[TopUpState, Tone] = {
    TopUpState.PENDING: "waiting",
    TopUpState.PAID: "accent",
    TopUpState.CLOSED: "offline",
    TopUpState.REFUNDED: "plain",
}

REFUND_TONES: Mapping[RefundState, Tone] = {
    RefundState.CLAIMED: "waiting",
    RefundState.SENT: "waiting",
    RefundState.CONFIRMED: "accent",
    RefundState.FAILED: "fault",
    RefundState.RETURNED: "plain",
}


def event_words(event_type: str) -> Words:
    """What an event of the ledger is called."""
    return EVENTS.get(event_type, event_type)


def outcome_words(outcome: str) -> Words:
    """What became of a notice."""
    return OUTCOMES.get(outcome, outcome)


def driver_words(name: str, driver_id: int) -> Words:
    """A driver in a list: the name, or the number of the account."""
    return name or f"#{driver_id}"
