"""The journals of drivers' money: which accounts each event debits and credits (``domain`` 3.7).

One function for each event; what a service books and what a history import books is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backoffice.kit.actor import Actor
from backoffice.kit.levels import Path
from finance.ledger import AccountKey, Entry, Line
from finance.models import AccountKind, PaymentChannel, Wallet
from finance.rules import Cover, Figures, Purse

STANDING = (
    AccountKind.CASH_DESK,
    AccountKind.REFUND_TRANSIT,
    AccountKind.REVENUE_ELECTRICITY,
    AccountKind.REVENUE_SERVICE,
    AccountKind.REVENUE_IDLE,
    AccountKind.DISCOUNT,
    AccountKind.LOSS,
)
"""Accounts that every owner of wallets has once for each currency."""

OF_A_WALLET = (
    AccountKind.WALLET_CASH,
    AccountKind.WALLET_BONUS,
    AccountKind.ORDER_HOLD,
    AccountKind.USER_ARREARS,
)
"""Accounts that every wallet has; its cached figures are their sums."""


def accounts_of(wallet: Wallet) -> list[AccountKey]:
    """Every account that a wallet's journals need, but those of channels."""
    return [
        *(AccountKey(wallet.tenant_id, str(kind), "", wallet.currency) for kind in STANDING),
        *(AccountKey(wallet.tenant_id, str(kind), wallet.subject, wallet.currency) for kind in OF_A_WALLET),
    ]


