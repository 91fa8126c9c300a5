"""Every room on the disk is known to the tools that keep the layers."""

from __future__ import annotations

import tomllib

import pytest

from backoffice.environment import ROOT

NO_ROOMS = {"tests", "benchmarks"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["name"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
ROOMS = sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name not in NO_ROOMS)


def test_import_linter_looks_at_every_room() -> None:
    assert sorted(PROJECT["tool"]["importlinter"]["root_packages"]) == ROOMS


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in {"backoffice", "ocpp_gateway"}])
def test_a_room_has_its_layer_and_is_out_of_the_gateways_reach(room: str) -> None:
    layers = " ".join(CONTRACTS["A room imports only from rooms below it"]["layers"])
    core = CONTRACTS["The gateway's core knows neither Django nor Redis nor a room of ours"]

    assert f"({room})" in layers
    assert room in core["forbidden_modules"]


@pytest.mark.parametrize("room", ROOMS)
def test_imports_of_a_room_are_sorted_as_our_own(room: str) -> None:
    assert room in PROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"]
