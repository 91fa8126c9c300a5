"""One version of a tariff: what its days cost and why, what sessions would cost, and its way to counting."""

from __future__ import annotations

from django.forms import Form
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.kit import cells, clock, figures
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.pages import detail_page, form_page, form_question, requires, row_or_404
from stations import selectors, tones
from stations.forms.tariffs import ApproveForm, SamplesForm, WithdrawForm
from stations.forms.versions import VersionForm
from stations.models import VersionState
from stations.permissions import StationPerm
from stations.resources.tariffs import TARIFFS, price_span
from stations.services import tariffs
from stations.version_words import content_of, differences
from stations.views.price_view import Look, reading_of, samples_of, week_of, why_of

EDITED = ("valid_from", "valid_to", *tariffs.COPIED)


def page_of(version):
    return reverse("stations:version", args=[version.pk])


def page_of_tariff(tariff):
    return reverse("stations:tariff", args=[tariff.pk])


def _found(request, pk):
    """The version; its pages belong to the list of tariffs."""
    request.shown_under = TARIFFS.name
    return row_or_404(selectors.versions(), pk=pk)


@requires(StationPerm.TARIFF_VIEW)
def version(request, pk):
    """Its days over a week, its prices, sample sessions before and after, and what it changes."""
    row = _found(request, pk)
    form = SamplesForm(request.GET or None)
    look = Look.of(row, form)
    before = selectors.version_before(row, look.moment)
    may = StationPerm.TARIFF_MANAGE in request.grants and row.in_scope()
    return detail_page(
        request,
        "stations/version_page.html",
        title=str(row),
        back=Link(row.tariff.name, page_of_tariff(row.tariff)),
        badges=[(row.get_state_display(), tones.VERSION[row.state])],
        subtitle=f"{row.tariff.tenant.name} · {row.tariff.currency}",
        actions=_actions(row, request.actor) if may else [],
        facts=_facts(row),
        version=reading_of(row),
        look=look,
        power=form.power_w() // 1000,
        week=week_of(row, look),
        why=why_of(row, look),
        samples=samples_of(row, before, look, form),
        before=before,
        changes=differences(content_of(before), content_of(row), row.tariff.currency) if before else [],
        notices=_notices(row, request.actor) if may else [],
    )


