"""A file on its way: sent and checked, looked at, and imported by a job whole or not at all.

Nothing that was checked is believed later: the job reads the file anew, with the rights of then, and writes only if
there is still no fault. One file of a kind is imported at a time, so what it was checked against stays as it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import audit, clock, figures, jobs, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.export import Head, Sheet
from backoffice.kit.imports.checking import Place, check
from backoffice.kit.imports.columns import shown
from backoffice.kit.imports.declaration import Fault, Import, Plan, Sender, named
from backoffice.kit.imports.reading import Book, Value, cell_name, read_book
from backoffice.kit.models import ImportFile, ImportState, Job
from backoffice.kit.scope import path_of_tenant

IMPORT = "import"
MOST_FAULTS = 1_000
"""Faults that are kept; a file with more is wrong as a whole."""

MOST_WAITING = 20
LOOKED_AT = timedelta(days=7)
"""What became of a file is told so long."""

KEPT = timedelta(days=1)
"""How long a file waits to be imported."""


def files_of(owner: Actor) -> QuerySet[ImportFile]:
    """The files of one person, inside the scope."""
    return ImportFile.objects.filter(owner_ref=owner.ref)


def keep_file(one: Import, upload: UploadedFile[Any], *, sender: Sender) -> ImportFile:
    """Check a file and keep it. Raises Refused where it cannot be read, or where its columns are not right."""
    content = upload.file
    if content is None:
        raise Refused(_("The file is empty."), code="empty", field="file")
    book = read_book(content)
    plan, places = check(one, book, sender)
    with transaction.atomic():
        locks.hold(f"imports:{sender.actor.ref}")
        waiting = files_of(sender.actor).filter(state=ImportState.CHECKED).order_by("-pk")
        for old in waiting[MOST_WAITING - 1 :]:
            _drop(old)
        row = ImportFile(
            **path_of_tenant(sender.tenant_id).as_columns(),
            public_id=secrets.token_hex(16),
            name=one.name,
            owner_ref=sender.actor.ref,
            file_name=PurePath(upload.name or "xlsx").name[-160:],
            created_at=clock.now(),
        )
        _note(row, plan, book, places)
        content.seek(0)
        row.file.save(f"{row.public_id}.xlsx", ContentFile(content.read()), save=False)
        row.save()
    return row


@transaction.atomic
def start_import(row: ImportFile, *, actor: Actor, membership_id: int) -> Job:
    """Let a job import a file without faults. Twice gives the same job. Raises Refused: ``faults``, ``done``."""
    kept = locks.locked(files_of(actor).filter(pk=row.pk)).get()
    if kept.state == ImportState.DONE:
        raise Refused(_("This file has been imported."), code="done")
    if kept.faulty or not kept.file:
        raise Refused(_("Put the faulty rows right first, and send the file again."), code="faults")
    one = named(kept.name)
    kept.job = jobs.start_job(
        IMPORT,
        title=one.title,
        params={"file": kept.public_id},
        actor=actor,
        tenant_id=kept.path.owner_id,
        membership_id=membership_id,
        file_name=f"{slugify(kept.name.replace('.', '-'))}-{clock.now().date().isoformat()}.xlsx",
    )
    kept.save(update_fields=["job"])
    return kept.job


@jobs.kind(IMPORT)
def import_file(work: jobs.Work) -> Iterator[jobs.Step]:
    """All of a file, or nothing of it. Raises Refused where a row is not right any more."""
    row = files_of(work.reader.actor).filter(public_id=work.params["file"]).first()
    if row is None or not row.file:
        raise Refused(_("The file is not kept any more. Send it again."), code="gone")
    one, sender = named(row.name), Sender(work.reader.actor, row.path.owner_id)
    if not work.reader.may(one.perm):
        raise Refused(_("You may not import this any more."), code="permission")
    with row.file.open() as content:
        book = read_book(content.file)
    yield 0, len(book.lines)
    refused: tuple[Plan, Sequence[Place]] | None = None
    sheet: Sheet | None = None
    with transaction.atomic():
        locks.hold(f"import:{one.name}")
        row = locks.locked(ImportFile.objects.filter(pk=row.pk)).get()
        if row.state == ImportState.DONE:
            raise Refused(_("This file has been imported."), code="done")
        plan, places = check(one, book, sender)
        if plan.faults:
            refused = plan, places
        else:
            sheet = one.write(plan, sender)
            _note(row, plan, book, places)
            _finish(row, sender.actor)
    if refused is not None:
        _note(row, refused[0], book, refused[1])
        row.save()
        raise Refused(_rows_refused(row.faulty), code="faults")
    yield jobs.Kept(len(book.lines))
    if sheet is not None:
        yield sheet


def faults_sheet(row: ImportFile) -> Sheet:
    """The faults of a file as a sheet."""
    heads = [Head(label) for label in (_("Row"), _("Cell"), _("Column"), _("Value"), _("Reason"))]
    return Sheet(_("Faulty rows"), heads, row.faults)


def forget_files() -> None:
    """The sweep: remove files that nobody imported, and what is said of those that were. Needs a lifted scope."""
    now = clock.now()
    for row in ImportFile.objects.filter(created_at__lt=now - KEPT).exclude(file="")[:500]:
        row.file.delete(save=False)
        ImportFile.objects.filter(pk=row.pk).update(file="")
    ImportFile.objects.filter(created_at__lt=now - LOOKED_AT).delete()


def _finish(row: ImportFile, actor: Actor) -> None:
    storage, name = row.file.storage, row.file.name
    row.state, row.finished_at, row.file = ImportState.DONE, clock.now(), ""
    row.save()
    counts = {"import": row.name, "rows": row.rows, "new": row.new, "changed": row.changed}
    audit.record(actor, "import.done", row, after=counts)
    if name:
        transaction.on_commit(lambda: storage.delete(name))


def _note(row: ImportFile, plan: Plan, book: Book, places: Sequence[Place]) -> None:
    """Write down what would become of the file, or did."""
    row.rows = len(book.lines)
    row.new, row.changed, row.unchanged = plan.new, plan.changed, plan.unchanged
    row.faulty = len({fault.number for fault in plan.faults})
    at = {column.name: (index, column) for index, column in places}
    lines = {line.number: line.cells for line in book.lines}
    row.faults = [_told(fault, at, lines, book) for fault in plan.faults[:MOST_FAULTS]]
    row.notes = [str(note) for note in plan.notes]


def _told(
    fault: Fault, at: dict[str, Place], lines: dict[int, tuple[Value, ...]], book: Book
) -> list[object]:
    if fault.column not in at:
        return [fault.number, "", "", "", fault.reason]
    index, column = at[fault.column]
    value = figures.MASK if column.secret else shown(lines[fault.number][index])[:200]
    return [fault.number, cell_name(index, fault.number), book.heads[index], value, fault.reason]


def _rows_refused(count: int) -> str:
    message = ngettext(
        "Nothing was imported: %(count)s row is not right any more.",
        "Nothing was imported: %(count)s rows are not right any more.",
        count,
    )
    return message % {"count": f"{count:,}"}


def _drop(row: ImportFile) -> None:
    row.file.delete(save=False)
    row.delete()
