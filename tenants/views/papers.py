"""Contacts, files and the brand of a tenant."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.kit import files
from backoffice.kit.frame import Action
from backoffice.kit.pages import form_page, question_page, requires, row_or_404
from tenants import selectors
from tenants.forms.papers import ContactForm, LogoForm, PaperForm
from tenants.permissions import TenantPerm
from tenants.services import papers as services
from tenants.views.company import (
    KEEP,
    address,
    company_page,
    is_kept_by,
    require_kept,
    require_near,
    seen_company,
    way_to,
)

LOGO_NAME = re.compile(r"[0-9a-f]{32}\.(png|jpg|webp)", re.ASCII)
LOGO_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


def sent(request):
    """What a form with a file is bound to, if it was sent."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


@requires(TenantPerm.VIEW)
def contacts(request, pk):
    """Whom to reach."""
    row = seen_company(pk)
    kept = is_kept_by(request, row)
    add = Action(_("Add a contact"), address(row, "contact_new"), icon="plus", tone="primary", get=True)
    return company_page(
        request,
        row,
        "tenants/contacts.html",
        current="contacts",
        actions=[add] if kept else [],
        contacts=selectors.contacts_of(row),
        kept=kept,
    )


@requires(*KEEP)
def contact_new(request, pk):
    """Somebody more to reach."""
    row = require_kept(request, row_or_404(selectors.tenants(), pk=pk))
    return form_page(
        request,
        ContactForm(request.POST or None),
        title=_("Add a contact"),
        save=lambda data: services.add_contact(row, actor=request.actor, **data),
        then=lambda _contact: address(row, "contacts"),
        done=_("Saved."),
        back=way_to(row, "contacts"),
        cancel_url=address(row, "contacts"),
    )


@requires(*KEEP)
def contact_edit(request, pk):
    """Change a contact."""
    contact = row_or_404(selectors.contacts(), pk=pk)
    row = require_kept(request, contact.tenant)
    kept = {name: getattr(contact, name) for name in ContactForm.base_fields}
    return form_page(
        request,
        ContactForm(request.POST or None, initial=kept),
        title=_("Edit %(name)s") % {"name": contact.name},
        save=lambda data: services.edit_contact(contact, actor=request.actor, **data),
        then=lambda _contact: address(row, "contacts"),
        done=_("Saved."),
        back=way_to(row, "contacts"),
        cancel_url=address(row, "contacts"),
    )


@requires(*KEEP)
def contact_remove(request, pk):
    """Take a contact off."""
    contact = row_or_404(selectors.contacts(), pk=pk)
    row = require_kept(request, contact.tenant)
    return question_page(
        request,
        title=_("Remove %(name)s") % {"name": contact.name},
        text=_("A contact of %(tenant)s.") % {"tenant": row.name},
        do=lambda _reason: services.remove_contact(contact, actor=request.actor),
        then=address(row, "contacts"),
        reason=False,
        done=_("Removed."),
        submit_label=_("Remove"),
        danger=True,
    )


@requires(*KEEP)
def papers(request, pk):
    """The files about a tenant, for itself and the level directly above."""
    row = require_near(request, seen_company(pk))
    add = Action(_("Add a file"), address(row, "paper_new"), icon="upload", tone="primary", get=True)
    return company_page(
        request,
        row,
        "tenants/papers.html",
        current="papers",
        actions=[add],
        papers=[(one, filesizeformat(one.size)) for one in selectors.papers_of(row)],
    )


@requires(*KEEP)
def paper_new(request, pk):
    """One more file."""
    row = require_near(request, row_or_404(selectors.tenants(), pk=pk))
    form = PaperForm(*sent(request))
    return form_page(
        request,
        form,
        title=_("Add a file"),
        save=lambda data: services.add_paper(row, actor=request.actor, **data),
        then=lambda _paper: address(row, "papers"),
        done=_("Saved."),
        back=way_to(row, "papers"),
        cancel_url=address(row, "papers"),
    )


@requires(*KEEP)
@require_GET
def paper(request, pk):
    """Take a file away; whoever does is on record."""
    found = row_or_404(selectors.papers(), pk=pk)
    require_near(request, found.tenant)
    answer = files.download_response(found.stored, found.media_type, called=found.name)
    services.hand_out_paper(found, actor=request.actor)
    return answer


@requires(*KEEP)
def paper_remove(request, pk):
    """Throw a file away."""
    found = row_or_404(selectors.papers(), pk=pk)
    row = require_near(request, found.tenant)
    return question_page(
        request,
        title=_("Remove %(name)s") % {"name": found.name},
        do=lambda reason: services.remove_paper(found, actor=request.actor, reason=reason),
        then=address(row, "papers"),
        done=_("Removed."),
        submit_label=_("Remove"),
        danger=True,
    )


@requires(TenantPerm.VIEW)
@require_GET
def brand(request, pk):
    """How the tenant appears to drivers and to its staff."""
    row = seen_company(pk)
    kept = is_kept_by(request, row)
    actions = []
    if kept:
        words = _("Change the logo") if row.logo else _("Add a logo")
        actions.append(Action(words, address(row, "logo_new"), icon="upload", tone="primary", get=True))
    if kept and row.logo:
        actions.append(Action(_("Remove the logo"), address(row, "logo_remove"), icon="trash"))
    return company_page(
        request,
        row,
        "tenants/brand.html",
        current="brand",
        actions=actions,
        logo=selectors.logo_url(row.logo),
    )


@requires(*KEEP)
def logo_new(request, pk):
    """Another picture beside the name."""
    row = require_kept(request, row_or_404(selectors.tenants(), pk=pk))
    form = LogoForm(*sent(request))
    return form_page(
        request,
        form,
        title=_("Logo of %(name)s") % {"name": row.name},
        save=lambda data: services.set_logo(row, actor=request.actor, file=data["logo"]),
        then=lambda _row: address(row, "brand"),
        done=_("Saved."),
        back=way_to(row, "brand"),
        cancel_url=address(row, "brand"),
    )


@requires(*KEEP)
@require_POST
def logo_remove(request, pk):
    """The name alone."""
    row = require_kept(request, row_or_404(selectors.tenants(), pk=pk))
    services.remove_logo(row, actor=request.actor)
    messages.success(request, _("Removed."))
    return HttpResponseRedirect(address(row, "brand"))


@require_GET
def logo(_request, name):
    """The picture itself, for everybody: it stands on the pages of drivers. Its name cannot be guessed."""
    if not LOGO_NAME.fullmatch(name):
        raise Http404
    return files.picture_response(
        f"{services.LOGOS}/{name}", LOGO_TYPES[name.rpartition(".")[2]], public=True
    )
