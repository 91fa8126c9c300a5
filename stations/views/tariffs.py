"""One tariff in full: its versions, what they cost over the day, and which comes next."""

from __future__ import annotations

from django.forms import Form
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _, pgettext

from backoffice.kit import clock, figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.money import Money
from backoffice.kit.pages import attempt, detail_page, form_page, requires, row_or_404
from stations import selectors, tones
from stations.forms.tariffs import (
    BAND_WORDS,
    ApproveForm,
    RenameForm,
    TariffForm,
    VersionForm,
    WithdrawForm,
)
from stations.models import TariffStatus, VersionState
from stations.permissions import StationPerm
from stations.resources import TARIFFS
from stations.services import tariffs
from stations.services.tariffs import BANDS, FEES, PRICES
from stations.slots import merge, parse_codes

CARRIED = ("codes", *PRICES, "idle_grace_min", "idle_per_minute", "idle_cap", "min_hold")
"""What a new version starts with: all but when it counts."""


def page_of(tariff):
    return reverse("stations:tariff", args=[tariff.pk])


@requires(StationPerm.TARIFF_VIEW)
def tariff(request, pk):
    """The version in force, those to come and those before."""
    row = row_or_404(selectors.tariff_list().select_related("tenant"), pk=pk)
    versions = list(selectors.versions_of(row))
    may_write = StationPerm.TARIFF_MANAGE in request.grants and row.in_scope()
    return detail_page(
        request,
        "stations/tariff.html",
        title=row.name,
        back=TARIFFS.back(),
        badges=[(row.get_status_display(), tones.TARIFF[row.status])],
        subtitle=f"{row.tenant.name} · {row.currency}",
        actions=_actions(row, versions) if may_write and row.status == TariffStatus.ACTIVE else [],
        facts=_facts(row),
        versions=[_version(one, may_write) for one in versions],
    )


@requires(StationPerm.TARIFF_MANAGE)
def create(request):
    """A price list; its first version is written next."""
    return form_page(
        request,
        TariffForm(request.POST or None, initial={"tenant": request.membership.tenant_id}),
        title=_("New tariff"),
        save=lambda data: tariffs.create_tariff(actor=request.actor, **data),
        then=lambda row: reverse("stations:version_new", args=[row.pk]),
        done=_("Created. Write its first version now."),
        back=TARIFFS.back(),
        cancel_url=TARIFFS.url,
    )


@requires(StationPerm.TARIFF_MANAGE)
def rename(request, pk):
    """Another name; orders keep the one they had."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    return form_page(
        request,
        RenameForm(request.POST or None, initial={"name": row.name}),
        title=_("Rename %(name)s") % {"name": row.name},
        save=lambda data: tariffs.rename_tariff(row, actor=request.actor, **data),
        then=page_of,
        done=_("Saved."),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.TARIFF_MANAGE)
def write(request, pk):
    """A new draft, that starts as the newest version."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    last = selectors.versions_of(row).first()
    initial = {name: getattr(last, name) for name in CARRIED} if last is not None else {}
    form = VersionForm(
        request.POST or None, initial={"valid_from": clock.now(), **initial}, currency=row.currency
    )
    return _version_page(
        request,
        row,
        form,
        _("New version of %(name)s") % {"name": row.name},
        lambda data: tariffs.write_version(row, actor=request.actor, **data),
    )


@requires(StationPerm.TARIFF_MANAGE)
def edit(request, pk):
    """A draft."""
    row = row_or_404(selectors.versions(), pk=pk)
    initial = {name: getattr(row, name) for name in ("valid_from", "valid_to", *CARRIED)}
    form = VersionForm(request.POST or None, initial=initial, currency=row.tariff.currency)
    return _version_page(
        request,
        row.tariff,
        form,
        str(row),
        lambda data: tariffs.edit_version(row, actor=request.actor, **data),
    )


@requires(StationPerm.TARIFF_MANAGE)
def approve(request, pk):
    """Let a draft count from its instant on."""
    row = row_or_404(selectors.versions(), pk=pk)
    form = ApproveForm(request.POST or None)
    if not tariffs.bands_for_nothing(row):
        del form.fields["free"]
    return _ask(
        request,
        row.tariff,
        form,
        lambda data: tariffs.approve_version(row, actor=request.actor, **data),
        title=_("Approve %(version)s") % {"version": row},
        text=_("It cannot be changed after that. The version before it ends where this one begins."),
        submit_label=_("Approve"),
    )


