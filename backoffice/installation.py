"""Installs what the product needs: a virtual environment, Python and browser packages, compiled catalogues.

Runs on a bare Python 3.11 with the standard library alone. A step is done again only when what it
depends on has changed, and silent otherwise. Two runs at the same time wait for one another.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class InstallationError(Exception):
    """A step failed; the text says what to do about it."""


def main() -> int:
    """Install what is missing; 0 when everything is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, required=True, help="folder of the virtual environment")
    parser.add_argument("--dev", action="store_true", help="also what checks and tests need")
    options = parser.parse_args()
    environment = options.venv.absolute()
    try:
        with _turn(ROOT / "var"):
            create_environment(environment)
            install_packages(environment, [ROOT / "requirements.txt"])
            if options.dev:
                install_packages(environment, [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"])
            _install_browser_packages(environment)
            _compile_catalogues(environment)
    except InstallationError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One installation at a time per checkout."""
    folder.mkdir(exist_ok=True)
    with (folder / "installation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def create_environment(environment: Path) -> None:
    """Make the virtual environment unless there is one that runs. Raises ``InstallationError``."""
    python = environment / "bin" / "python"
    if _succeeds(python, "-m", "pip", "--version"):
        return
    if environment.exists() and not os.access(environment, os.W_OK):
        raise InstallationError(
            f"{environment} is somebody else's and cannot be used. Set PILEHOUSE_VENV to a folder of yours."
        )
    _say(f"Creating a virtual environment with Python {sys.version.split()[0]} in {environment}")
    builder = venv.EnvBuilder(clear=environment.exists(), symlinks=True, with_pip=True)
    try:
        builder.create(environment)
    except (subprocess.CalledProcessError, OSError) as failure:
        shutil.rmtree(environment, ignore_errors=True)
        raise InstallationError(
            f"The virtual environment could not be created ({failure}).\n"
            "On Debian and Ubuntu the package python3-venv provides what is missing."
        ) from failure


def install_packages(environment: Path, lists: list[Path]) -> None:
    """Install requirement lists unless they are installed as they are now. Raises ``InstallationError``."""
    stamp = environment / f".{lists[-1].stem}"
    wanted = _digest(*lists, salt=sys.version)
    if _is_stamped(stamp, wanted):
        return
    _say(
        f"Installing Python packages from {' and '.join(path.name for path in lists)} (once; takes a minute)"
    )
    options = [option for path in lists for option in ("--requirement", str(path))]
    _run(
        [
            str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--only-binary", ":all:",
            "--disable-pip-version-check", "--no-input", *options,
        ],
        "Python packages could not be installed. Is the package index reachable, "
        "and are there wheels for this platform?",
    )  # fmt: skip
    stamp.write_text(wanted)


def _install_browser_packages(environment: Path) -> None:
    stamp = ROOT / "node_modules" / ".stamp"
    wanted = _digest(ROOT / "package.json", ROOT / "package-lock.json")
    if _is_stamped(stamp, wanted):
        return
    _say("Installing browser packages from package-lock.json")
    _run(
        [
            str(environment / "bin" / "npm"),
            "ci",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--ignore-scripts",
        ],
        "Browser packages could not be installed. Is the package registry reachable?",
        PATH=f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    )
    stamp.write_text(wanted)


def _compile_catalogues(environment: Path) -> None:
    _run(
        [str(environment / "bin" / "python"), "-m", "backoffice.catalogues", "compile"],
        "The message catalogues could not be compiled.",
        PYTHONPATH=str(ROOT),
    )


def _run(command: list[str], complaint: str, **variables: str) -> None:
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=False)
    if done.returncode:
        raise InstallationError(complaint)


def _succeeds(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _digest(*paths: Path, salt: str = "") -> str:
    digest = hashlib.sha256(salt.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_stamped(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


def _say(text: str) -> None:
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
