"""The only writer of the ledger: double entry, append-only, idempotent by key.

A journal stands in the books of the owner of its path. It balances per currency before it reaches
the database, and once more there. Posting the same event again gives the stored journal; posting
something else under its key is a conflict. Nothing is corrected in place: ``reverse`` and post anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Path
from finance.models import Account, AccountKind, Journal, Posting

BATCH = 5_000


class LedgerError(ValueError):
    """Not a journal: it does not balance, or moves nothing."""


class LedgerConflict(RuntimeError):
    """An event is posted under a key that stands for another one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a journal, minor units: debit positive, credit negative."""

    kind: AccountKind
    amount: int
    currency: str
    subject: str = ""


@dataclass(frozen=True, slots=True, order=True)
class AccountKey:
    """What tells one account from all others."""

    tenant_id: int
    kind: str
    subject: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A journal to be posted. ``event_key`` names the event for ever: ``settle:order:8F2K:1``.

    ``sums`` is what each account gets: lines of one account added up, without those that add up to nothing.
    """

    event_type: str
    event_key: str
    path: Path
    lines: Sequence[Line]
    actor: Actor
    about: str = ""
    memo: str = ""
    at: datetime | None = None
    reversal_of: int | None = None
    sums: Mapping[AccountKey, int] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        owner = self.path.owner_id
        sums: dict[AccountKey, int] = {}
        for line in self.lines:
            key = AccountKey(owner, str(line.kind), line.subject, line.currency)
            sums[key] = sums.get(key, 0) + line.amount
        moved = {key: amount for key, amount in sums.items() if amount}
        object.__setattr__(self, "sums", moved)


@dataclass(frozen=True, slots=True)
class Posted:
    """A journal that stands in the ledger. ``is_new`` is false where it had been posted before."""

    journal_id: int
    entry: Entry
    is_new: bool


def post(entry: Entry) -> Journal:
    """Post one journal, or find the one that its key stands for.

    Raises LedgerError when the lines are not a journal, LedgerConflict when the key is another event's.
    """
    return Journal.objects.get(pk=post_many([entry])[0].journal_id)


@transaction.atomic
def post_many(entries: Iterable[Entry]) -> list[Posted]:
    """Post any number of journals in a few statements; the answers come in the order of the entries.

    An entry without lines that move something is an error, as is one outside the active scope.
    """
    wanted: dict[str, Entry] = {}
    asked = list(entries)
    for path in {entry.path for entry in asked}:
        Journal(**path.as_columns()).assert_in_scope()
    for entry in asked:
        _require_balance(entry)
        known = wanted.setdefault(entry.event_key, entry)
        if known is not entry:
            _require_same(entry, known.event_type, known.sums)
    if not wanted:
        return []
    accounts = _accounts(key for entry in wanted.values() for key in entry.sums)
    made = _insert_journals(list(wanted.values()))
    ids = made | _stored([entry for key, entry in wanted.items() if key not in made])
    _insert_postings([(made[key], wanted[key]) for key in made], accounts)
    first_time = set(made)
    posted = []
    for entry in asked:
        posted.append(Posted(ids[entry.event_key], entry, entry.event_key in first_time))
        first_time.discard(entry.event_key)
    return posted


def reversal(journal: Journal, *, actor: Actor, memo: str = "", at: datetime | None = None) -> Entry:
    """The entry that undoes a journal: the same accounts, the opposite signs, once."""
    postings = Posting.objects.filter(journal=journal).select_related("account")
    return Entry(
        event_type=f"{journal.event_type}.reversed",
        event_key=f"reverse:{journal.pk}",
        path=journal.path,
        lines=[
            Line(
                AccountKind(posting.account.kind), -posting.amount, posting.currency, posting.account.subject
            )
            for posting in postings
        ],
        actor=actor,
        about=journal.about,
        memo=memo,
        at=at,
        reversal_of=journal.pk,
    )


def reverse(journal: Journal, *, actor: Actor, memo: str = "", at: datetime | None = None) -> Journal:
    """Undo a journal by its mirror. A second time gives the first one's."""
    return Journal.objects.get(pk=post_many([reversal(journal, actor=actor, memo=memo, at=at)])[0].journal_id)


