"""How many messages a second the gateway keeps and answers, what they cost, and beside it the stock handlers.

``./run bench gateway [--quick] [--piles 1000,5000] [--clients N]``: starts a gateway over a database of its own,
raises the rate until p99 passes a second, then holds 80 % and half of what was reached, and compares what was
acknowledged with what is stored. ``--connections N`` measures the memory of idle piles instead, ``--storm N``
the return of so many piles at once. ``--profile`` adds where the time goes. Loopback only; every run ends.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from backoffice.embedded.engine import free_port
from benchmarks.load import proof, tables
from benchmarks.load.figures import rates
from benchmarks.load.machine import Client, Program, Server, database
from benchmarks.load.scene import Measured, Scene

STORM_S = 30.0
IDLE_KB = 25.0
MOST = 50_000.0
REST_S = 15.0
"""Between the rate that was too much and those that are held: its dead rows are swept meanwhile."""


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 when something acknowledged is not stored, or a bound is not kept."""
    options = _parse(arguments)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.connections or options.storm:
        return 0 if _crowd(options, max(options.connections, options.storm)) else 1
    well = True
    for piles in options.piles:
        well = _load(options, piles) and well
    return 0 if well else 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run bench gateway", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--piles", type=_numbers, help="one run for each of these numbers of piles")
    parser.add_argument("--clients", type=int, default=1, help="load processes")
    parser.add_argument("--quick", action="store_true", help="500 piles and short stages")
    parser.add_argument("--rate", type=float, help="hold this rate alone")
    parser.add_argument("--seconds", type=float, help="of a stage")
    parser.add_argument("--no-stock", action="store_true", help="without the stock handlers")
    parser.add_argument("--connections", type=int, default=0, help="idle piles, for the memory of each")
    parser.add_argument("--storm", type=int, default=0, help="piles that come back at once")
    parser.add_argument("--profile", action="store_true", help="where the gateway's time goes; slows it down")
    options = parser.parse_args(arguments)
    options.piles = options.piles or ([500] if options.quick else [1000, 5000])
    options.seconds = options.seconds or (3.0 if options.quick else 6.0)
    return options


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _load(options: argparse.Namespace, piles: int) -> bool:
    """Saturate, hold 80 % and a half, count; then the stock handlers."""
    print(f"\nGateway, {piles:,} piles")
    with _gateway(options, piles) as (scene, url):
        before = proof.counts(url)
        empty = scene.server.memory
        scene.connect(at_once=100)
        scene.all("begin")
        tables.heads()
        if options.rate:
            ours, rate = [scene.run(options.rate, options.seconds)], options.rate
            tables.stage("held", ours[0])
        else:
            scene.run(200, 2.0)
            ours, rate = _saturate(scene, options.seconds, first=800.0)
            for name, share in (("at 80 %", 0.8), ("at half", 0.5)):
                time.sleep(REST_S)
                ours.append(scene.run(share * rate, 2 * options.seconds))
                tables.stage(name, ours[-1])
        tables.latencies(ours[-2:])
        print(f"  {(scene.server.memory - empty) / piles / 1024:.1f} kB for a pile under load")
        told = scene.told("leave")
        well = _prove(url, before, told) and (not options.rate or ours[0].stage.is_held)
    if not options.no_stock:
        print(f"\nStock handlers (ocpp and websockets), storing nothing, {piles:,} piles")
        stock, stock_rate = _stock(options, piles)
        tables.compare(ours, rate, stock, stock_rate)
    return well


def _saturate(scene: Scene, seconds: float, *, first: float) -> tuple[list[Measured], float]:
    """Raise the rate until it is not held any more; all stages, and the last rate that was."""
    stages, held = [], first / 2
    for rate in rates(first, growth=1.25, most=MOST):
        stages.append(scene.run(rate, seconds))
        tables.stage("", stages[-1])
        if not stages[-1].stage.is_held:
            break
        held = rate
    print(f"  saturates above {held:,.0f} messages/s")
    return stages, held