@requires(StationPerm.TARIFF_MANAGE)
def withdraw(request, pk):
    """Take back what is not yet in force."""
    row = row_or_404(selectors.versions(), pk=pk)
    return _ask(
        request,
        row.tariff,
        WithdrawForm(request.POST or None),
        lambda data: tariffs.withdraw_version(row, actor=request.actor, **data),
        title=_("Withdraw %(version)s") % {"version": row},
        text=_("The version before it goes on in its place."),
        submit_label=_("Withdraw"),
    )


@requires(StationPerm.TARIFF_MANAGE)
def make_default(request, pk):
    """Use it where nothing else is named."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    return _ask(
        request,
        row,
        Form(request.POST or None),
        lambda _data: tariffs.make_default(row, actor=request.actor),
        title=_("Make %(name)s the default") % {"name": row.name},
        text=_("It counts at every station of %(owner)s that names no tariff.") % {"owner": row.tenant.name},
        submit_label=_("Make it the default"),
    )


@requires(StationPerm.TARIFF_MANAGE)
def retire(request, pk):
    """Stop using it."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    return _ask(
        request,
        row,
        ReasonForm(request.POST or None),
        lambda data: tariffs.retire_tariff(row, actor=request.actor, **data),
        title=pgettext("tariff", "Retire %(name)s") % {"name": row.name},
        submit_label=pgettext("tariff", "Retire"),
        danger=True,
    )


def _version_page(request, row, form, title, save):
    return form_page(
        request,
        form,
        title=title,
        template="stations/version.html",
        sections=form.sections(),
        save=save,
        then=lambda _version: page_of(row),
        done=_("Saved as a draft. Approve it to let it count."),
        submit_label=_("Save draft"),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


def _ask(request, row, form, save, **context):
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: save(form.cleaned_data))
        if form.is_valid():
            return HttpResponseRedirect(page_of(row))
    return render(request, "kit/confirm.html", {"form": form, "cancel_url": page_of(row), **context})


def _actions(row, versions):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]), icon=icon, **more)

    found = [to("tariff_rename", _("Rename"), "edit", get=True)]
    if not row.is_default and any(one.state == VersionState.APPROVED for one in versions):
        found.append(to("tariff_default", _("Make it the default…"), "check", asks=True))
    found.append(to("tariff_retire", pgettext("tariff", "Retire…"), "close-circle", asks=True, tone="stop"))
    found.append(to("version_new", _("New version"), "plus", get=True, tone="primary"))
    return found


def _facts(row):
    return [
        Fact(_("In force"), f"v{row.current_number}" if row.current_number else _("nothing")),
        Fact(
            _("Next change"),
            figures.moment_text(row.next_change, now=clock.now()) if row.next_change else "–",
        ),
        Fact(_("Stations"), str(row.station_count)),
        Fact(_("Terminals"), str(row.pile_count)),
        Fact(_("Default"), _("Yes") if row.is_default else _("No")),
    ]


def _version(row, may_write):
    """A version for reading: its strip, its prices, what standing costs, its buttons."""
    codes = parse_codes(row.codes)
    runs = merge(codes)
    return {
        "row": row,
        "badge": (row.get_state_display(), tones.VERSION[row.state]),
        "codes": [BANDS[code] for code in codes],
        "prices": [
            {
                "band": name,
                "word": BAND_WORDS[band],
                "times": enumerated(run.text for run in runs if run.band == band),
                "fees": [getattr(row, f"{name}_{fee}") for fee in FEES],
                "total": sum(getattr(row, f"{name}_{fee}") for fee in FEES),
            }
            for band, name in BANDS.items()
            if band in codes
        ],
        "standing": _standing(row),
        "actions": _version_actions(row) if may_write else [],
    }


def _standing(row):
    def money(amount):
        return figures.money_text(Money(amount, row.tariff.currency)) if amount is not None else _("no limit")

    if not row.idle_per_minute:
        fee = _("Standing after charging costs nothing.")
    else:
        fee = _("Standing costs %(fee)s per minute after %(grace)s min, at most %(cap)s.") % {
            "fee": money(row.idle_per_minute),
            "grace": row.idle_grace_min,
            "cap": money(row.idle_cap),
        }
    return fee, _("At least %(amount)s is set aside before a charge.") % {"amount": money(row.min_hold)}


def _version_actions(row):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]), icon=icon, **more)

    waiting = row.state == VersionState.APPROVED and row.valid_from > clock.now()
    found = []
    if row.state == VersionState.DRAFT:
        found.append(to("version_edit", _("Edit"), "edit", get=True))
        found.append(to("version_approve", _("Approve…"), "check", asks=True, tone="primary"))
    if row.state == VersionState.DRAFT or waiting:
        found.append(to("version_withdraw", _("Withdraw…"), "close", asks=True))
    return found