def open_accounts(keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    """The ids of these accounts; those that are missing are opened. Safe among many at the same time."""
    return _accounts(keys)


def _require_balance(entry: Entry) -> None:
    per_currency: dict[str, int] = defaultdict(int)
    for key, amount in entry.sums.items():
        per_currency[key.currency] += amount
    if not entry.sums:
        raise LedgerError(f"{entry.event_key} moves nothing")
    if any(per_currency.values()):
        raise LedgerError(f"{entry.event_key} does not balance: {dict(per_currency)}")


def _require_same(entry: Entry, event_type: str, sums: Mapping[AccountKey, int]) -> None:
    if (entry.event_type, entry.sums) != (event_type, sums):
        raise LedgerConflict(f"{entry.event_key} was posted with other lines")


def _accounts(keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    wanted = set(keys)
    found = _find_accounts(wanted)
    missing = sorted(wanted - found.keys())  # in one order, so that two who open accounts do not deadlock
    if missing:
        Account.objects.bulk_create(
            [
                Account(tenant_id=key.tenant_id, kind=key.kind, subject=key.subject, currency=key.currency)
                for key in missing
            ],
            batch_size=BATCH,
            ignore_conflicts=True,
        )
        found |= _find_accounts(set(missing))
    return found


def _find_accounts(keys: set[AccountKey]) -> dict[AccountKey, int]:
    rows = Account.objects.filter(
        tenant_id__in={key.tenant_id for key in keys},
        kind__in={key.kind for key in keys},
        subject__in={key.subject for key in keys},
    ).values_list("tenant_id", "kind", "subject", "currency", "pk")
    found = {AccountKey(tenant, kind, subject, currency): pk for tenant, kind, subject, currency, pk in rows}
    return {key: found[key] for key in keys & found.keys()}


def _insert_journals(entries: Sequence[Entry]) -> dict[str, int]:
    """Ids by key of those that were not there yet, in the order of the entries."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO finance_journal (event_key, event_type, about, memo, actor_ref, at, reversal_of_id,
                manufacturer_id, dealer_id, operator_id, agency_id)
            SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
                %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
            ON CONFLICT (event_key) DO NOTHING RETURNING event_key, id
            """,
            [
                [entry.event_key for entry in entries],
                [entry.event_type for entry in entries],
                [entry.about for entry in entries],
                [entry.memo[:200] for entry in entries],
                [entry.actor.ref for entry in entries],
                [entry.at or now for entry in entries],
                [entry.reversal_of for entry in entries],
                *_path_columns(entries),
            ],
        )
        return dict(cursor.fetchall())


def _insert_postings(journals: Sequence[tuple[int, Entry]], accounts: Mapping[AccountKey, int]) -> None:
    now = clock.now()
    lines = [
        (journal_id, entry, key, amount)
        for journal_id, entry in journals
        for key, amount in entry.sums.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO finance_posting (journal_id, account_id, amount, currency, at,
                manufacturer_id, dealer_id, operator_id, agency_id)
            SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[],
                %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
            """,
            [
                [journal_id for journal_id, _, _, _ in lines],
                [accounts[key] for _, _, key, _ in lines],
                [amount for _, _, _, amount in lines],
                [key.currency for _, _, key, _ in lines],
                [entry.at or now for _, entry, _, _ in lines],
                *_path_columns([entry for _, entry, _, _ in lines]),
            ],
        )


def _path_columns(entries: Sequence[Entry]) -> list[list[int | None]]:
    """The four columns of the paths, from the manufacturer down."""
    return [
        [entry.path.manufacturer_id for entry in entries],
        [entry.path.dealer_id for entry in entries],
        [entry.path.operator_id for entry in entries],
        [entry.path.agency_id for entry in entries],
    ]


def _stored(entries: Sequence[Entry]) -> dict[str, int]:
    """Ids by key of those that were there before. Raises LedgerConflict where they are not the same."""
    if not entries:
        return {}
    journals = {
        journal.event_key: journal
        for journal in Journal.objects.filter(event_key__in=[entry.event_key for entry in entries])
    }
    sums: dict[int, dict[AccountKey, int]] = defaultdict(dict)
    for posting in Posting.objects.filter(journal__in=journals.values()).select_related("account"):
        account = posting.account
        key = AccountKey(account.tenant_id, account.kind, account.subject, account.currency)
        sums[posting.journal_id][key] = posting.amount
    for entry in entries:
        journal = journals.get(entry.event_key)
        if journal is None:
            raise LedgerConflict(f"{entry.event_key} stands in somebody else's books")
        _require_same(entry, journal.event_type, sums[journal.pk])
    return {key: journal.pk for key, journal in journals.items()}
