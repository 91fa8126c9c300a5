"""The Excel of some hundred thousand orders, written by a job as the worker does: seconds, memory, and whether it is whole.

``python -m benchmarks.size.export ROWS``: the operator's historical orders since the day from which there are
about so many. Status 1 where a row or an amount is missing, or it took more memory than it may.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

import python_calamine  # noqa: E402 - the rooms need their settings first
from django.db.models import Count, Sum  # noqa: E402
from django.utils import timezone  # noqa: E402

from backoffice.kit import jobs  # noqa: E402
from backoffice.kit.lists.exporting import EXPORT  # noqa: E402
from backoffice.kit.lists.filters.ranges import midnight  # noqa: E402
from backoffice.kit.models import Job  # noqa: E402
from backoffice.kit.perms import Role  # noqa: E402
from backoffice.kit.scope import unscoped  # noqa: E402
from benchmarks.size.estate import FIRST_OPERATOR  # noqa: E402
from orders.selectors import historical_orders  # noqa: E402
from tenants.models import Membership, User  # noqa: E402
from tenants.workplaces import workplace_of  # noqa: E402

MOST_MB = 200


def main(rows: int) -> int:
    """Write the workbook, read it again, compare it with the table."""
    job, since = _job(rows)
    began, spent = time.monotonic(), time.process_time()
    jobs.run(job.pk)
    took, spent = time.monotonic() - began, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with unscoped(reason="an estate to measure"), timezone.override(job.params["zone"]):
        job.refresh_from_db()
        expected = historical_orders().filter(operator_id=FIRST_OPERATOR, started_at__gte=midnight(since))
        wanted = expected.aggregate(count=Count("pk"), total=Sum("total"))
    if not job.file:
        raise SystemExit(f"the job is {job.state}: {job.error}")
    count, total = _read(job.file.path)
    print(f"\n  Excel of {job.done:,} historical orders since {since}, as the operator:")
    print(f"    {took:.1f} s ({spent:.1f} s of CPU), {peak:.0f} MB at most (at most {MOST_MB} wanted)")
    print(f"    {Path(job.file.path).stat().st_size / 1e6:.1f} MB; in it {count:,} rows for {total}")
    print(f"    in the table {wanted['count']:,} rows for {Decimal(wanted['total']).scaleb(-2)}")
    whole = count == wanted["count"] and total == Decimal(wanted["total"]).scaleb(-2)
    return 0 if whole and peak <= MOST_MB else 1


def _job(rows: int) -> tuple[Job, date]:
    with unscoped(reason="an estate to measure"):
        user = User.objects.get(email=f"{FIRST_OPERATOR}@size.example")
        member = Membership.objects.get(user=user, role=Role.OWNER)
        newest = historical_orders().filter(operator_id=FIRST_OPERATOR).order_by("-created_at", "-id")
        since: date = newest.values_list("started_at", flat=True)[rows].date()
    place = workplace_of(user, preferred=member.pk)
    assert place is not None
    with place.entered():
        job = jobs.start_job(
            EXPORT,
            title="Historical orders",
            params={"resource": "orders.history", "query": f"started_at=between&started_at_from={since}"},
            actor=place.actor(),
            tenant_id=FIRST_OPERATOR,
            membership_id=member.pk,
            file_name="orders.xlsx",
        )
    return job, since


def _read(path: str) -> tuple[int, Decimal]:
    """Rows of orders in a workbook, and the sum of their totals."""
    count, total = 0, Decimal(0)
    book = python_calamine.CalamineWorkbook.from_path(path)
    lines = iter(book.get_sheet_by_index(0).iter_rows())
    column = next(lines).index("Total")
    for line in lines:
        if str(line[0]).startswith("SIZE-"):
            count += 1
            total += Decimal(str(line[column])).quantize(Decimal("0.01"))
    return count, total


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
