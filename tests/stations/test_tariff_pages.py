"""Pages of tariffs: the form of a version, and what is asked before it counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from stations.models import (
    Station,
    Tariff,
    TariffVersion,
)
from stations.services.tariffs import PRICES
from tenants.models import Tenant
from tests.factories.stations import (
    DAY,
    PRICES as PRICE_LIST,
    make_agency,
    make_station,
    make_tariff,
    make_version,
)
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")


def version_data(**over: Any) -> dict[str, Any]:
    codes = {f"codes_{n:02}": letter for n, letter in enumerate(DAY)}
    rest = {
        "valid_from": "2026-01-01T00:00",
        "idle_grace_min": "15",
        "idle_per_minute": "0.50",
        "idle_cap": "30",
        "min_hold": "20.00",
    }
    return codes | {name: str(price) for name, price in PRICE_LIST.items()} | rest | over


def test_a_version_is_written_approved_and_carried_on() -> None:
    agency = make_agency()
    operator = Tenant.objects.get(pk=agency.parent_id)
    client = browser(operator)
    client.post(reverse("stations:tariff_new"), {"tenant": operator.pk, "name": "Day", "rounding": "line"})
    tariff = Tariff.objects.get(name="Day")
    client.post(reverse("stations:version_new", args=[tariff.pk]), version_data())

    version = TariffVersion.objects.get(tariff=tariff)
    assert (version.codes, version.idle_per_minute, version.idle_cap, version.min_hold) == (
        DAY,
        50,
        3000,
        2000,
    )
    assert {name: getattr(version, name) for name in PRICES} == PRICE_LIST
    client.post(reverse("stations:version_approve", args=[version.pk]), {"confirmed": "1"})
    client.post(reverse("stations:tariff_default", args=[tariff.pk]), {"confirmed": "1"})
    tariff.refresh_from_db()
    assert TariffVersion.objects.get(pk=version.pk).state == "approved" and tariff.is_default

    form = client.get(reverse("stations:version_new", args=[tariff.pk])).context["form"]
    assert form["codes"].initial == DAY
    assert 'value="0.50"' in str(form["idle_per_minute"])


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"codes_07": "X"}, "codes"),
        ({"codes_47": ""}, "codes"),
        ({"peak_service": "-1"}, "peak_service"),
        ({"peak_service": "101"}, "peak_service"),
        ({"peak_service": "0.123456"}, "peak_service"),
        ({"idle_per_minute": "0.005"}, "idle_per_minute"),
        ({"valid_to": "2025-01-01T00:00"}, "valid_to"),
        ({"valid_from": "soon"}, "valid_from"),
    ],
)
def test_a_version_with_a_slip_is_not_written(over: dict[str, str], field: str) -> None:
    agency = make_agency()
    tariff = make_tariff(Tenant.objects.get(pk=agency.parent_id))
    answer = browser(tariff.tenant).post(
        reverse("stations:version_new", args=[tariff.pk]), version_data(**over)
    )

    assert field in errors(answer)
    assert TariffVersion.objects.count() == 1


def test_kwh_that_cost_nothing_are_asked_about() -> None:
    tariff = make_tariff(Tenant.objects.get(pk=make_agency().parent_id))
    version = make_version(tariff, approved=False, valley_electricity=Decimal(0), valley_service=Decimal(0))
    client, url = browser(tariff.tenant), reverse("stations:version_approve", args=[version.pk])

    assert "free" in errors(client.post(url, {"confirmed": "1"}))
    client.post(url, {"confirmed": "1", "free": "on"})
    assert TariffVersion.objects.get(pk=version.pk).state == "approved"


def test_the_tariff_of_a_station_is_chosen_and_taken_off() -> None:
    station = make_station()
    tariff = make_tariff(operator_of(station))
    client, url = browser(operator_of(station)), reverse("stations:station_tariff", args=[station.pk])
    client.post(url, {"tariff": tariff.pk})
    assert Station.objects.get(pk=station.pk).tariff_id == tariff.pk

    foreign = make_tariff(make_agency())
    assert "tariff" in errors(client.post(url, {"tariff": foreign.pk}))
    client.post(url, {"tariff": ""})
    assert Station.objects.get(pk=station.pk).tariff_id is None
