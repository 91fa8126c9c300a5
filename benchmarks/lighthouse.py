"""What Lighthouse says of the page behind a sticker and of the list of orders.

``./run bench lighthouse [--data DIR]``: against a demo that runs (``./run demo``), the driver's page as on a slow
phone, the list as on a desk, signed in as an operator's owner. Lighthouse comes from npm into ``var/lighthouse``
when it is wanted the first time. Status 1 where a score is below 95.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from backoffice.environment import ROOT

LIGHTHOUSE = "lighthouse@13.5.0"
HOME = ROOT / "var" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices")
BOUND = ("performance", "accessibility")
LEAST = 95


def main(arguments: list[str]) -> int:
    """Measure both pages; 1 when one is below the bound."""
    parser = argparse.ArgumentParser(
        prog="./run bench lighthouse", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--data", type=Path, default=ROOT / "var" / "demo", help="the folder of the demo")
    options = parser.parse_args(arguments)
    seed = json.loads((options.data / "logins.json").read_text())
    base = f"http://127.0.0.1:{json.loads((options.data / 'addresses.json').read_text())['port']}"
    cookie = _signed_in(base, seed)
    pages = {
        "the page behind a sticker, phone": (_free_connector(base, seed), []),
        "historical orders, desk": (
            f"{base}/orders/history/",
            ["--preset=desktop", f"--extra-headers={json.dumps({'Cookie': cookie})}"],
        ),
    }
    _install()
    well = True
    for name, (address, more) in pages.items():
        scores = _scores(address, more)
        print(f"  {name}: " + ", ".join(f"{key} {value}" for key, value in scores.items()), flush=True)
        well = well and all(scores[key] >= LEAST for key in BOUND)
    return 0 if well else 1


def _install() -> None:
    if not (HOME / "node_modules" / ".bin" / "lighthouse").exists():
        HOME.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                str(Path(sys.executable).parent / "npm"),
                "install",
                "--prefix",
                str(HOME),
                "--no-fund",
                "--no-audit",
                LIGHTHOUSE,
            ],
            check=True,
        )


def _scores(address: str, more: list[str]) -> dict[str, int]:
    """Of 100, by category."""
    flags = "--headless=new" + (" --no-sandbox" if os.geteuid() == 0 else "")
    done = subprocess.run(
        [
            str(HOME / "node_modules" / ".bin" / "lighthouse"),
            address,
            "--output=json",
            "--quiet",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags={flags}",
            *more,
        ],
        env={**os.environ, "CHROME_PATH": os.environ.get("CHROMIUM") or shutil.which("chromium") or ""},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)["categories"]
    return {name: round(100 * found[name]["score"]) for name in CATEGORIES}


def _free_connector(base: str, seed: dict[str, Any]) -> str:
    """The page of a connector where a charge may begin: a busy one says little, and would be measured too well."""
    addresses: list[str] = [base + one["path"] for pile in seed["piles"] for one in pile["connectors"]]
    for address in addresses:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - an address of ours
            if b"/start?quote=" in answer.read():
                return address
    return addresses[0]


def _signed_in(base: str, seed: dict[str, Any]) -> str:
    """The cookies of an operator's owner."""
    owner = next(
        one for one in seed["logins"] if one["level"].lower() == "operator" and one["role"].lower() == "owner"
    )
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = f"{base}/account/login/"
    browser.open(page).close()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"login": owner["email"], "password": owner["password"], "csrfmiddlewaretoken": token}
    request = urllib.request.Request(page, urlencode(form).encode(), {"Referer": page})  # noqa: S310 - an address of ours
    browser.open(request).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
