"""What is too old goes, in batches and whole partitions; what is young, or in use at the moment, stays."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from backoffice.kit import retention
from backoffice.kit.models import SavedView
from tests.support.together import together

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("frames_20261231", date(2027, 1, 1)),
        ("samples_202612", date(2027, 1, 1)),
        ("samples_202602", date(2026, 3, 1)),
        ("samples_default", None),
    ],
)
def test_a_partition_ends_where_its_name_says(name: str, end: date | None) -> None:
    assert retention.end_of(name) == end


def test_rows_go_batch_by_batch_until_none_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        SavedView.objects.create(
            owner_ref="staff:1", resource="x", name=f"{number}", created_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
    kept = SavedView.objects.create(
        owner_ref="staff:2", resource="x", name="kept", created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert retention.forget_rows(SavedView.objects.filter(owner_ref="staff:1")) == 5
    assert list(SavedView.objects.all()) == [kept]


def test_a_round_that_takes_long_leaves_the_rest_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "LONGEST_S", -1.0)
    for number in range(5):
        SavedView.objects.create(
            owner_ref="staff:1", resource="x", name=f"{number}", created_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
    assert retention.forget_rows(SavedView.objects.filter(owner_ref="staff:1")) == 2


@pytest.mark.django_db(transaction=True)
def test_a_partition_that_is_being_read_is_dropped_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "LOCK_WAIT", "50ms")
    months = (date(2019, 1, 1), date(2019, 2, 1))
    retention.make_partitions("orders_sample", "taken_at", "month", *months)

    def hold() -> int:
        return retention.drop_partitions("orders_sample", before=date(2019, 2, 1))

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM orders_sample_201901")
        assert together([hold]) == [0]
        cursor.execute("ROLLBACK")
    assert retention.drop_partitions("orders_sample", before=date(2019, 2, 1)) == 1
    assert retention.drop_partitions("orders_sample", before=date(2019, 3, 1)) == 1
