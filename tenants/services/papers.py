"""Contacts, files and the brand of a tenant: kept by the tenant itself and by the level directly above."""

from __future__ import annotations

import hashlib
from typing import Any, TypedDict, Unpack

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, files, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.file_names import clean_name
from backoffice.kit.pictures import Limits, PictureError, read_picture
from backoffice.kit.scope import current_scope
from tenants.models import Contact, Paper, PaperKind, Tenant
from tenants.selectors import contacts_of, papers_of
from tenants.services.tree import require_parent

PAPER_HEAVIEST = 10 * 1024 * 1024
MOST_PAPERS, MOST_CONTACTS = 50, 50

PAPERS, LOGOS = "papers", "logos"
"""Folders of the storage."""

LOGO = Limits(heaviest=64 * 1024, most_pixels=1024 * 1024, longest_side=1024, shortest_side=32)
"""A driver's page has 100 kB in all, on a slow phone."""


class ContactFields(TypedDict, total=False):
    """What staff may set of a contact."""

    name: str
    duty: str
    phone: str
    email: str


def require_keeper(tenant: Tenant) -> None:
    """Raises Refused unless the active scope is the tenant's own or that of the level directly above."""
    if current_scope().tenant_id != tenant.pk:
        require_parent(tenant.parent_id)


@transaction.atomic
def add_contact(tenant: Tenant, *, actor: Actor, **fields: Unpack[ContactFields]) -> Contact:
    """Add somebody to reach. Raises Refused: ``nameless``, ``full``."""
    owner = _locked(tenant)
    if contacts_of(owner).count() >= MOST_CONTACTS:
        raise Refused(_("A tenant has at most %(most)d contacts.") % {"most": MOST_CONTACTS}, code="full")
    row = Contact(tenant=owner, created_at=clock.now())
    _fill(row, fields)
    row.save()
    audit.record(actor, "contact.added", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def edit_contact(contact: Contact, *, actor: Actor, **fields: Unpack[ContactFields]) -> Contact:
    """Change a contact. Raises Refused ``nameless``."""
    row = locks.locked(Contact.objects.filter(pk=contact.pk)).select_related("tenant").get()
    require_keeper(row.tenant)
    before = audit.snapshot(row)
    _fill(row, fields)
    row.save(update_fields=list(fields))
    audit.record(actor, "contact.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def remove_contact(contact: Contact, *, actor: Actor) -> None:
    """Take a contact off; what it was stays in the audit trail. A second time changes nothing."""
    row = locks.locked(Contact.objects.filter(pk=contact.pk)).select_related("tenant").first()
    if row is None:
        return
    require_keeper(row.tenant)
    audit.record(actor, "contact.removed", row, before=audit.snapshot(row))
    row.delete()


def add_paper(tenant: Tenant, *, actor: Actor, file: File[Any], kind: PaperKind, note: str = "") -> Paper:
    """Keep a PDF or a picture about a tenant.

    Raises Refused: ``too_heavy``, ``empty``, ``unknown_kind`` for whatever else it is, ``duplicate``, ``full``.
    """
    data = files.read_upload(file, heaviest=PAPER_HEAVIEST)
    data, media_type, ending = _paper(data)
    digest = hashlib.sha256(data).hexdigest()
    with files.kept(data, folder=PAPERS, ending=ending) as stored, transaction.atomic():
        owner = _locked(tenant)
        known = papers_of(owner)
        if known.filter(sha256=digest, kind=kind).exists():
            raise Refused(_("This file is there already."), code="duplicate", field="file")
        if known.count() >= MOST_PAPERS:
            raise Refused(_("A tenant has at most %(most)d files.") % {"most": MOST_PAPERS}, code="full")
        row = Paper.objects.create(
            tenant=owner,
            kind=kind,
            name=clean_name(file.name or "", f"file{ending}"),
            note=note,
            stored=stored,
            media_type=media_type,
            size=len(data),
            sha256=digest,
            uploaded_by=actor.label[:120],
            created_at=clock.now(),
        )
        audit.record(actor, "paper.added", row, after=_told(row))
    return row


@transaction.atomic
def remove_paper(paper: Paper, *, actor: Actor, reason: str) -> None:
    """Throw a file away; that it was there stays in the audit trail. A second time changes nothing."""
    row = locks.locked(Paper.objects.filter(pk=paper.pk)).select_related("tenant").first()
    if row is None:
        return
    require_keeper(row.tenant)
    audit.record(actor, "paper.removed", row, before=_told(row), reason=reason)
    files.drop(row.stored)
    row.delete()


@transaction.atomic
def hand_out_paper(paper: Paper, *, actor: Actor) -> None:
    """Remember who took a file: proofs of identity are among them."""
    audit.record(actor, "paper.read", paper)


def set_logo(tenant: Tenant, *, actor: Actor, file: File[Any]) -> Tenant:
    """Show this picture with the tenant's brand. Raises Refused with what is wrong about it."""
    data, picture = files.read_picture_upload(file, limits=LOGO, field="logo")
    with files.kept(data, folder=LOGOS, ending=picture.ending) as stored, transaction.atomic():
        return _change_logo(tenant, stored, actor)


@transaction.atomic
def remove_logo(tenant: Tenant, *, actor: Actor) -> Tenant:
    """Show the name alone again."""
    return _change_logo(tenant, "", actor)


def _change_logo(tenant: Tenant, stored: str, actor: Actor) -> Tenant:
    row = _locked(tenant)
    before = audit.snapshot(row)
    files.drop(row.logo)
    row.logo = stored
    row.save(update_fields=["logo"])  # type: ignore[no-untyped-call]
    audit.record(actor, "tenant.logo_changed", row, before=before, after=audit.snapshot(row))
    return row


def _locked(tenant: Tenant) -> Tenant:
    row = locks.locked(Tenant.objects.filter(pk=tenant.pk)).get()
    require_keeper(row)
    return row


def _fill(row: Contact, fields: ContactFields) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    if not row.name.strip():
        raise Refused(_("A person has a name."), code="nameless", field="name")


def _paper(data: bytes) -> tuple[bytes, str, str]:
    """The bytes to keep, their media type and the ending of a file name. Raises Refused."""
    if files.is_pdf(data):
        return data, files.PDF, ".pdf"
    try:
        picture = read_picture(data, Limits(heaviest=PAPER_HEAVIEST))
    except PictureError as error:
        message = _("This is neither a PDF nor a PNG, JPEG or WebP picture.")
        raise Refused(message, code="unknown_kind", field="file") from error
    return data[: picture.length], picture.media_type, picture.ending


def _told(row: Paper) -> dict[str, Any]:
    """What the audit trail says of a file: not where it lies."""
    return {key: value for key, value in audit.snapshot(row).items() if key != "stored"}
