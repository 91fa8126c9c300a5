"""Journals as values for ``finance/_journals.html``, the part that any page about money may include."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backoffice.kit.frame import Words
from backoffice.kit.money import Money
from finance import selectors
from finance.models import AccountKind, Posting, Wallet
from finance.selectors import Page
from finance.wording import event_words


@dataclass(frozen=True, slots=True)
class LinePanel:
    """One side of a journal; of debit and credit the other is None."""

    account: Words
    subject: str
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True, slots=True)
class JournalPanel:
    """A journal with its lines, debits first."""

    pk: int
    title: Words
    about: str
    memo: str
    at: datetime
    lines: tuple[LinePanel, ...]


def about(reference: str) -> list[JournalPanel]:
    """What an order, a top-up or a refund did to the ledger, in the order it happened."""
    return panels(selectors.journals_about(reference))


def of_wallet(wallet: Wallet) -> list[JournalPanel]:
    """The last journals that moved a wallet's money, the newest first."""
    return panels(selectors.journals_of(wallet))


def panels(pages: Iterable[Page]) -> list[JournalPanel]:
    return [
        JournalPanel(
            page.journal.pk,
            event_words(page.journal.event_type),
            page.journal.about,
            page.journal.memo,
            page.journal.at,
            tuple(_line(line) for line in page.lines),
        )
        for page in pages
    ]


def _line(posting: Posting) -> LinePanel:
    amount = Money(abs(posting.amount), posting.currency)
    return LinePanel(
        AccountKind(posting.account.kind).label,
        posting.account.subject,
        amount if posting.amount > 0 else None,
        amount if posting.amount < 0 else None,
    )
