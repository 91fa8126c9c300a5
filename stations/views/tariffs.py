"""One tariff: its versions, what is done with it as a whole, and two of its versions side by side."""

from __future__ import annotations

from django.forms import Form
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _, pgettext

from backoffice.kit import clock, figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.pages import detail_page, form_page, form_question, requires, row_or_404
from stations import selectors, tones
from stations.forms.tariffs import CeilingForm, RenameForm, TariffForm
from stations.models import TariffStatus, VersionState
from stations.permissions import StationPerm
from stations.resources import TARIFF_CHANGES, TARIFFS
from stations.services import tariffs
from stations.slots import parse_codes
from stations.version_words import content_of, differences
from stations.views.price_view import reading_of, strip_of

VERSIONS_SHOWN = 50


def page_of(tariff):
    return reverse("stations:tariff", args=[tariff.pk])


@requires(StationPerm.TARIFF_VIEW)
def tariff(request, pk):
    """The version in force, those to come and those before."""
    row = row_or_404(selectors.tariff_list().select_related("tenant"), pk=pk)
    versions = list(selectors.versions_of(row)[:VERSIONS_SHOWN])
    may_write = StationPerm.TARIFF_MANAGE in request.grants and row.in_scope()
    return detail_page(
        request,
        "stations/tariff.html",
        title=row.name,
        back=TARIFFS.back(),
        badges=[_standing(row)],
        subtitle=f"{row.tenant.name} · {row.currency}",
        actions=_actions(row, versions) if may_write and row.status == TariffStatus.ACTIVE else [],
        facts=_facts(row),
        versions=[_line(one) for one in versions],
        compare_url=reverse("stations:tariff_compare", args=[row.pk]) if len(versions) > 1 else "",
        changes_url=f"{TARIFF_CHANGES.url}?{urlencode({'tariff': row.name})}",
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
def copy(request, pk):
    """Another tariff that begins as this one."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    return form_page(
        request,
        RenameForm(request.POST or None, initial={"name": _("%(name)s, copy") % {"name": row.name}}),
        title=_("Copy %(name)s") % {"name": row.name},
        save=lambda data: tariffs.copy_tariff(row, actor=request.actor, **data),
        then=page_of,
        done=_("Copied. Its first version is a draft."),
        submit_label=_("Copy"),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.TARIFF_VIEW)
def compare(request, pk):
    """Two versions side by side."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    versions = list(selectors.versions_of(row)[:VERSIONS_SHOWN])
    first, second = _compared(request.GET, versions)
    return detail_page(
        request,
        "stations/compare.html",
        title=_("Versions of %(name)s") % {"name": row.name},
        back=Link(row.name, page_of(row)),
        subtitle=row.currency,
        versions=versions,
        choices=[("a", first), ("b", second)],
        sides=[reading_of(one) | {"badge": _badge(one)} for one in (first, second) if one is not None],
        changes=differences(content_of(first), content_of(second), row.currency) if first and second else [],
        first=first,
        second=second,
    )


@requires(StationPerm.TARIFF_MANAGE)
def ceiling(request):
    """The highest service fee in tariffs of the agencies."""
    owner = request.membership.tenant
    row = selectors.ceiling_of(owner.pk)
    form = CeilingForm(request.POST or None, initial={"amount": row.amount if row else None})
    return form_question(
        request,
        form,
        title=_("Service fee ceiling"),
        save=lambda data: tariffs.set_ceiling(owner, actor=request.actor, **data),
        then=TARIFFS.url,
        submit_label=_("Save"),
    )


@requires(StationPerm.TARIFF_MANAGE)
def make_default(request, pk):
    """Use it where nothing else is named."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    return form_question(
        request,
        Form(request.POST or None),
        save=lambda _data: tariffs.make_default(row, actor=request.actor),
        then=page_of(row),
        title=_("Make %(name)s the default") % {"name": row.name},
        text=_("It counts at every station of %(owner)s that names no tariff.") % {"owner": row.tenant.name},
        submit_label=_("Make it the default"),
    )


@requires(StationPerm.TARIFF_MANAGE)
def retire(request, pk):
    """Stop using it."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    return form_question(
        request,
        ReasonForm(request.POST or None),
        save=lambda data: tariffs.retire_tariff(row, actor=request.actor, **data),
        then=page_of(row),
        title=pgettext("tariff", "Retire %(name)s") % {"name": row.name},
        submit_label=pgettext("tariff", "Retire"),
        danger=True,
    )


def _actions(row, versions):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]), icon=icon, **more)

    found = [to("tariff_rename", _("Rename"), "edit", get=True, aside=True)]
    if not row.is_default and any(one.state == VersionState.APPROVED for one in versions):
        found.append(to("tariff_default", _("Make it the default…"), "check", asks=True, aside=True))
    if versions:
        found.append(to("tariff_copy", _("Copy"), "copy", get=True, aside=True))
    found.append(
        to("tariff_retire", pgettext("tariff", "Retire…"), "close-circle", asks=True, tone="stop", aside=True)
    )
    if any(one.state == VersionState.APPROVED for one in versions):
        found.append(to("tariff_assign", pgettext("tariff", "Assign"), "link", get=True))
    found.append(to("version_new", _("New version"), "plus", get=True, tone="primary"))
    return found


def _standing(row):
    return row.get_status_display(), tones.of_tariff(row.status, row.current_number)


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


def _badge(version):
    return version.get_state_display(), tones.VERSION[version.state]


def _line(version):
    """A version in the tariff's table: its usual day, what a kWh costs, and who answers for it."""
    return {
        "row": version,
        "url": reverse("stations:version", args=[version.pk]),
        "badge": _badge(version),
        "strip": strip_of(parse_codes(version.codes)),
        "days": enumerated(one.name for one in selectors.types_of(version)),
        "prices": f"{figures.number_text(version.lowest, 4)} – {figures.number_text(version.highest, 4)}",
    }


def _compared(query, versions):
    """The two that the address names, else the newest two."""
    by_number = {str(one.number): one for one in versions}
    first, second = by_number.get(query.get("a", "")), by_number.get(query.get("b", ""))
    second = second or next((one for one in versions if one is not first), None)
    first = first or next((one for one in versions if one.number < second.number), None) if second else first
    return first, second