def _prove(url: str, before: dict[str, int], told: dict[str, object]) -> bool:
    lines = proof.compare(url, before, told["acknowledged"])  # type: ignore[arg-type]
    wrong = proof.sessions(url, told["started"], told["stopped"])  # type: ignore[arg-type]
    tables.proof(lines, wrong, proof.orders(url), told)
    return not wrong and all(line.is_equal for line in lines)


def _stock(options: argparse.Namespace, piles: int) -> tuple[list[Measured], float]:
    logs, port = _logs(), free_port()
    estate = [
        {"identity": f"STOCK-{number:05d}", "key": "0" * 40, "transaction": 1, "card": "C", "token": ""}
        for number in range(piles)
    ]
    with ExitStack() as stack:
        command = [sys.executable, "-m", "benchmarks.load.stock", str(port)]
        server = stack.enter_context(Program(command, os.environ, logs / "stock.log"))
        server.wait_for_port(port)
        clients = [
            stack.enter_context(Client(os.environ, logs / "client.log")) for _ in range(options.clients)
        ]
        scene = Scene(server, clients)
        scene.settle(f"ws://127.0.0.1:{port}", estate)
        scene.connect(at_once=20)
        scene.all("begin")
        tables.heads()
        return _saturate(scene, options.seconds, first=200.0)


def _crowd(options: argparse.Namespace, piles: int) -> bool:
    """Idle piles and what each takes; then, if asked for, all of them at once."""
    print(f"\nGateway, {piles:,} piles that connect and boot")
    with _gateway(options, piles) as (scene, _):
        empty = scene.server.memory
        spent = scene.server.cpu
        entered = scene.connect(at_once=200, statuses=0)
        time.sleep(5.0)
        each = (scene.server.memory - empty) / piles / 1024
        tables.entered("one after the other", piles, entered, scene.server.cpu - spent)
        print(
            f"  {each:.1f} kB for each idle pile (at most {IDLE_KB:.0f} wanted); {empty / 2**20:.0f} MB without"
        )
        well = each <= IDLE_KB
        if options.storm:
            scene.told("leave")
            spent = scene.server.cpu
            entered = scene.connect(at_once=piles)
            tables.entered("all at once, each with two statuses", piles, entered, scene.server.cpu - spent)
            well = well and entered["seconds"] <= STORM_S and not entered["tries"]["given up"]
        return well


@contextmanager
def _gateway(options: argparse.Namespace, piles: int) -> Iterator[tuple[Scene, str]]:
    """A database with an estate, a gateway over it, and clients that know its piles."""
    data, logs = Path(os.environ["DATA_DIR"]), _logs()
    told = data / f"estate-{os.getpid()}.json"
    with ExitStack() as stack:
        url = stack.enter_context(database(os.environ["DATABASE_URL"], f"bench_{os.getpid()}"))
        stack.callback(told.unlink, missing_ok=True)
        port, began = free_port(), time.monotonic()
        own = {
            "DATABASE_URL": url,
            "OCPP_PORT": str(port),
            "OCPP_HOST": "127.0.0.1",
            "GATEWAY_ID": f"bench:{port}",
        }
        environment = {**os.environ, **own}
        making = [sys.executable, "-m", "benchmarks.load.estate", str(piles), str(told)]
        subprocess.run(making, env=environment, check=True)
        print(f"  made in {time.monotonic() - began:.0f} s", flush=True)
        command = ["benchmarks.load.profiled", str(logs)] if options.profile else ["ocpp_gateway"]
        gateway = stack.enter_context(
            Program([sys.executable, "-m", *command], environment, logs / "gateway.log")
        )
        gateway.wait_for(f"http://127.0.0.1:{port}/healthz")
        clients = [
            stack.enter_context(Client(environment, logs / "client.log")) for _ in range(options.clients)
        ]
        scene = Scene(gateway, clients, Server(data))
        scene.settle(f"ws://127.0.0.1:{port}/ocpp", json.loads(told.read_text()))
        yield scene, url


def _logs() -> Path:
    logs = Path(os.environ["DATA_DIR"]) / "logs"
    logs.mkdir(exist_ok=True)
    return logs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