@dataclass(frozen=True, slots=True)
class Books:
    """Where the journals of one wallet stand, who posts them and when they happened (None: now)."""

    owner: Path
    subject: str
    currency: str
    actor: Actor
    at: datetime | None = None

    @classmethod
    def of(cls, wallet: Wallet, owner: Path, actor: Actor, at: datetime | None = None) -> Books:
        return cls(owner, wallet.subject, wallet.currency, actor, at)

    def top_up_paid(self, number: str, amount: int, channel: PaymentChannel) -> Entry:
        return self._entry(
            "topup.paid",
            f"topup:{number}",
            [
                self._line(AccountKind.CHANNEL_CLEARING, amount, channel.subject),
                self._cash(-amount),
            ],
            f"topup:{number}",
        )

    def paid_too_late(self, number: str, amount: int, channel: PaymentChannel) -> Entry:
        """Money for a top-up that is closed here: it is nobody's until it went back."""
        return self._entry(
            "topup.paid_late",
            f"late:{number}",
            [
                self._line(AccountKind.CHANNEL_CLEARING, amount, channel.subject),
                self._line(AccountKind.SUSPENSE, -amount, channel.subject),
            ],
            f"topup:{number}",
        )

    def adjusted(self, key: str, amount: int, memo: str) -> Entry:
        """Cash handed over at the desk, or paid out there when ``amount`` is negative."""
        return self._entry(
            "wallet.adjusted",
            f"adjust:{key}",
            [self._line(AccountKind.CASH_DESK, amount), self._cash(-amount)],
            memo=memo,
        )

    def given(self, key: str, amount: int, memo: str) -> Entry:
        """A gift of bonus, or one taken back when ``amount`` is negative."""
        return self._entry(
            "wallet.gift",
            f"gift:{key}",
            [self._line(AccountKind.DISCOUNT, amount), self._bonus(-amount)],
            memo=memo,
        )

    def held(self, about: str, sequence: int, purse: Purse) -> Entry:
        return self._entry(
            "order.held",
            f"hold:{about}:{sequence}",
            [*self._from_wallet(purse), self._hold(-purse.total)],
            about,
        )

    def hold_released(self, about: str, sequence: int, purse: Purse) -> Entry:
        return self._entry(
            "order.released",
            f"unhold:{about}:{sequence}",
            [self._hold(purse.total), *self._to_wallet(purse)],
            about,
        )

    def taken(self, about: str, version: int, purse: Purse) -> Entry:
        """What a bill needs beyond what was set aside, out of the wallet."""
        return self._entry(
            "order.taken",
            f"take:{about}:{version}",
            [*self._from_wallet(purse), self._hold(-purse.total)],
            about,
        )

    def settled(self, about: str, version: int, figures: Figures, cover: Cover) -> Entry:
        return self._entry(
            "order.settled",
            f"settle:{about}:{version}",
            [
                self._hold(cover.paid.total),
                self._arrears(cover.owed),
                self._line(AccountKind.DISCOUNT, figures.discount),
                self._line(AccountKind.REVENUE_ELECTRICITY, -figures.electricity),
                self._line(AccountKind.REVENUE_SERVICE, -figures.service),
                self._line(AccountKind.REVENUE_IDLE, -figures.idle),
            ],
            about,
        )

    def rest_released(self, about: str, version: int, purse: Purse) -> Entry:
        return self._entry(
            "order.released",
            f"release:{about}:{version}",
            [self._hold(purse.total), *self._to_wallet(purse)],
            about,
        )

    def arrears_folded(self, about: str, version: int, paid: int, written_off: int) -> Entry:
        """Before an order is settled anew: what was paid on its arrears counts as set aside for it."""
        return self._entry(
            "order.arrears_folded",
            f"fold:{about}:{version}",
            [
                self._arrears(paid + written_off),
                self._hold(-paid),
                self._line(AccountKind.LOSS, -written_off),
            ],
            about,
        )

    def arrears_paid(self, about: str, number: int, amount: int) -> Entry:
        return self._entry(
            "arrears.paid",
            f"arrears:{about}:{number}",
            [self._cash(amount), self._arrears(-amount)],
            about,
        )

    def arrears_written_off(self, about: str, number: int, amount: int, memo: str = "") -> Entry:
        return self._entry(
            "arrears.written_off",
            f"arrears:{about}:{number}",
            [self._line(AccountKind.LOSS, amount), self._arrears(-amount)],
            about,
            memo,
        )

    def order_refunded(
        self, about: str, number: str, purse: Purse, revenue: tuple[int, int, int], memo: str
    ) -> Entry:
        """``revenue``: how much of electricity, service and idle fee is taken back."""
        electricity, service, idle = revenue
        return self._entry(
            "order.refunded",
            f"refund:{number}",
            [
                self._line(AccountKind.REVENUE_ELECTRICITY, electricity),
                self._line(AccountKind.REVENUE_SERVICE, service),
                self._line(AccountKind.REVENUE_IDLE, idle),
                *self._to_wallet(purse),
            ],
            about,
            memo,
        )

    def refund_claimed(self, number: str, about: str, amount: int, memo: str) -> Entry:
        """Cash leaves the wallet and is on its way to its source."""
        return self._entry(
            "refund.claimed",
            f"refund:{number}",
            [self._cash(amount), self._line(AccountKind.REFUND_TRANSIT, -amount)],
            about,
            memo,
        )

    def late_refund_claimed(self, number: str, about: str, amount: int, channel: PaymentChannel) -> Entry:
        return self._entry(
            "refund.claimed",
            f"refund:{number}",
            [
                self._line(AccountKind.SUSPENSE, amount, channel.subject),
                self._line(AccountKind.REFUND_TRANSIT, -amount),
            ],
            about,
        )

    def refund_confirmed(self, number: str, about: str, amount: int, channel: PaymentChannel) -> Entry:
        return self._entry(
            "refund.confirmed",
            f"refund-done:{number}",
            [
                self._line(AccountKind.REFUND_TRANSIT, amount),
                self._line(AccountKind.CHANNEL_CLEARING, -amount, channel.subject),
            ],
            about,
        )

    def refund_returned(self, number: str, about: str, amount: int) -> Entry:
        """The channel will not pay it out: the cash is the driver's again."""
        return self._entry(
            "refund.returned",
            f"refund-back:{number}",
            [self._line(AccountKind.REFUND_TRANSIT, amount), self._cash(-amount)],
            about,
        )

    def _entry(
        self, event_type: str, event_key: str, lines: list[Line], about: str = "", memo: str = ""
    ) -> Entry:
        return Entry(
            event_type=event_type,
            event_key=event_key,
            path=self.owner,
            lines=lines,
            actor=self.actor,
            about=about,
            memo=memo,
            at=self.at,
        )

    def _line(self, kind: AccountKind, amount: int, subject: str = "") -> Line:
        return Line(kind, amount, self.currency, subject)

    def _cash(self, amount: int) -> Line:
        return self._line(AccountKind.WALLET_CASH, amount, self.subject)

    def _bonus(self, amount: int) -> Line:
        return self._line(AccountKind.WALLET_BONUS, amount, self.subject)

    def _hold(self, amount: int) -> Line:
        return self._line(AccountKind.ORDER_HOLD, amount, self.subject)

    def _arrears(self, amount: int) -> Line:
        return self._line(AccountKind.USER_ARREARS, amount, self.subject)

    def _from_wallet(self, purse: Purse) -> list[Line]:
        return [self._cash(purse.cash), self._bonus(purse.bonus)]

    def _to_wallet(self, purse: Purse) -> list[Line]:
        return [self._cash(-purse.cash), self._bonus(-purse.bonus)]
