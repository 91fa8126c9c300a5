"""The environment of every process of one data folder, and a way to run a command in it.

What is set outside wins: with ``DATABASE_URL`` or ``REDIS_URL`` given, the embedded engine of that kind
is never started. The secret key is made once per data folder; the addresses are those with which the
demo was started last, so that a command in a second terminal prints links that work.

``python -m backoffice.environment --data DIR -- COMMAND …`` runs a command with the services up.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from backoffice import embedded

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where web and gateway listen."""

    port: int = 8000
    ocpp_port: int = 9000

    @property
    def public_url(self) -> str:
        """What browsers open."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ocpp_url(self) -> str:
        """What piles connect to, without their identity."""
        return f"ws://127.0.0.1:{self.ocpp_port}/ocpp"


def remember(data: Path, addresses: Addresses) -> None:
    """Keep the addresses of the demo for commands that are run beside it."""
    (data / "addresses.json").write_text(json.dumps(asdict(addresses)))


def recall(data: Path) -> Addresses:
    """The addresses last remembered, or the usual ones."""
    try:
        return Addresses(**json.loads((data / "addresses.json").read_text()))
    except FileNotFoundError:
        return Addresses()


def ensure_environment(data: Path, addresses: Addresses | None = None) -> dict[str, str]:
    """Start the embedded services that are wanted, and return the environment of the processes.

    Registers this process as a user of the services (see ``backoffice.embedded``). Raises
    ``EngineError`` when an engine cannot be started.
    """
    data = data.expanduser().resolve()
    (data / "static").mkdir(parents=True, exist_ok=True)  # STATIC_ROOT, which WhiteNoise expects to exist
    addresses = addresses or recall(data)
    defaults = {
        "SECRET_KEY": _secret_key(data),
        "PUBLIC_URL": addresses.public_url,
        "OCPP_URL": addresses.ocpp_url,
        "OCPP_HOST": "127.0.0.1",
    }
    ours = {
        "DATA_DIR": str(data),
        "OCPP_PORT": str(addresses.ocpp_port),
        "PYTHONPATH": _python_path(),
        "PYTHONUNBUFFERED": "1",
    }
    wanted = wanted_engines()
    if wanted:
        services = embedded.ensure(data, wanted)
        defaults |= {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
    return {**defaults, **os.environ, **ours}


def wanted_engines() -> frozenset[str]:
    """The embedded engines that no setting from outside replaces."""
    variables = {"DATABASE_URL": embedded.POSTGRES, "REDIS_URL": embedded.VALKEY}
    return frozenset(engine for variable, engine in variables.items() if not os.environ.get(variable))


def main() -> int:
    """Run a command in the environment of a data folder; its exit status is ours."""
    parser = argparse.ArgumentParser(prog="python -m backoffice.environment", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    try:
        environment = ensure_environment(options.data)
    except embedded.EngineError as failure:
        print(failure, file=sys.stderr)
        return 1
    with subprocess.Popen(options.command, env=environment) as command:
        # Ctrl-C reaches the command too, which decides what it means; we stay to stop the services.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: command.terminate())
        status = command.wait()
    return status if status >= 0 else 128 - status


def _secret_key(data: Path) -> str:
    path = data / "secret_key"
    if not path.exists():
        draft = data / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)  # whoever comes first decides
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def _python_path() -> str:
    others = [
        part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part and part != str(ROOT)
    ]
    return os.pathsep.join([str(ROOT), *others])


if __name__ == "__main__":
    sys.exit(main())
