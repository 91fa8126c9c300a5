"""The firmware library, and giving a firmware to many piles."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _, pgettext
from django.views.decorators.http import require_http_methods

from backoffice.kit import figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.pages import ONCE, detail_page, form_page, question_page, requires, row_or_404
from stations import selectors, tones
from stations.forms.files import FetchManyForm, FirmwareForm, PilesForm, UpdateManyForm
from stations.models import FirmwareState, UploadKind
from stations.permissions import StationPerm
from stations.resources import FIRMWARE, FIRMWARE_JOBS
from stations.resources.files import MIB
from stations.services import file_campaigns, firmware as library
from stations.views.many import many_page, picked_page


def page_of(row):
    return reverse("stations:firmware", args=[row.pk])


@requires(StationPerm.VIEW)
def firmware(request, pk):
    """What it is, and which terminals of its models run which version."""
    row = row_or_404(selectors.firmware_list(), pk=pk)
    return detail_page(
        request,
        "stations/firmware.html",
        title=row.version,
        back=FIRMWARE.back(),
        badges=[(row.get_state_display(), tones.FIRMWARE[row.state])],
        subtitle=row.file_name,
        actions=_actions(row, request.grants),
        facts=_facts(row),
        firmware=row,
        versions=selectors.versions_running(row),
        jobs_url=f"{FIRMWARE_JOBS.url}?{urlencode({'version': row.version})}",
    )


@requires(StationPerm.MODELS_MANAGE)
def create(request):
    """A file for some models of the manufacturer."""
    form = FirmwareForm(request.POST or None, request.FILES or None)
    return form_page(
        request,
        form,
        title=_("Upload firmware"),
        sections=form.sections(),
        save=lambda data: library.upload_firmware(request.membership.tenant, actor=request.actor, **data),
        then=page_of,
        done=_("It is in the library, as a draft."),
        submit_label=_("Upload"),
        back=FIRMWARE.back(),
        cancel_url=FIRMWARE.url,
    )


@requires(StationPerm.MODELS_MANAGE)
def release(request, pk):
    """From now on it may be given to terminals."""
    row = row_or_404(selectors.own_firmware(), pk=pk)
    models = enumerated(model.name for model in row.pile_models.all())
    return question_page(
        request,
        title=_("Release %(version)s") % {"version": row.version},
        text=_("From now on it may be given to terminals of these models: %(models)s.") % {"models": models},
        consequences=[row.notes] if row.notes else [],
        do=lambda _reason: library.release_firmware(row, actor=request.actor),
        then=page_of(row),
        reason=False,
        submit_label=_("Release"),
    )


@requires(StationPerm.MODELS_MANAGE)
def withdraw(request, pk):
    """From now on nobody gets it."""
    row = row_or_404(selectors.own_firmware(), pk=pk)
    return question_page(
        request,
        title=_("Withdraw %(version)s") % {"version": row.version},
        text=_("Nobody is given it any more. Terminals that fetch it now get nothing."),
        do=lambda reason: library.withdraw_firmware(row, actor=request.actor, reason=reason),
        then=page_of(row),
        submit_label=_("Withdraw"),
        danger=True,
    )


@requires(StationPerm.COMMAND_ENGINEER)
def roll_out(request, pk):
    """Give it to terminals of its models, in waves."""
    row = row_or_404(selectors.firmware_list(), pk=pk)
    versions = sorted({version for _model, version, _count in selectors.versions_running(row)})
    chooser = PilesForm(request.POST or request.GET or None, versions=versions)
    rows = chooser.narrow(selectors.piles_for(row))
    form = UpdateManyForm(request.POST or None)
    sections = [(_("Terminals"), _("Those that run it already are passed over."), list(chooser))]
    return many_page(
        request,
        rows,
        form,
        title=_("Roll out %(version)s") % {"version": row.version},
        sections=[*sections, *form.sections()],
        kind=file_campaigns.SIGNED if form.data.get("how") == "signed" else file_campaigns.UPDATE,
        params=lambda: form.params(row),
        back=Link(row.version, page_of(row)),
    )


@requires(StationPerm.COMMAND_ENGINEER)
@require_http_methods(["GET", "POST"])
def fetch_many(request):
    """A log of each of the terminals that were picked."""
    form = FetchManyForm(request.POST if ONCE in request.POST else None)
    plain = form.data.get("kind", UploadKind.DIAGNOSTICS) == UploadKind.DIAGNOSTICS
    return picked_page(
        request,
        form,
        title=_("Fetch logs"),
        sections=form.sections(),
        kind=file_campaigns.DIAGNOSTICS if plain else file_campaigns.LOG,
        params=form.params,
    )


@requires(StationPerm.COMMAND_ENGINEER)
@require_http_methods(["GET", "POST"])
def update_many(request, pk):
    """One firmware for each of the terminals that were picked."""
    row = row_or_404(selectors.firmware_list().filter(state=FirmwareState.RELEASED), pk=pk)
    form = UpdateManyForm(request.POST if ONCE in request.POST else None)
    return picked_page(
        request,
        form,
        title=_("Roll out %(version)s") % {"version": row.version},
        sections=form.sections(),
        kind=file_campaigns.SIGNED if form.data.get("how") == "signed" else file_campaigns.UPDATE,
        params=lambda: form.params(row),
    )


def choices_of(grants, query):
    """What the terminals that were picked may be asked about files: ``(label, icon, text, address)``."""
    if StationPerm.COMMAND_ENGINEER not in grants:
        return []
    fetch = (
        _("Fetch logs…"),
        "download",
        _("Diagnostics or a log of each."),
        reverse("stations:bulk_fetch") + query,
    )
    released: Any = (
        selectors.firmware_list().filter(state=FirmwareState.RELEASED).order_by("-created_at", "-pk")
    )
    return [
        fetch,
        *(
            (
                _("Update to %(version)s…") % {"version": row.version},
                "upload",
                ", ".join(row.model_names),
                reverse("stations:bulk_update", args=[row.pk]) + query,
            )
            for row in released[:5]
        ),
    ]


def _facts(row):
    return [
        Fact(_("Size"), f"{figures.number_text(row.size / MIB, 2)} MiB", big=False),
        Fact(_("Models"), ", ".join(row.model_names) or "–", big=False),
        Fact(_("Terminals that run it"), figures.number_text(row.pile_count), big=False),
        Fact(_("Signed"), _("Yes") if row.is_signed else _("No"), big=False),
        Fact(pgettext("time", "Uploaded"), figures.exact_text(row.created_at), row.uploaded_by, big=False),
    ]


def _actions(row, grants):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]), icon=icon, **more)

    found = []
    if StationPerm.COMMAND_ENGINEER in grants and row.state == FirmwareState.RELEASED:
        found.append(to("firmware_roll_out", _("Roll out…"), "upload", get=True, tone="primary"))
    if StationPerm.MODELS_MANAGE in grants and row.state == FirmwareState.DRAFT:
        found.append(to("firmware_release", _("Release…"), "check", tone="primary", asks=True))
    if StationPerm.MODELS_MANAGE in grants and row.state != FirmwareState.WITHDRAWN:
        found.append(to("firmware_withdraw", _("Withdraw…"), "close-circle", asks=True, tone="stop"))
    return found
