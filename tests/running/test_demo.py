"""The demo says what it needs before it starts anything."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from backoffice import demo
from backoffice.embedded.engine import free_port
from backoffice.environment import ROOT, Addresses
from backoffice.simulator.process import turned


def run_demo(data: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backoffice.demo", "--data", str(data), *options],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_occupied_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run_demo(tmp_path, "--port", str(port), "--ocpp-port", str(free_port()))

    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert not (tmp_path / "services.json").exists()


def test_a_second_demo_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_demo(tmp_path)

    assert done.returncode == 1
    assert "is running" in done.stderr


def test_a_fresh_start_never_touches_a_database_from_outside(tmp_path: Path) -> None:
    (tmp_path / "logins.json").write_text("{}")
    ports = ("--port", str(free_port()), "--ocpp-port", str(free_port()))
    done = run_demo(tmp_path, "--fresh", *ports, DATABASE_URL="postgresql://else.where/base")

    assert done.returncode == 1
    assert "--fresh deletes embedded data only" in done.stderr
    assert (tmp_path / "logins.json").exists()


def test_without_piles_no_pile_is_simulated() -> None:
    names = [program.name for program in demo.programs(Addresses(), Path("/data"), piles=0)]
    assert names == ["web", "gateway", "worker", "beat"]
    assert demo.programs(Addresses(), Path("/data"), piles=3)[-1].name == "simulator"


def test_each_gateway_has_a_name_and_a_port_of_its_own() -> None:
    gateways = demo.programs(Addresses(ocpp_port=9100), Path("/data"), piles=0, gateways=3)[1:4]
    assert [(one.name, one.environment["OCPP_PORT"]) for one in gateways] == [
        ("gateway", "9100"),
        ("gateway-2", "9101"),
        ("gateway-3", "9102"),
    ]


def test_the_simulated_piles_are_spread_over_the_gateways() -> None:
    one, several = (
        demo.programs(Addresses(ocpp_port=9100), Path("/data"), piles=5, gateways=count)[-1].command
        for count in (1, 3)
    )
    doors = [word for word in several if word.startswith("ws://")]

    assert "--gateway" not in one, "where the only one is says OCPP_URL"
    assert doors == [f"ws://127.0.0.1:{port}/ocpp" for port in (9100, 9101, 9102)]
    assert several.count("--gateway") == 3
    first = [turned(doors, number)[0] for number in range(6)]
    assert first == [*doors, *doors]
    assert turned(doors, 4) == (doors[1], doors[2], doors[0])


def test_the_table_shows_addresses_sign_ins_and_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PUBLIC_URL", "OCPP_URL"):
        monkeypatch.delenv(variable, raising=False)
    login = {
        "level": "operator",
        "role": "owner",
        "tenant": "绿色充电",
        "email": "owner@operator.example",
        "password": "correct horse",
    }
    links = [{"name": "QR code of pile P-1, connector 1", "path": "/q/ABC"}]
    (tmp_path / "logins.json").write_text(json.dumps({"logins": [login], "links": links}))

    table = demo.describe(tmp_path, Addresses(port=8123, ocpp_port=9123))

    assert "http://127.0.0.1:8123/q/ABC" in table
    assert "ws://127.0.0.1:9123/ocpp/<identity>" in table
    assert all(word in table for word in login.values())


def test_columns_stay_straight_with_chinese_names(tmp_path: Path) -> None:
    names = {"level": "operator", "role": "owner", "email": "a@b.example", "password": "secret"}
    logins = [{**names, "tenant": tenant} for tenant in ("绿色充电", "Green charging")]
    (tmp_path / "logins.json").write_text(json.dumps({"logins": logins}))

    chinese, english = demo.describe(tmp_path, Addresses()).splitlines()[-2:]

    assert chinese.index("a@b") + len("绿色充电") == english.index("a@b")


def test_the_table_of_an_empty_data_folder_has_the_addresses(tmp_path: Path) -> None:
    assert "/ocpp/<identity>" in demo.describe(tmp_path, Addresses())
