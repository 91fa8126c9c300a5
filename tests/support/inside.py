"""A process inside a house that runs modules of the tests, one after the other, until its input ends.

A line in: ``{"module": name, "given": anything}``. The module's ``main`` finds ``given`` as JSON on its
standard input; a line out has what it printed, or the traceback of its failure.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from contextlib import redirect_stdout
from importlib import import_module

import django
from django.db import connections


def answer(line: str) -> dict[str, str]:
    """Run one module. The database may have been restarted since the last one."""
    asked = json.loads(line)
    sys.stdin, output = io.StringIO(json.dumps(asked["given"])), io.StringIO()
    try:
        with redirect_stdout(output):
            import_module(asked["module"]).main()
    except Exception:
        return {"failure": traceback.format_exc()}
    finally:
        connections.close_all()
    return {"output": output.getvalue()}


def main() -> None:
    """Answer every line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    lines = sys.stdin
    for line in lines:
        print(json.dumps(answer(line)), flush=True)


if __name__ == "__main__":
    main()
