"""The demonstration is made whole or not at all, once, and obeys every rule that the house has for its books."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice import demo
from backoffice.environment import ROOT, Addresses
from tests.support.house import House, free_ports, lodging
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(400)  # the first test waits for two seeds

DAYS = "4"
SEED = (str(ROOT / "manage.py"), "seed_demo", "--days", DAYS)
PROOF = """
from collections import Counter
import json
from backoffice.kit.scope import unscoped
from finance import checks as finance
from orders import checks as orders
from tenants.verification import tenancy_faults

with unscoped(reason="tests"):
    found = [*orders.violations(), *finance.violations(), *tenancy_faults()]
print(json.dumps([str(one) for one in found]))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An empty schema, and no processes."""
    port, ocpp_port = free_ports(2)
    with lodging(tmp_path_factory.mktemp("demo"), port=port, ocpp_port=ocpp_port) as made:
        yield made


@pytest.fixture(scope="module")
def seeded(house: House) -> House:
    """Killed in the middle, and made again."""
    seed = subprocess.Popen(
        [sys.executable, *SEED], cwd=ROOT, env=house.environment, stdout=subprocess.PIPE, text=True
    )
    assert seed.stdout is not None
    eventually(lambda: "days of charging" in (seed.stdout.readline() if seed.stdout else ""), seconds=60)
    seed.send_signal(signal.SIGKILL)
    seed.communicate()
    assert not (house.data / "logins.json").exists()
    house.python(*SEED)
    return house


def count(house: House, table: str, where: str = "true") -> int:
    return int(house.rows(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])  # noqa: S608 — ours


def test_everything_is_there_after_a_seed_that_was_killed_before(seeded: House) -> None:
    levels = Counter(level for (level,) in seeded.rows("SELECT level FROM tenants_tenant"))
    assert levels == {"manufacturer": 1, "dealer": 2, "operator": 4, "agency": 11}
    assert count(seeded, "stations_station", "status <> 'store'") == 60
    assert count(seeded, "stations_station", "latitude IS NULL AND status <> 'store'") == 0
    assert count(seeded, "stations_pile") == 314
    assert count(seeded, "stations_pilemodel") == 6
    assert count(seeded, "stations_connector") == 528
    assert count(seeded, "orders_chargingorder") > 230 * int(DAYS) * 0.7
    assert count(seeded, "drivers_driver", "status = 'blocked'") == 3
    assert count(seeded, "stations_unclaimedpile") == 4
    assert count(seeded, "drivers_smsmessage", "state = 'sent'") > 100
    assert count(seeded, "stations_command", "state = 'timed_out'") == 1
    assert count(seeded, "reports_daytotal", "sessions > 0") > 20


def test_every_abnormal_code_that_something_opens_has_a_case(seeded: House) -> None:
    codes = {code for (code,) in seeded.rows("SELECT DISTINCT code FROM orders_case")}
    never = {"A16", "A19"}  # payments and refunds open no cases yet
    assert codes == {f"A{number:02d}" for number in range(1, 23)} - never
    states = {state for (state,) in seeded.rows("SELECT DISTINCT state FROM orders_case")}
    assert states == {"open", "in_review", "to_approve", "decided", "closed"}


def test_alarms_of_every_class_are_open_and_over(seeded: House) -> None:
    rows = seeded.rows("SELECT alarm_class, state IN ('open', 'acknowledged') FROM alarms_alarm")
    assert {
        ("safety", True),
        ("safety", False),
        ("failure", True),
        ("failure", False),
        ("station", True),
    } <= set(rows)


def test_no_rule_is_broken(seeded: House) -> None:
    told = seeded.python(str(ROOT / "manage.py"), "shell", "--no-imports", given=PROOF)
    assert json.loads(told.strip().splitlines()[-1]) == []


def test_a_second_seed_changes_nothing(seeded: House) -> None:
    before = (seeded.data / "logins.json").read_text()
    orders = count(seeded, "orders_chargingorder")
    (seeded.data / "logins.json").unlink()

    assert "everything is there already" in seeded.python(*SEED)

    assert (seeded.data / "logins.json").read_text() == before
    assert count(seeded, "orders_chargingorder") == orders
    assert count(seeded, "tenants_tenant") == 18


def test_the_logins_are_one_of_each_role_in_a_chain_and_its_siblings(seeded: House) -> None:
    told = json.loads((seeded.data / "logins.json").read_text())
    roles = Counter(login["code"] for login in told["logins"])
    assert roles == {
        **dict.fromkeys(("HANGLU", "JIANGNAN", "QILIN", "HZ-BINJIANG"), 6),
        **dict.fromkeys(("SEABRIDGE", "LANTERN", "NB-PORT"), 1),
    }
    assert len(told["piles"]) == 12
    assert "/q/" in demo.describe(seeded.data, Addresses())
    assert (seeded.data / "logins.json").stat().st_mode & 0o777 == 0o600


def test_a_simulated_pile_charges_and_its_order_is_settled(seeded: House, tmp_path: Path) -> None:
    """A driver presses start; nobody has a car; two stops later the bill is paid."""
    seeded.start()
    log = (tmp_path / "simulator.log").open("wb")
    simulator = subprocess.Popen(
        [sys.executable, "-m", "backoffice.simulator", "--piles", "1"],
        cwd=ROOT,
        env=seeded.environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        free = "p.online AND c.number = 1 AND c.status = 'Available'"
        connectors = "stations_connector c JOIN stations_pile p ON p.id = c.pile_id"
        eventually(lambda: count(seeded, connectors, free), seconds=60)
        number = seeded.run_inside("tests.support.pressing", {"press": "start"}).strip().splitlines()[-1]
        where = f"order_no = '{number}'"
        eventually(lambda: count(seeded, "orders_chargingorder", f"{where} AND energy_wh > 30"), seconds=60)
        seeded.run_inside("tests.support.pressing", {"press": "stop", "order": number})
        eventually(
            lambda: count(seeded, "orders_chargingorder", f"{where} AND pay_state = 'settled'"), seconds=30
        )
    finally:
        simulator.terminate()
        simulator.wait(10)
        log.close()
    row = seeded.rows(
        "SELECT hold, total - paid_cash - paid_bonus, stop_reason FROM orders_chargingorder WHERE order_no = %s",
        [number],
    )
    assert row == [(0, 0, "Remote")]
    assert simulator.returncode == 0
