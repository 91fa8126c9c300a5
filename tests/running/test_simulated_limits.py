"""Charging profiles at a simulated pile: taken, obeyed, told and forgotten."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from backoffice.simulator.commands import NotDone
from stations.profiles import Unit, start_profile
from tests.running.test_simulator import Bench, car, make_machine


@pytest.fixture
def bench() -> Bench:
    """A car charges at connector 1 as transaction 71, of 60 kW."""
    made = Bench(make_machine())
    made.machine.connected(made.now)
    made.run()
    outlet = made.machine.outlets[0]
    made.machine.plug(outlet, car())
    made.machine.start(outlet, "CARD", made.now)
    made.run(60)
    return made


def install(bench: Bench, limit: float, *, connector: int = 1, **over: Any) -> Any:
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "transactionId": 71,
        "chargingSchedule": {
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        },
    }
    kept = {name: value for name, value in (profile | over).items() if value is not None}
    return bench.ask("SetChargingProfile", connectorId=connector, csChargingProfiles=kept)


def power(bench: Bench) -> float:
    bench.run(5)
    return bench.machine.outlets[0].power_w


def test_a_profile_limits_the_charge_until_it_is_cleared(bench: Bench) -> None:
    assert power(bench) > 50_000
    assert install(bench, 20_000) == {"status": "Accepted"}
    assert power(bench) == 20_000
    assert bench.ask("ClearChargingProfile", id=1) == {"status": "Accepted"}
    assert bench.ask("ClearChargingProfile", id=1) == {"status": "Unknown"}
    assert power(bench) > 50_000


def test_a_limit_of_nothing_is_a_pause(bench: Bench) -> None:
    install(bench, 0)
    assert (power(bench), bench.statuses()[-1]) == (0, "SuspendedEVSE")
    install(bench, 30_000)
    assert (power(bench), bench.statuses()[-1]) == (30_000, "Charging")


def test_the_lower_of_the_charge_and_the_whole_pile_counts(bench: Bench) -> None:
    over = {"chargingProfilePurpose": "ChargePointMaxProfile", "transactionId": None, "chargingProfileId": 2}
    schedule = {
        "chargingRateUnit": "A",
        "startSchedule": "2026-01-01T00:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 20}],
    }
    install(bench, 30_000)
    install(bench, 0, connector=0, **over, chargingProfileKind="Absolute", chargingSchedule=schedule)
    assert power(bench) == 20 * 230 * 3

    told = bench.ask("GetCompositeSchedule", connectorId=1, duration=60, chargingRateUnit="W")
    assert told["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 13_800.0}]


def test_a_profile_of_the_charge_is_gone_with_it(bench: Bench) -> None:
    install(bench, 20_000)
    bench.ask("RemoteStopTransaction", transactionId=71)
    bench.run(1)

    assert bench.ask("ClearChargingProfile") == {"status": "Unknown"}


def test_what_cannot_be_installed_is_refused(bench: Bench) -> None:
    assert install(bench, 20_000, transactionId=70) == {"status": "Rejected"}
    assert install(bench, 20_000, connector=2) == {"status": "Rejected"}
    assert isinstance(install(bench, 20_000, connector=9), NotDone)
    assert isinstance(install(bench, 20_000, chargingProfileKind="Sometimes"), NotDone)
    assert power(bench) > 50_000


def test_a_limit_that_comes_with_a_start_holds_for_its_charge_only() -> None:
    made = Bench(make_machine())
    made.machine.connected(made.now)
    made.run()
    made.machine.plug(made.machine.outlets[0], car())
    limit = start_profile(Decimal(20_000), Unit.WATTS).to_json()
    assert made.ask("RemoteStartTransaction", idTag="CARD", connectorId=1, chargingProfile=limit) == {
        "status": "Accepted"
    }
    made.run(60)
    assert power(made) == 20_000
    made.machine.stop(made.machine.outlets[0], "Local", made.now)
    made.run(5)
    assert not made.machine.limits.installed


def test_a_start_with_a_limit_that_is_none_starts_nothing() -> None:
    made = Bench(make_machine())
    made.machine.connected(made.now)
    made.run()
    answer = made.ask("RemoteStartTransaction", idTag="CARD", connectorId=1, chargingProfile={"x": 1})
    assert isinstance(answer, NotDone) and made.machine.outlets[0].session is None