@requires(StationPerm.TARIFF_MANAGE)
def write(request, pk):
    """A new draft, that starts as the newest version."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    last = selectors.versions_of(row).first()
    kept = {name: getattr(last, name) for name in tariffs.COPIED} if last is not None else {}
    form = VersionForm(
        request.POST or None,
        currency=row.currency,
        initial={"valid_from": clock.now(), **kept},
        days=kept.get("days", ()),
    )
    return _editor(
        request,
        row,
        form,
        _("New version of %(name)s") % {"name": row.name},
        lambda data: tariffs.write_version(
            row, actor=request.actor, **{key: data[key] for key in data if key != "revision"}
        ),
    )


@requires(StationPerm.TARIFF_MANAGE)
def edit(request, pk):
    """A draft. Who saves after somebody else is told what that one changed, and keeps what he typed."""
    row = _found(request, pk)
    initial = {name: getattr(row, name) for name in EDITED} | {"revision": row.revision}
    form = VersionForm(request.POST or None, currency=row.tariff.currency, initial=initial, days=row.days)
    return _editor(
        request,
        row.tariff,
        form,
        str(row),
        lambda data: tariffs.edit_version(row, actor=request.actor, **_with_revision(request, data)),
        changed=_changed_meanwhile(request, row),
        revision=row.revision,
    )


@requires(StationPerm.TARIFF_MANAGE)
def submit(request, pk):
    """Lay it before a second person."""
    row = _found(request, pk)
    return form_question(
        request,
        Form(request.POST or None),
        save=lambda _data: tariffs.submit_version(row, actor=request.actor),
        then=page_of(row),
        title=_("Submit %(version)s") % {"version": row},
        text=_("A second person looks at it and approves or returns it. Until then nobody edits it."),
        submit_label=_("Submit"),
    )


@requires(StationPerm.TARIFF_MANAGE)
def give_back(request, pk):
    """Return it to its author."""
    row = _found(request, pk)
    return form_question(
        request,
        ReasonForm(request.POST or None),
        save=lambda data: tariffs.return_version(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Return %(version)s") % {"version": row},
        text=_("It becomes a draft again. Its author reads your reason."),
        submit_label=_("Return"),
    )


@requires(StationPerm.TARIFF_MANAGE)
def approve(request, pk):
    """Let a version count from its instant on."""
    row = _found(request, pk)
    form = ApproveForm(request.POST or None, initial={"revision": row.revision})
    if not tariffs.bands_for_nothing(row):
        del form.fields["free"]
    return form_question(
        request,
        form,
        save=lambda data: tariffs.approve_version(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Approve %(version)s") % {"version": row},
        text=_("It cannot be changed after that. The version before it ends where this one begins."),
        submit_label=_("Approve"),
    )


@requires(StationPerm.TARIFF_MANAGE)
def withdraw(request, pk):
    """Take back what is not yet in force."""
    row = _found(request, pk)
    return form_question(
        request,
        WithdrawForm(request.POST or None),
        save=lambda data: tariffs.withdraw_version(row, actor=request.actor, **data),
        then=page_of(row),
        title=_("Withdraw %(version)s") % {"version": row},
        text=_("The version before it goes on in its place."),
        submit_label=_("Withdraw"),
    )


def _editor(request, tariff, form, title, save, **context):
    return form_page(
        request,
        form,
        title=title,
        template="stations/version.html",
        save=save,
        then=page_of,
        done=_("Saved as a draft. Look at what it costs, then submit it."),
        submit_label=_("Save draft and look"),
        back=Link(tariff.name, page_of_tariff(tariff)),
        cancel_url=page_of_tariff(tariff),
        currency=tariff.currency,
        **context,
    )


def _with_revision(request, data):
    """The revision that the editor began with, or the one that he chose to write over."""
    over = request.POST.get("over", "")
    revision = int(over) if over.isascii() and over.isdigit() and len(over) < 10 else data["revision"]
    return data | {"revision": revision if revision is not None else 0}


def _changed_meanwhile(request, row):
    """What others saved since the sent form was opened; nothing for a form that is up to date."""
    typed = request.POST.get("revision", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10) or int(typed) == row.revision:
        return []
    before, after = selectors.edits_since(row, int(typed))
    return differences(before, after, row.tariff.currency)


def _facts(row):
    written = _("by %(name)s") % {"name": row.created_by} if row.created_by else ""
    return [
        _instant(_("Valid from"), row.valid_from),
        _instant(_("Valid to"), row.valid_to) if row.valid_to else Fact(_("Valid to"), _("open"), big=False),
        Fact(
            _("Price per kWh"), price_span(row.lowest, row.highest, row.tariff.currency), row.tariff.currency
        ),
        Fact(_("Written"), cells.when(row.created_at), written, big=False),
        Fact(_("Last edited by"), row.edited_by or "–", big=False),
        Fact(_("Approved by"), row.approved_by or "–", big=False),
    ]


def _instant(label, at):
    """A day with its minute; the zone stands below, where it is not the only word of a second line."""
    there = timezone.localtime(at)
    words = f"{figures.day_text(there.date())} {there:%H:%M}"
    moment = cells.MOMENT(at.isoformat(timespec="seconds"), figures.exact_text(at), words)
    return Fact(label, moment, there.tzname() or "", big=False)


def _notices(row, actor):
    """What stands in the way, or was said about it."""
    found = []
    if row.returned_note and row.state == VersionState.DRAFT:
        words = _("Returned by %(name)s: %(reason)s")
        found.append(("waiting", words % {"name": row.returned_by, "reason": row.returned_note}))
    if row.state == VersionState.SUBMITTED and tariffs.needs_second_person(row):
        words = (
            _("It waits for a second person. You wrote or edited it, so you do not approve it.")
            if tariffs.is_own_work(row, actor)
            else _("%(name)s has submitted it. Look at it, then approve or return it.")
            % {"name": row.submitted_by}
        )
        found.append(("idle", words))
    if tariffs.bands_for_nothing(row):
        found.append(("fault", _("Some kWh would cost nothing. Approval asks whether that is meant.")))
    return found


def _actions(row, actor):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:version_{name}", args=[row.pk]), icon=icon, **more)

    draft, submitted = row.state == VersionState.DRAFT, row.state == VersionState.SUBMITTED
    waiting = row.state == VersionState.APPROVED and row.valid_from > clock.now()
    second = (draft or submitted) and tariffs.needs_second_person(row)
    found = []
    if draft or submitted or waiting:
        found.append(to("withdraw", _("Withdraw…"), "close", asks=True))
    if draft:
        found.append(to("edit", _("Edit"), "edit", get=True))
    if submitted:
        found.append(to("return", _("Return…"), "arrow-left", asks=True))
    if draft and second:
        found.append(to("submit", _("Submit…"), "check", asks=True, tone="primary"))
    if submitted or (draft and not second):
        own = second and tariffs.is_own_work(row, actor)
        refused = _("Somebody else than its author approves a version.") if own else ""
        found.append(to("approve", _("Approve…"), "check", asks=True, tone="primary", refused=refused))
    return found
