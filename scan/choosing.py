"""A driver's choice before the start: what was asked for, what it needs, and whether it can be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from backoffice.kit.money import Money
from finance import services as finance
from finance.models import Wallet
from orders import selectors as orders
from orders.models import ChargingOrder, LimitKind
from orders.services.starting import Wish, hold_wanted
from scan.access import Sticker, Visit
from scan.forms import WishForm
from scan.landing import Landing, look_at
from scan.offers import Offer
from scan.refusals import refusal
from scan.wishes import Panel, panels

NAMES = (
    "limit",
    "money",
    "money_other",
    "energy",
    "energy_other",
    "minutes",
    "minutes_other",
    "quote",
)
LONGEST = 300


def asked(sent: Mapping[str, str]) -> dict[str, str]:
    """The fields of a choice, from a form or from an address."""
    return {name: sent[name][:LONGEST] for name in NAMES if sent.get(name)}


@dataclass(slots=True)
class Choice:
    """``missing``: what the wallet lacks for ``hold``. ``errors`` by kind of limit. ``repriced``: ask again."""

    visit: Visit
    here: Landing
    wallet: Wallet
    wish: Wish
    kind: LimitKind
    hold: Money
    missing: Money
    panels: Sequence[Panel]
    repriced: bool
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def offer(self) -> Offer | None:
        return self.here.offer

    @property
    def blocked(self) -> str:
        """Why nobody, or not this driver, can start here now."""
        return self.here.code or ("arrears" if self.wallet.arrears else "")

    @property
    def ready(self) -> bool:
        return not self.blocked and not self.errors and not self.repriced and self.offer is not None

    @property
    def currency(self) -> str:
        return self.wallet.currency

    @property
    def balance(self) -> Money:
        return Money(self.wallet.available, self.currency)

    @property
    def full_hold(self) -> Money:
        """What is set aside for a full battery."""
        if self.offer is None:
            return Money.zero(self.currency)
        return hold_wanted(self.offer.quote, Wish(), free=self.wallet.available)

    @property
    def poor(self) -> bool:
        """Not even the least can be set aside."""
        return self.offer is not None and self.balance < self.offer.quote.minimum_hold

    def own_order(self, code: str = "") -> ChargingOrder | None:
        """The charge that the driver is at already."""
        if (code or self.blocked) not in {"occupied_by_me", "driver_busy"}:
            return None
        return orders.open_order_of_driver(self.visit.own)

    def landing(self, code: str = "") -> Landing:
        """The page of the connector with the reason that counts."""
        code = code or self.blocked
        told = refusal(code) if code else None
        return replace(
            self.here,
            code=code,
            refused=told,
            state=told.state if told else self.here.state,
            own_order=self.own_order(code),
        )


def choose(visit: Visit, sticker: Sticker, chosen: Mapping[str, str], *, strict: bool) -> Choice:
    """Read a choice. ``strict``: it was sent, so what is wrong with it is said and a new price is asked about."""
    here = look_at(visit, sticker, chosen.get("quote", ""))
    quoted = here.quote
    currency = quoted.tariff.currency if quoted else visit.locality.currency
    wallet = finance.wallet_for(visit.own, currency)
    form = WishForm(chosen, currency=currency)
    wish, errors = Wish(), {}
    if form.is_valid():
        wish = form.cleaned_data["wish"]
    elif strict:
        errors = {name: str(told[0]) for name, told in form.errors.items()}
    kind = LimitKind(chosen["limit"]) if chosen.get("limit") in LimitKind.values else LimitKind.FULL
    hold = hold_wanted(quoted, wish, free=wallet.available) if quoted else Money.zero(currency)
    missing = max(hold - Money(wallet.available, currency), Money.zero(currency))
    return Choice(
        visit=visit,
        here=here,
        wallet=wallet,
        wish=wish,
        kind=kind,
        hold=hold,
        missing=missing,
        panels=panels(quoted, chosen, errors, free=wallet.available) if quoted else (),
        repriced=bool(here.offer and here.offer.changed and strict),
        errors=errors,
    )
