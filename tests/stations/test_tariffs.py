"""Price lists: drafts, versions that follow each other, and which one counts where."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from stations import selectors
from stations.models import Connector, Pile, Station, Tariff, TariffVersion
from stations.resources.sites import default_words, tariff_words
from stations.selectors.today import station_list_with_today
from stations.services import tariffs
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.stations import (
    ACTOR,
    DAY,
    PRICES,
    later,
    make_agency,
    make_pile,
    make_station,
    make_tariff,
    make_version,
)
from tests.factories.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("everything")


def refused(action: Any, *args: Any, **kwargs: Any) -> str:
    """The code of the refusal; nothing was audited."""
    before = AuditEntry.objects.count()
    with pytest.raises(Refused) as refusal, transaction.atomic():
        action(*args, actor=ACTOR, **kwargs)
    assert AuditEntry.objects.count() == before
    return refusal.value.code


def spans(tariff: Tariff) -> list[tuple[datetime, datetime | None]]:
    approved = TariffVersion.objects.filter(tariff=tariff, state="approved").order_by("valid_from")
    return list(approved.values_list("valid_from", "valid_to"))


def draft(tariff: Tariff, **over: Any) -> TariffVersion:
    return make_version(tariff, approved=False, **over)


def connector_on(station: Station) -> Connector:
    pile = make_pile(station, connectors=1)
    return Connector.objects.select_related("pile__station").get(pile=pile)


def test_a_tariff_is_in_the_currency_of_its_owner() -> None:
    agency = make_agency()

    assert tariffs.create_tariff(agency, actor=ACTOR, name="Day").currency == "CNY"
    assert refused(tariffs.create_tariff, agency, name="Euro", currency="EUR") == "currency"


def test_tariffs_belong_to_operators_and_agencies_and_have_names_of_their_own() -> None:
    agency = make_agency()
    make_tariff(agency, name="Day")

    assert refused(tariffs.create_tariff, agency.get_root(), name="X") == "wrong_level"
    assert refused(tariffs.create_tariff, agency, name=" Day ") == "name_taken"
    assert refused(tariffs.create_tariff, agency, name=" ") == "name_taken"


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"codes": DAY[:-1]}, "codes"),
        ({"codes": "X" * 48}, "codes"),
        ({"codes": ""}, "codes"),
        ({"peak_service": Decimal("-0.01")}, "price"),
        ({"peak_service": Decimal("100.00001")}, "price"),
        (
            {
                "valid_from": datetime(2027, 1, 2, tzinfo=clock.UTC),
                "valid_to": datetime(2027, 1, 1, tzinfo=clock.UTC),
            },
            "validity",
        ),
        ({"idle_per_minute": 50, "idle_cap": 10}, "idle_cap"),
    ],
)
def test_a_version_that_makes_no_sense_is_not_written(over: dict[str, Any], code: str) -> None:
    tariff = make_tariff(make_agency())

    assert refused(tariffs.write_version, tariff, **{"codes": DAY} | PRICES | over) == code


def test_a_new_version_ends_the_one_before_it() -> None:
    tariff = make_tariff(make_agency())
    change = later(3600)
    make_version(tariff, valid_from=change)

    (first, end), (begin, open_end) = spans(tariff)
    assert end == begin == change and open_end is None
    assert first < clock.now()


def test_prices_never_change_for_the_past() -> None:
    tariff = make_tariff(make_agency())
    version = make_version(tariff, valid_from=clock.ago(days=30))

    assert version.valid_from > clock.ago(minutes=1)


def test_an_approved_version_is_never_edited() -> None:
    version = make_version(make_tariff(make_agency()))

    assert refused(tariffs.edit_version, version, peak_service=Decimal(9)) == "not_draft"
    assert TariffVersion.objects.get(pk=version.pk).peak_service == Decimal("0.6")


def test_a_version_cannot_push_aside_one_that_is_already_approved_for_later() -> None:
    tariff = make_tariff(make_agency())
    make_version(tariff, valid_from=later(7200))

    assert refused(tariffs.approve_version, draft(tariff, valid_from=later(3600))) == "overlap"
    make_version(tariff, valid_from=later(3600), valid_to=spans(tariff)[1][0])
    assert len(spans(tariff)) == 3


def test_a_version_that_would_leave_a_gap_is_refused() -> None:
    tariff = make_tariff(make_agency())
    version = draft(tariff, valid_from=later(3600), valid_to=later(7200))

    assert refused(tariffs.approve_version, version) == "gap"
    assert spans(tariff)[0][1] is None


def test_kwh_that_cost_nothing_are_approved_only_when_they_are_meant() -> None:
    version = draft(make_tariff(make_agency()), valley_electricity=Decimal(0), valley_service=Decimal(0))

    assert refused(tariffs.approve_version, version) == "free_price"
    assert tariffs.approve_version(version, actor=ACTOR, free=True).state == "approved"


def test_a_free_price_of_a_band_that_the_day_does_not_have_needs_no_word() -> None:
    version = draft(
        make_tariff(make_agency()), codes="P" * 48, valley_electricity=Decimal(0), valley_service=Decimal(0)
    )

    assert tariffs.approve_version(version, actor=ACTOR).state == "approved"


def test_a_version_that_is_withdrawn_in_time_gives_its_time_back() -> None:
    tariff = make_tariff(make_agency())
    version = make_version(tariff, valid_from=later(3600))
    tariffs.withdraw_version(version, actor=ACTOR, reason="slip")

    assert [end for _, end in spans(tariff)] == [None]
    assert refused(tariffs.approve_version, version) == "not_draft"


def test_a_version_in_force_is_not_withdrawn() -> None:
    tariff = make_tariff(make_agency())
    version = TariffVersion.objects.get(tariff=tariff)

    assert refused(tariffs.withdraw_version, version, reason="x") == "in_force"


def test_the_database_refuses_versions_that_overlap() -> None:
    tariff = make_tariff(make_agency())
    first = TariffVersion.objects.get(tariff=tariff)
    first.pk, first.number = None, 99
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save()


def test_the_most_special_tariff_counts_and_says_why() -> None:
    station = make_station()
    agency = station.tenant
    operator = Tenant.objects.get(pk=agency.parent_id)
    connector = connector_on(station)
    by_reason = {
        "operator": tariffs.make_default(make_tariff(operator), actor=ACTOR),
        "agency": tariffs.make_default(make_tariff(agency), actor=ACTOR),
        "station": make_tariff(operator),
        "pile": make_tariff(agency),
    }
    for reason, tariff in by_reason.items():
        if reason == "station":
            tariffs.assign_tariff(station, tariff=tariff, actor=ACTOR)
        if reason == "pile":
            tariffs.assign_tariff(connector.pile, tariff=tariff, actor=ACTOR)
        fresh = Connector.objects.select_related("pile__station").get(pk=connector.pk)
        if reason == "operator":
            Tariff.objects.filter(pk=by_reason["agency"].pk).update(is_default=False)
        found = selectors.tariff_in_force(fresh, clock.now())
        Tariff.objects.filter(pk=by_reason["agency"].pk).update(is_default=True)

        assert found is not None
        assert (found[0].tariff_id, found[1]) == (tariff.pk, reason)


def test_where_nothing_is_in_force_there_is_no_price() -> None:
    connector = connector_on(make_station())
    assert selectors.tariff_in_force(connector, clock.now()) is None

    tariffs.make_default(make_tariff(connector.tenant), actor=ACTOR)
    assert selectors.tariff_in_force(connector, clock.ago(days=1)) is None
    assert selectors.tariff_in_force(connector, clock.now()) is not None


def test_the_version_counts_that_is_in_force_at_the_instant() -> None:
    station = make_station()
    tariff = tariffs.make_default(make_tariff(station.tenant), actor=ACTOR)
    change = later(3600)
    make_version(tariff, valid_from=change)
    connector = connector_on(station)

    numbers = [
        found[0].number
        for at in (change - timedelta(microseconds=1), change)
        if (found := selectors.tariff_in_force(connector, at))
    ]
    assert numbers == [1, 2]


def test_a_default_of_a_sibling_never_counts() -> None:
    station = make_station()
    sibling = make_tenant(Tenant.objects.get(pk=station.tenant.parent_id))
    tariffs.make_default(make_tariff(sibling), actor=ACTOR)

    assert selectors.tariff_in_force(connector_on(station), clock.now()) is None


def test_there_is_one_default_for_each_owner() -> None:
    agency = make_agency()
    first, second = make_tariff(agency), make_tariff(agency)
    tariffs.make_default(first, actor=ACTOR)
    tariffs.make_default(second, actor=ACTOR)

    assert list(Tariff.objects.filter(is_default=True)) == [second]


def test_only_tariffs_of_the_owner_and_of_those_above_it_can_be_assigned() -> None:
    station, foreign = make_station(), make_tariff(make_agency())
    empty = tariffs.create_tariff(station.tenant, actor=ACTOR, name="Empty")

    assert refused(tariffs.assign_tariff, station, tariff=foreign) == "foreign"
    assert refused(tariffs.assign_tariff, station, tariff=empty) == "no_version"
    assert Station.objects.get(pk=station.pk).tariff_id is None


def test_an_agency_sees_a_tariff_of_its_operator_and_cannot_write_it() -> None:
    agency = make_agency()
    tariff = make_tariff(Tenant.objects.get(pk=agency.parent_id))
    version = TariffVersion.objects.get(tariff=tariff)
    with scope_of(agency.pk):
        assert list(selectors.tariffs()) == [tariff]
        for action, subject, more in (
            (tariffs.rename_tariff, tariff, {"name": "Mine"}),
            (tariffs.write_version, tariff, {"codes": DAY}),
            (tariffs.make_default, tariff, {}),
            (tariffs.retire_tariff, tariff, {"reason": "x"}),
            (tariffs.withdraw_version, version, {"reason": "x"}),
        ):
            with pytest.raises(Refused) as refusal:
                action(subject, actor=ACTOR, **more)
            assert refusal.value.code == "foreign"
    assert Tariff.objects.get(pk=tariff.pk).name == tariff.name


def test_a_tariff_in_use_is_not_retired_and_a_retired_one_is_not_used() -> None:
    station = make_station()
    tariff = make_tariff(station.tenant)
    tariffs.assign_tariff(station, tariff=tariff, actor=ACTOR)
    assert refused(tariffs.retire_tariff, tariff, reason="x") == "in_use"

    tariffs.assign_tariff(station, tariff=None, actor=ACTOR)
    tariffs.retire_tariff(tariff, actor=ACTOR, reason="x")
    assert refused(tariffs.assign_tariff, station, tariff=tariff) == "retired"
    assert refused(tariffs.write_version, tariff, codes=DAY) == "retired"
    assert Pile.objects.count() == 0


def test_a_station_that_names_no_tariff_shows_the_default_and_is_counted_with_it() -> None:
    station = make_station()
    operator = Tenant.objects.get(pk=station.tenant.parent_id)
    near = make_station(make_tenant(operator))
    standard, nearer = make_tariff(operator, name="Standard"), make_tariff(near.tenant, name="Nearer")
    named = make_station(station.tenant, tariff=make_tariff(operator, name="Night"))
    Tariff.objects.filter(pk__in=[standard.pk, nearer.pk]).update(is_default=True)

    shown = {row.pk: row.default_tariff for row in station_list_with_today()}
    assert (shown[station.pk], shown[near.pk]) == ("Standard", "Nearer")
    for known, words in (
        (("Night", shown[named.pk], "live"), ("Night", "")),
        ((None, "Standard", "live"), ("Standard", "default")),
        ((None, "Standard", "store"), ("", "")),
        ((None, None, "live"), ("", "")),
    ):
        assert (tariff_words(*known), default_words(*known)) == words
    counts = {row.name: row.station_count for row in selectors.tariff_list()}
    assert counts == {"Standard": 1, "Nearer": 1, "Night": 1}

    Tariff.objects.filter(pk=standard.pk).update(status="retired")
    assert station_list_with_today().get(pk=station.pk).default_tariff is None
