"""Why a charge cannot start, as a driver is told: what happened, what it means for the money, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNPAID = _("You have not paid anything.")
DONT_PAY = _("You have not paid anything. Please don’t pay on another page for this pile.")
UNTOUCHED = _("Your money is untouched.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """``state`` is the word of the state band. ``elsewhere``: other connectors are worth a look."""

    state: str | Promise
    title: str | Promise
    money: str | Promise
    todo: str | Promise
    tone: Literal["warn", "bad"] = "warn"
    glyph: Literal["pile", "link", "clock", "lock", "coin"] = "pile"
    elsewhere: bool = True


REFUSALS: Mapping[str, Refusal] = {
    "tenant_stopped": Refusal(
        _("Closed"),
        _("Charging is suspended here."),
        UNPAID,
        _("Charges that run already end normally. Please use another station, or ask the hotline."),
        "bad",
        "lock",
        elsewhere=False,
    ),
    "station_closed": Refusal(
        _("Closed"),
        _("This station is closed."),
        UNPAID,
        _("Please use another station, or ask the hotline when it opens."),
        "bad",
        "lock",
        elsewhere=False,
    ),
    "maintenance": Refusal(
        _("Maintenance"),
        _("This pile is being worked on."),
        UNPAID,
        _("Charges that run already end normally. Take another connector, or come back later."),
        "warn",
        "lock",
    ),
    "out_of_hours": Refusal(
        _("Closed now"),
        _("This station is closed at this hour."),
        UNPAID,
        _("Charges that run already end normally. Please come back when it is open."),
        "warn",
        "clock",
        elsewhere=False,
    ),
    "offline": Refusal(
        _("Offline"),
        _("We can’t reach this pile, so it can’t start a charge."),
        DONT_PAY,
        _("Take another connector, or come back later."),
        "bad",
        "link",
    ),
    "faulted": Refusal(
        _("Out of order"),
        _("This connector reports a fault."),
        DONT_PAY,
        _("Please don’t plug in. Take another connector."),
        "bad",
    ),
    "unavailable": Refusal(
        _("Out of service"),
        _("This connector is out of service."),
        UNPAID,
        _("Take another connector, or come back later."),
        "bad",
    ),
    "occupied": Refusal(
        _("Occupied"),
        _("Somebody else is charging here."),
        UNPAID,
        _("Take another connector, or scan again when this one is free."),
        "warn",
        "clock",
    ),
    "occupied_by_me": Refusal(
        _("Yours"),
        _("You are charging here already."),
        UNTOUCHED,
        _("Go to your charge to see it or to stop it."),
        "warn",
        "clock",
        elsewhere=False,
    ),
    "finishing": Refusal(
        _("Still plugged in"),
        _("The last charge is over, and its cable is still plugged in."),
        UNPAID,
        _("If it is your car, unplug it and plug it in again. Otherwise take another connector."),
        "warn",
        "clock",
    ),
    "reserved": Refusal(
        _("Reserved"),
        _("This connector is reserved for somebody else."),
        UNPAID,
        _("Take another connector, or come back later."),
        "warn",
        "clock",
    ),
    "reserved_for_me": Refusal(
        _("Reserved for you"),
        _("This connector is reserved for your card."),
        UNTOUCHED,
        _("Plug in and hold your card to the reader of the pile."),
        "warn",
        "clock",
        elsewhere=False,
    ),
    "no_tariff": Refusal(
        _("No price"),
        _("There is no price for this connector, so nothing can start."),
        UNPAID,
        _("Take another connector, or ask the hotline."),
        "bad",
        "coin",
    ),
    "driver_blocked": Refusal(
        _("Account blocked"),
        _("Your account is blocked, so you can’t start a charge."),
        _("The money in your wallet is still yours. You see it, and every receipt, in your account."),
        _("Ask the hotline why."),
        "bad",
        "lock",
        elsewhere=False,
    ),
    "driver_busy": Refusal(
        _("One at a time"),
        _("You are charging somewhere else already."),
        UNTOUCHED,
        _("Stop that charge first, or wait until it ends."),
        "warn",
        "clock",
        elsewhere=False,
    ),
    "arrears": Refusal(
        _("Not paid"),
        _("An earlier charge is not paid yet."),
        _("Nothing was set aside for a new one."),
        _("Pay it, and you can charge again at once."),
        "warn",
        "coin",
        elsewhere=False,
    ),
}

OTHERWISE = Refusal(
    _("Not now"),
    _("The pile can’t start a charge just now."),
    UNPAID,
    _("Try again in a moment, or take another connector."),
    "warn",
)


def refusal(code: str) -> Refusal:
    """The words for a code of ``why_not``, or of whatever refused a start."""
    return REFUSALS.get(code, OTHERWISE)


FAILURES: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "not_plugged": (
        _("Nobody plugged in, so it didn’t start."),
        _("The time to plug in was over before the pile saw a car."),
    ),
    "start_rejected": (
        _("The pile refused to start."),
        _("It answered no. Often the plug is not in all the way, or the last session is not over yet."),
    ),
    "start_error": (_("The pile could not start."), _("It answered with an error.")),
    "start_refused": (_("The pile could not be asked."), _("It was not ready for our request.")),
    "start_expired": (_("The pile could not be asked."), _("It went offline before our request.")),
    "start_timed_out": (_("The pile did not answer."), _("It may have lost its connection.")),
    "start_connection_lost": (
        _("The connection to the pile was lost."),
        _("It went offline while we asked it to start."),
    ),
    "cancelled": (_("Cancelled, as you asked."), _("No energy flowed.")),
}


def failure(code: str) -> tuple[str | Promise, str | Promise]:
    """What happened to a start that became no charge, and why."""
    return FAILURES.get(code, (_("It didn’t start."), _("No energy flowed.")))
