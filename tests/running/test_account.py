"""Run by root, the engines get an account of their own and only files that it can reach."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from backoffice.embedded import account
from backoffice.embedded.account import engine_account, engine_home, reachable_program

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="needs a normal user")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installed package with a program, in a folder that only its owner may enter."""
    tmp_path.chmod(0o700)
    program = tmp_path / "engine" / "bin" / "serve"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\ncat "$(dirname "$0")/../../engine.libs/answer"\n')
    program.chmod(0o700)
    (tmp_path / "engine.libs").mkdir()
    (tmp_path / "engine.libs" / "answer").write_text("42")
    (tmp_path / "engine.libs" / "answer").chmod(0o600)
    return tmp_path / "engine"


@as_root
def test_root_never_runs_an_engine_as_root() -> None:
    found = engine_account()
    assert found.is_other
    assert found.run(["id", "-u"], cwd=Path("/")).stdout.strip() == str(found.uid) != "0"


@as_root
def test_a_program_out_of_reach_is_copied_with_its_libraries(package: Path) -> None:
    found = engine_account()
    before = package.parent.stat().st_mode

    copied = reachable_program(package, "bin/serve", found)
    try:
        assert copied.is_relative_to(account.SHARED)
        assert found.run([str(copied)], cwd=Path("/")).stdout == "42"
        assert reachable_program(package, "bin/serve", found) == copied
        assert package.parent.stat().st_mode == before
    finally:
        shutil.rmtree(copied.parent.parent.parent)


@as_root
def test_data_out_of_reach_gets_a_place_of_its_own(package: Path, tmp_path: Path) -> None:
    home = engine_home(tmp_path, engine_account())
    try:
        assert home.is_relative_to(account.SHARED)
        assert engine_home(tmp_path, engine_account()) == home
    finally:
        home.rmdir()


@as_user
def test_a_normal_user_runs_the_engines_under_its_own_name(tmp_path: Path) -> None:
    found = engine_account()
    assert (found.uid, found.is_other) == (os.geteuid(), False)
    assert engine_home(tmp_path, found) == tmp_path
