"""``./run`` says what it can do and what it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backoffice import installation
from backoffice.environment import ROOT


def run(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "run"), *arguments],
        cwd=cwd,
        env={**os.environ, "PILEHOUSE_VENV": sys.prefix, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def make_environment(folder: Path) -> Path:
    """A virtual environment that borrows our interpreter."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


def test_help_lists_the_commands_from_any_folder(tmp_path: Path) -> None:
    done = run("help", cwd=tmp_path)
    assert done.returncode == 0
    assert all(f"./run {command}" in done.stdout for command in ("demo", "test", "manage", "bench"))


def test_an_unknown_command_is_named(tmp_path: Path) -> None:
    done = run("dance", cwd=tmp_path)
    assert done.returncode == 2
    assert "Unknown command: dance" in done.stderr


def test_a_machine_without_a_new_enough_python_is_told_so(tmp_path: Path) -> None:
    for program in ("bash", "env", "dirname", "cat"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    for name in ("python3", "python"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)

    done = run("manage", "check", cwd=tmp_path, PATH=str(tmp_path), PILEHOUSE_VENV=str(tmp_path / "venv"))

    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_failing_installation_says_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text("no-such-package-of-ours==1.0\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    environment = make_environment(tmp_path / "venv")

    with pytest.raises(installation.InstallationError, match="Is the package index reachable"):
        installation.install_packages(environment, [tmp_path / "requirements.txt"])

    assert not (environment / ".requirements").exists()
    assert "no-such-package-of-ours" in capfd.readouterr().err


def test_what_is_installed_is_not_installed_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    environment = make_environment(tmp_path / "venv")

    for _ in range(2):
        installation.install_packages(environment, [tmp_path / "requirements.txt"])

    assert capsys.readouterr().out.count("Installing") == 1
    assert (environment / ".requirements").exists()


def test_a_virtual_environment_of_somebody_else_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "bin").mkdir(parents=True)
    (theirs / "bin" / "kept").write_text("")
    monkeypatch.setattr("backoffice.installation.os.access", lambda path, mode: False)

    with pytest.raises(installation.InstallationError, match="somebody else's"):
        installation.create_environment(theirs)

    assert (theirs / "bin" / "kept").exists()
