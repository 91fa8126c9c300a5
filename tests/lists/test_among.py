"""The condition of a scope: the same rows whether its tenants are few or many."""

from __future__ import annotations

import pytest

from backoffice.kit import among
from stations.models import Pile, Tariff
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.tenants import Forest
from tests.lists.stage import looking_from


@pytest.mark.parametrize("wide", [1, 500], ids=["a wide scope", "a narrow one"])
def test_a_scope_reads_its_own_rows_and_those_handed_down(
    forest: Forest, monkeypatch: pytest.MonkeyPatch, wide: int
) -> None:
    monkeypatch.setattr(among, "WIDE", wide)
    own, other = make_row(Pile, forest.agency), make_row(Pile, forest.cousin_agency)
    above, beside = make_row(Tariff, forest.operator), make_row(Tariff, forest.cousin_operator)
    with looking_from(forest.agency):
        assert set(Pile.objects.values_list("pk", flat=True)) == {own.pk}
        assert set(Tariff.objects.values_list("pk", flat=True)) == {above.pk}
        assert set(Tariff.objects.writable()) == set()
        assert not Pile.objects.filter(pk=other.pk).update(name="x")
        assert not Tariff.objects.filter(pk=beside.pk).exists()
        assert list(Tenant.objects.all()) == [forest.agency]
    with looking_from(forest.dealer):
        assert own in Pile.objects.all() and other not in Pile.objects.exclude(tenant=forest.agency)


def test_a_wide_scope_searches_no_index_for_each_of_its_tenants(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with looking_from(forest.dealer):
        narrow = str(Pile.objects.all().query)
        monkeypatch.setattr(among, "WIDE", 1)
        wide = str(Pile.objects.all().query)

    assert "DISTINCT" not in narrow and "IS NOT DISTINCT FROM TRUE" in wide
    assert narrow.count("{") == wide.count("{") == 1
