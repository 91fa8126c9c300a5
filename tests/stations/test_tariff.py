from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stations.slots import Band, Calendar, DayRule, Season, parse_codes
from stations.tariff import IdlePolicy, Rounding, TariffError, TariffSnapshot, UnitPrice, Window

SHANGHAI = ZoneInfo("Asia/Shanghai")


def snapshot(**changed: Any) -> TariffSnapshot:
    values: dict[str, Any] = {
        "version_id": 7,
        "name": "Summer 夏季",
        "currency": "CNY",
        "zone": SHANGHAI,
        "calendar": Calendar(
            parse_codes("V" * 14 + "F" * 14 + "P" * 2 + "S" * 18),
            (
                DayRule(
                    parse_codes("V" * 48),
                    weekdays=frozenset({5, 6}),
                    dates=frozenset({date(2026, 10, 1), date(2026, 10, 2)}),
                ),
            ),
        ),
        "prices": {
            Band.SHARP: UnitPrice(Decimal("1.22"), Decimal("0.45")),
            Band.PEAK: UnitPrice(Decimal("1.02"), Decimal("0.45")),
            Band.FLAT: UnitPrice(Decimal("0.68"), Decimal("0.45")),
            Band.VALLEY: UnitPrice(Decimal("0.31415"), Decimal("0.45")),
        },
        "idle": IdlePolicy(15, 50, 1500, (Window(time(22), time(6, 30)),)),
        "min_hold": 2000,
        "rounding": Rounding.TOTAL,
    }
    return TariffSnapshot(**values | changed)


@pytest.mark.parametrize(
    "changed", [{}, {"idle": None}, {"idle": IdlePolicy(0, 0)}, {"rounding": Rounding.LINE}]
)
def test_a_snapshot_is_read_back_from_its_json(changed: dict[str, Any]) -> None:
    written = snapshot(**changed)
    assert TariffSnapshot.from_json(json.loads(json.dumps(written.to_json()))) == written


def test_a_snapshot_with_seasons_is_of_a_format_that_older_code_refuses() -> None:
    summer = DayRule(parse_codes("S" * 48), weekdays=frozenset({4}), seasons=(Season((6, 1), (8, 31)),))
    written = snapshot(calendar=Calendar(parse_codes("F" * 48), (summer,)))
    data = json.loads(json.dumps(written.to_json()))

    assert (data["format"], snapshot().to_json()["format"]) == (2, 1)
    assert TariffSnapshot.from_json(data) == written
    assert written.band_at(datetime(2027, 7, 2, 12, tzinfo=SHANGHAI)) is Band.SHARP
    assert written.band_at(datetime(2027, 7, 3, 12, tzinfo=SHANGHAI)) is Band.FLAT


def test_prices_are_exact_with_five_decimals() -> None:
    price = UnitPrice(Decimal("1.3"), Decimal("0.00001"))
    assert (str(price.electricity), str(price.service), price.total) == (
        "1.30000",
        "0.00001",
        Decimal("1.30001"),
    )


@pytest.mark.parametrize(
    ("price", "fault"),
    [
        ("-0.1", "price_out_of_range"),
        ("100000", "price_out_of_range"),
        ("NaN", "price_out_of_range"),
        ("Infinity", "price_out_of_range"),
        ("0.000001", "price_too_fine"),
    ],
)
def test_a_price_out_of_range_is_refused(price: str, fault: str) -> None:
    with pytest.raises(TariffError, match=fault):
        UnitPrice(Decimal(price), Decimal(0))


def _without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.pop(key)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_without("prices"), "unreadable"),
        (_without("format"), "unreadable"),
        (lambda data: data.update(format=3), "unknown_format"),
        (lambda data: data.update(codes="F" * 47), "wrong_length"),
        (lambda data: data.update(codes="X" * 48), "unknown_band"),
        (lambda data: data.update(currency="yuan"), "unknown_currency"),
        (lambda data: data.update(currency=None), "unreadable"),
        (lambda data: data.update(zone="Asia/Atlantis"), "unreadable"),
        (lambda data: data.update(zone="../../etc/passwd"), "unreadable"),
        (lambda data: data["prices"].pop("S"), "band_without_price"),
        (lambda data: data["prices"].update(S=["x", "1"]), "unreadable"),
        (lambda data: data["prices"].update(S=["1"]), "unreadable"),
        (lambda data: data["prices"].update(S=["-1", "0"]), "price_out_of_range"),
        (lambda data: data.update(rounding="up"), "unreadable"),
        (lambda data: data.update(min_hold=-1), "bad_minimum_hold"),
        (lambda data: data["idle"].update(grace_min=-1), "bad_idle_policy"),
        (lambda data: data["idle"].update(free=[["22:00"]]), "unreadable"),
        (lambda data: data.update(days=[{"codes": "F" * 48}]), "unreadable"),
        (lambda data: data["days"][0].update(seasons=[["02-30", "03-01"]]), "bad_season"),
        (lambda data: data["days"][0].update(seasons=[["summer"]]), "unreadable"),
    ],
)
def test_a_spoilt_snapshot_is_refused_whole(spoil: Callable[[dict[str, Any]], object], fault: str) -> None:
    data = snapshot().to_json()
    spoil(data)
    with pytest.raises(TariffError, match=fault):
        TariffSnapshot.from_json(data)


@pytest.mark.parametrize("data", [{}, {"format": 1}, [], None, "tariff"])
def test_what_is_no_snapshot_is_refused(data: Any) -> None:
    with pytest.raises(TariffError, match="unreadable"):
        TariffSnapshot.from_json(data)


def test_a_band_that_no_day_uses_needs_no_price() -> None:
    tariff = snapshot(
        calendar=Calendar(parse_codes("F" * 48)), prices={Band.FLAT: UnitPrice(Decimal(1), Decimal(0))}
    )
    assert tariff.price_at(datetime(2026, 3, 10, tzinfo=UTC)).total == 1


def test_the_price_now_and_the_next_one_are_those_of_the_stations_clock() -> None:
    tariff = snapshot()
    at = datetime(2026, 3, 10, 13, 40, tzinfo=SHANGHAI)
    assert tariff.band_at(at) is Band.FLAT
    assert tariff.price_at(at).total == Decimal("1.13")
    change = tariff.next_change(at)
    assert change is not None
    half_hour, price = change
    assert half_hour.start == datetime(2026, 3, 10, 14, tzinfo=SHANGHAI)
    assert price.total == Decimal("1.47")
    always = snapshot(calendar=Calendar(parse_codes("F" * 48)))
    assert always.next_change(at) is None


def test_the_dearest_price_ahead_looks_as_far_as_it_is_told() -> None:
    tariff = snapshot()
    at = datetime(2026, 3, 10, 13, 58, tzinfo=SHANGHAI)
    assert tariff.dearest_ahead(at, timedelta(minutes=2)) == Decimal("1.13")
    assert tariff.dearest_ahead(at, timedelta(minutes=3)) == Decimal("1.47")
    assert tariff.dearest_ahead(at, timedelta(minutes=90)) == Decimal("1.67")


def test_a_tariff_is_free_when_no_kwh_costs_anything() -> None:
    nothing = {band: UnitPrice(Decimal(0), Decimal(0)) for band in Band}
    assert snapshot(prices=nothing).is_free
    assert not snapshot().is_free
