"""The ledger: balanced, append-only, idempotent, without races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from backoffice.kit.actor import timer
from backoffice.kit.levels import Level
from backoffice.kit.scope import ScopeError, path_of_tenant, scoped_to, unscoped
from finance import ledger
from finance.ledger import Entry, LedgerConflict, LedgerError, Line
from finance.models import Account, AccountKind, Journal, Posting
from tenants.models import Tenant
from tests.factories.finance import make_operator

A, B = AccountKind.CASH_DESK, AccountKind.WALLET_CASH


def entry(operator: Tenant, key: str = "k1", amount: int = 500, **over: object) -> Entry:
    fields = {
        "event_type": "test.moved",
        "event_key": key,
        "path": path_of_tenant(operator.pk),
        "lines": [Line(A, amount, "CNY"), Line(B, -amount, "CNY", "driver:1")],
        "actor": timer("tests"),
    } | over
    return Entry(**fields)  # type: ignore[arg-type]


def test_a_journal_keeps_its_lines_and_its_path(operator: Tenant) -> None:
    journal = ledger.post(entry(operator, about="order:1", memo="why"))
    assert journal.path == path_of_tenant(operator.pk)
    assert {
        (p.account.kind, p.account.subject, p.amount) for p in journal.postings.select_related("account")
    } == {
        (A, "", 500),
        (B, "driver:1", -500),
    }


def test_the_same_event_posted_twice_is_one_journal(operator: Tenant) -> None:
    first, second = ledger.post(entry(operator)), ledger.post(entry(operator))
    assert first == second
    assert Posting.objects.count() == 2


def test_another_event_under_the_same_key_is_a_conflict_and_changes_nothing(operator: Tenant) -> None:
    ledger.post(entry(operator))
    for other in (
        entry(operator, amount=501),
        entry(operator, event_type="test.other"),
        entry(make_operator()),
        entry(operator, lines=[Line(A, 500, "EUR"), Line(B, -500, "EUR", "driver:1")]),
    ):
        with pytest.raises(LedgerConflict):
            ledger.post(other)
    assert list(Posting.objects.order_by("amount").values_list("amount", flat=True)) == [-500, 500]


def test_what_does_not_balance_in_each_currency_is_refused_before_the_database(operator: Tenant) -> None:
    for lines in (
        [Line(A, 500, "CNY")],
        [Line(A, 500, "CNY"), Line(B, -500, "EUR")],
        [Line(A, 500, "CNY"), Line(A, -500, "CNY")],
        [],
    ):
        with pytest.raises(LedgerError):
            ledger.post(entry(operator, lines=lines))
    assert not Journal.objects.exists()


def test_the_database_refuses_an_unbalanced_journal_too(operator: Tenant) -> None:
    journal = ledger.post(entry(operator))
    account = ledger.open_accounts([ledger.AccountKey(operator.pk, str(AccountKind.LOSS), "", "CNY")])
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.create(
            **journal.path.as_columns(),
            journal=journal,
            account_id=next(iter(account.values())),
            amount=7,
            currency="CNY",
            at=journal.at,
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("table", ["finance_journal", "finance_posting"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET at = now()"])
def test_the_database_refuses_to_change_or_delete(operator: Tenant, table: str, change: str) -> None:
    ledger.post(entry(operator))
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))
    assert Posting.objects.count() == 2


def test_a_reversal_is_the_mirror_and_happens_once(operator: Tenant) -> None:
    journal = ledger.post(entry(operator))
    first = ledger.reverse(journal, actor=timer("tests"), memo="wrong")
    again = ledger.reverse(journal, actor=timer("tests"), memo="wrong")
    assert first == again
    assert first.reversal_of == journal
    for account in Account.objects.all():
        assert sum(account.postings.values_list("amount", flat=True)) == 0


def test_many_journals_are_posted_in_as_many_statements_as_one(
    operator: Tenant, django_assert_num_queries: object
) -> None:
    ledger.post(entry(operator))
    entries = [entry(operator, key=f"k{n}", amount=n) for n in range(1, 200)]
    with django_assert_num_queries(5):  # type: ignore[operator]
        posted = ledger.post_many([*entries[1:], entries[1]])
    assert [p.is_new for p in posted] == [True] * 198 + [False]
    assert Posting.objects.count() == 2 + 198 * 2


def test_in_a_batch_a_key_stands_for_one_event(operator: Tenant) -> None:
    with pytest.raises(LedgerConflict):
        ledger.post_many([entry(operator), entry(operator, amount=1)])
    assert not Journal.objects.exists()


def test_a_journal_outside_the_scope_is_not_posted(operator: Tenant) -> None:
    other = make_operator()
    there = entry(other)
    with scoped_to(operator.pk, Level.OPERATOR, [operator.pk]), pytest.raises(ScopeError):
        ledger.post(there)
    assert not Journal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_threads_posting_one_event_make_one_journal() -> None:
    with unscoped(reason="test"):
        path = path_of_tenant(make_operator().pk)
    start = Barrier(8)

    def post(_: int) -> int:
        try:
            with unscoped(reason="test"):
                start.wait()
                lines = [Line(A, 500, "CNY"), Line(B, -500, "CNY", "driver:1")]
                return ledger.post(
                    Entry(event_type="t", event_key="k", path=path, lines=lines, actor=timer("tests"))
                ).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(post, range(8)))
    with unscoped(reason="test"):
        assert len(ids) == 1
        assert Posting.objects.count() == 2
        assert Account.objects.count() == 2
