"""Pages opened in this process as a browser would, timed, with what they asked of the database and how it answered.

``python -m benchmarks.size.visit``: print the tables; status 1 where something is over its bound.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

from django.conf import settings  # noqa: E402 - the rooms need their settings first
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from backoffice.kit.perms import Role  # noqa: E402
from backoffice.kit.scope import unscoped  # noqa: E402
from benchmarks.size.pages import Page, Viewer, pages_for, viewers  # noqa: E402
from tenants.models import Membership, User  # noqa: E402

TIMES, WARM = 20, 2
MOST_MS, MOST_QUERIES = 100.0, 15
MAP_MS, MAP_KB = 150.0, 200.0
LARGE = re.compile(r"^(orders_(chargingorder|sample|transaction|orderevent)|finance_(posting|journal))")
"""Tables that no page may read from end to end; partitions begin with the name of their table."""

HARDLY_ANY = 1_000
"""Rows of a table that every planner reads whole."""

NEXT = re.compile(r'rel="next" href="([^"]+)"')


@dataclass
class Visit:
    """One page as one viewer saw it: milliseconds of each time, its queries, its size, what was read whole."""

    viewer: str
    page: str
    ms: list[float] = field(default_factory=list)
    queries: list[tuple[float, str, Any]] = field(default_factory=list)
    kb: float = 0.0
    whole: set[str] = field(default_factory=set)
    is_map: bool = False

    @property
    def misses(self) -> list[str]:
        """What is over its bound."""
        most = MAP_MS if self.is_map else MOST_MS
        found = []
        if median(self.ms) > most:
            found.append(f"over {most:.0f} ms")
        if len(self.queries) > MOST_QUERIES:
            found.append(f"over {MOST_QUERIES} queries")
        if self.is_map and self.kb > MAP_KB:
            found.append(f"over {MAP_KB:.0f} kB")
        if self.whole:
            found.append(f"reads the whole of {', '.join(sorted(self.whole))}")
        return found


def main() -> int:
    """Open every page as every viewer; 1 when one misses its bound."""
    settings.ALLOWED_HOSTS = ["*"]
    visits = []
    print(f"\n  {'':14} {'':34} {'ms':>7} {'queries':>8} {'kB':>7}")
    with unscoped(reason="an estate to measure"):
        found = viewers()
    for viewer in found:
        client = _signed_in(viewer)
        for page in pages_for(viewer):
            visits.append(_visit(client, viewer, page))
            _print(visits[-1])
    _explain_slowest(visits)
    return 1 if any(visit.misses for visit in visits) else 0


def _signed_in(viewer: Viewer) -> Client:
    client = Client()
    with unscoped(reason="an estate to measure"):
        user, _ = User.objects.get_or_create(
            email=f"{viewer.tenant_id}@size.example", defaults={"name": viewer.name, "created_at": viewer.at}
        )
        Membership.objects.get_or_create(
            user=user, tenant_id=viewer.tenant_id, defaults={"role": Role.OWNER, "created_at": viewer.at}
        )
        client.force_login(user)
    return client


def _visit(client: Client, viewer: Viewer, page: Page) -> Visit:
    visit = Visit(viewer.name, page.name, is_map=page.is_map)
    address = _turned(client, page.url, page.turns)
    for number in range(WARM + TIMES):
        with _watched() as queries:
            began = time.perf_counter()
            response = client.get(address, headers=page.headers)
            body = response.getvalue()
            took = 1000 * (time.perf_counter() - began)
        if response.status_code != 200:
            raise SystemExit(f"{viewer.name}: {address} answers {response.status_code}")
        if number >= WARM:
            visit.ms.append(took)
        visit.queries, visit.kb = queries, len(body) / 1000
    visit.whole = {table for _, statement, given in visit.queries for table in _read_whole(statement, given)}
    return visit


def _turned(client: Client, address: str, turns: int) -> str:
    """The address of the page so many steps further on."""
    for _ in range(turns):
        found = NEXT.search(client.get(address).content.decode())
        if found is None:
            raise SystemExit(f"{address} has no next page")
        address = html.unescape(found[1])
    return address


@contextmanager
def _watched() -> Iterator[list[tuple[float, str, Any]]]:
    """Every query of the block: milliseconds, statement, parameters."""
    seen: list[tuple[float, str, Any]] = []

    def note(execute: Any, statement: str, given: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(statement, given, many, context)
        finally:
            seen.append((1000 * (time.perf_counter() - began), statement, given))

    with connection.execute_wrapper(note):
        yield seen


def _read_whole(statement: str, given: Any) -> set[str]:
    """Large tables that the plan of a query reads from end to end."""
    if not statement.lstrip("( ").upper().startswith("SELECT"):
        return set()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", given)
        (plan,) = cursor.fetchone()
        if isinstance(plan, str):
            plan = json.loads(plan)
        names = {name for name in _scanned(plan[0]["Plan"]) if LARGE.match(name)}
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND reltuples >= %s", [[*names], HARDLY_ANY]
        )
        return {name for (name,) in cursor.fetchall()}


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] in {"Seq Scan", "Parallel Seq Scan"}:
        yield node["Relation Name"]
    for below in node.get("Plans", ()):
        yield from _scanned(below)


def _print(visit: Visit) -> None:
    missed = "; ".join(visit.misses)
    print(
        f"  {visit.viewer:14} {visit.page:34} {median(visit.ms):7.1f} {len(visit.queries):>8} {visit.kb:7.0f}"
        f"  {missed}",
        flush=True,
    )


def _explain_slowest(visits: list[Visit]) -> None:
    visit = max(visits, key=lambda one: max((ms for ms, _, _ in one.queries), default=0.0))
    ms, statement, given = max(visit.queries, key=lambda query: query[0])
    print(f"\n  The slowest query, {ms:.1f} ms, of {visit.page} as {visit.viewer}:")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", given)
        for (line,) in cursor.fetchall():
            print(f"    {line[:160]}")


if __name__ == "__main__":
    sys.exit(main())
