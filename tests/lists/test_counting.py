"""Several numbers of rows in one question."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.kit import counting
from backoffice.kit.counting import capped_counts
from orders.models import ChargingOrder
from stations.models import Pile
from tests.factories.tenants import Forest
from tests.lists.stage import looking_from, make_orders


def test_each_is_counted_under_the_scope_and_all_in_one_question(forest: Forest) -> None:
    make_orders(forest.agency, 3)
    make_orders(forest.cousin_agency, 2, start=100)
    with looking_from(forest.agency), CaptureQueriesContext(connection) as asked:
        some = ChargingOrder.objects.filter(energy_wh=0)
        counts = capped_counts(
            [
                ChargingOrder.objects.all(),
                Pile.objects.order_by("name"),
                some,
                some.none(),
                some.filter(pk__in=[]),
            ]
        )

    assert counts == [3, 1, 1, 0, 0]
    assert len(asked) == 1


def test_counting_stops_at_the_cap_and_asks_nothing_about_nothing(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(forest.agency, 5)
    monkeypatch.setattr(counting, "COUNT_CAP", 4)
    with looking_from(forest.agency), CaptureQueriesContext(connection) as asked:
        assert capped_counts([ChargingOrder.objects.all()]) == [4]
        assert capped_counts([]) == []

    assert len(asked) == 1
