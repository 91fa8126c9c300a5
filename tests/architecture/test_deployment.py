"""The compose file runs what exists, with settings that are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.util import find_spec
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from backoffice import demo
from backoffice.environment import ROOT, Addresses

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()

# A variable is read as env.str("NAME") in the settings, or from os.environ by what starts the processes.
READ = re.compile(r"""env(?:\.\w+)?\(\s*"([A-Z_]+)"|environ(?:\.get\(|\[)\s*"([A-Z_]+)\"""")


def variables_read() -> set[str]:
    sources = [*ROOT.glob("backoffice/**/*.py"), *ROOT.glob("ocpp_gateway/**/*.py")]
    return {name for path in sources for match in READ.findall(path.read_text()) for name in match if name}


def modules_of(command: Sequence[str]) -> list[str]:
    """The modules that a command line names: after -m, after -A, and before the colon of an ASGI address."""
    named = [after for option, after in pairwise(command) if option in {"-m", "-A"}]
    return named + [word.split(":")[0] for word in command if re.fullmatch(r"[a-z_.]+:[a-z_]+", word)]


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_runs_what_exists(name: str) -> None:
    command = OURS[name]["command"]

    assert command[0] == "python"
    assert [module for module in modules_of(command) if find_spec(module) is None] == []
    assert [word for word in command if word.endswith(".py") and not (ROOT / word).exists()] == []


def test_every_variable_of_a_service_is_read_somewhere() -> None:
    given = {variable for service in OURS.values() for variable in service["environment"]}
    assert given - variables_read() == set()


def test_the_compose_file_runs_the_processes_of_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FTP_PORT", raising=False)
    assert "ftp" not in {program.name for program in demo.programs(Addresses(), Path("/data"), piles=0)}
    monkeypatch.setenv("FTP_PORT", "2121")
    demo_programs = demo.programs(Addresses(), Path("/data"), piles=0)
    assert {program.name for program in demo_programs} == OURS.keys() - {"migrate", "gateway-tls"}
    for program in demo_programs:
        assert modules_of(program.command) == modules_of(OURS[program.name]["command"])


def test_a_gateway_of_its_own_serves_the_profiles_with_tls() -> None:
    """The ports that it listens on are published, its certificates are mounted, and the plain one is not its own."""
    plain, secured = OURS["gateway"], OURS["gateway-tls"]
    given = secured["environment"]
    inside = {port.rpartition(":")[2] for port in secured["ports"]}

    assert secured["command"] == plain["command"] and secured["healthcheck"] == plain["healthcheck"]
    assert inside == {given["OCPP_TLS_PORT"], given["OCPP_MTLS_PORT"]}
    assert {port.rpartition(":")[2] for port in plain["ports"]} == {plain["environment"]["OCPP_PORT"]}
    assert not {"OCPP_TLS_PORT", "OCPP_MTLS_PORT"} & plain["environment"].keys()
    mounted = [volume.split(":")[-2] for volume in secured["volumes"] if volume.endswith(":ro")]
    files = [path for pair in given["OCPP_TLS_CERTIFICATES"].split(",") for path in pair.split(":")]
    assert len(files) == 4 and {str(Path(path).parent) for path in files} == set(mounted)
    assert inside | {given["OCPP_PORT"], "8000"} == set(re.findall(r"\d+", exposed()))


def test_the_certificates_of_the_compose_file_are_those_that_the_command_makes(tmp_path: Path) -> None:
    call_command("make_gateway_certificate", "ocpp.example.org", into=tmp_path, stdout=StringIO())
    given = OURS["gateway-tls"]["environment"]["OCPP_TLS_CERTIFICATES"]
    wanted = {Path(path).name for pair in given.split(",") for path in pair.split(":")}

    assert wanted <= {path.name for path in tmp_path.iterdir()}


def exposed() -> str:
    [ports] = re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)
    return str(ports)


def test_every_service_but_beat_and_migrate_is_watched() -> None:
    watched = {name for name, service in COMPOSE["services"].items() if "healthcheck" in service}
    assert watched == COMPOSE["services"].keys() - {"beat", "migrate"}


def test_what_the_image_copies_exists() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = line.split()
        assert all((ROOT / source).exists() for source in sources)
