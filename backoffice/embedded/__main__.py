"""``python -m backoffice.embedded start|stop|status --data DIR``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from backoffice import embedded


def main() -> int:
    """Start (and keep), stop or describe the services of a data folder; prints JSON."""
    parser = argparse.ArgumentParser(prog="python -m backoffice.embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "stop-unused", "status"])
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    options = parser.parse_args()
    if options.action == "start":
        print(json.dumps(asdict(embedded.keep(options.data)), indent=2))
        return 0
    if options.action == "status":
        services = embedded.status(options.data)
        print(json.dumps(services and asdict(services), indent=2))
        return 0 if services and services.postgres_pid and services.valkey_pid else 1
    stopped = embedded.stop(options.data) if options.action == "stop" else embedded.stop_unused(options.data)
    print(json.dumps({"stopped": stopped}))
    return 0 if stopped else 1


if __name__ == "__main__":
    sys.exit(main())
