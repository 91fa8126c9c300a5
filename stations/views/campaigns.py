"""Asking many piles for the same, and seeing what becomes of it at each."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.kit import figures
from backoffice.kit.deeds import doer_words
from backoffice.kit.errors import Refused
from backoffice.kit.frame import Action
from backoffice.kit.lists.views import picked_rows
from backoffice.kit.pages import ONCE, detail_page, form_page, question_page, requires, row_or_404
from stations import campaigns as kinds, selectors, tones
from stations.campaign_words import wish_words
from stations.features import PROFILE_OF
from stations.forms.campaigns import KINDS, asks_in_bulk, bulk_form_of, sections_of
from stations.forms.commands import ASKS, pretty
from stations.models import CampaignStatus, ItemStatus
from stations.permissions import StationPerm
from stations.resources import CAMPAIGN_PILES, CAMPAIGNS, PILES
from stations.result_words import result_words, title_words
from stations.services import campaigns as services
from stations.views import charging_many, firmware, security_many
from stations.views.many import count_words

ASKERS = (StationPerm.COMMAND_BASIC, StationPerm.COMMAND_ENGINEER)
RESULTS_SHOWN = 20


@requires(*ASKERS)
@require_http_methods(["GET", "POST"])
def choose(request):
    """What the terminals that were picked are to be asked."""
    count = picked_rows(request, PILES).count()
    if not count:
        raise Http404
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    choices = [
        (ask.label, ask.icon, ask.text, reverse("stations:bulk_ask", args=[name]) + query)
        for name, ask in asks_in_bulk(request.grants).items()
    ]
    for more in (charging_many, security_many, firmware):
        choices += more.choices_of(request.grants, query)
    context = {"title": count_words(count), "back": PILES.back(), "choices": choices}
    return render(request, "stations/bulk.html", context | {"picked": _keys(request)})


@requires(*ASKERS)
@require_http_methods(["GET", "POST"])
def ask(request, action):
    """What exactly, in which steps; then it begins."""
    wanted = asks_in_bulk(request.grants).get(action)
    if wanted is None:
        raise PermissionDenied if action in ASKS or action in KINDS else Http404
    rows = picked_rows(request, PILES)
    preview = selectors.preview_of(rows, PROFILE_OF.get(action, ""))
    if not preview["piles"]:
        raise Http404
    engineer = StationPerm.COMMAND_ENGINEER in request.grants
    sent = request.POST if ONCE in request.POST else None
    form = bulk_form_of(wanted, sent, may_send_anyway=engineer)
    return form_page(
        request,
        form,
        title=f"{str(wanted.label).rstrip('…')} · {count_words(preview['piles'])}",
        template="stations/bulk_ask.html",
        sections=sections_of(form, wanted),
        save=lambda data: _create(request, rows, action, form),
        then=_page_of,
        submit_label=_("Begin"),
        back=PILES.back(),
        cancel_url=PILES.url,
        preview=preview,
        profile=PROFILE_OF.get(action, ""),
        picked=_keys(request),
    )


@requires(StationPerm.VIEW)
def campaign(request, pk):
    """How far it is, and what became of it: where it failed first."""
    row = row_or_404(selectors.campaigns(), pk=pk)
    counts = selectors.counts_of(row)
    ended = row.total - counts[ItemStatus.WAITING] - counts[ItemStatus.RUNNING]
    wish = wish_words(row)
    return detail_page(
        request,
        "stations/campaign.html",
        title=title_words(row.title),
        back=CAMPAIGNS.back(),
        subtitle=count_words(row.total),
        live=["campaigns"],
        campaign=row,
        state=(row.get_state_display(), tones.CAMPAIGN[row.state]),
        ended=ended,
        counts=_counts(row, counts),
        buttons=_buttons(row, counts, request.grants),
        wish=wish,
        asked_text=pretty(row.params) if row.params and not wish else "",
        about=_about(row),
        results=[
            (one, tones.CAMPAIGN_PILE[one.state], result_words(one.result))
            for one in selectors.results_of(row)[:RESULTS_SHOWN]
        ],
        results_url=_results(row),
        export_url=f"{CAMPAIGN_PILES.url_of('export')}?{urlencode({'campaign': row.token})}",
        may_export=StationPerm.EXPORT in request.grants,
    )


@requires(*ASKERS)
@require_POST
def pause(request, pk):
    """Ask nobody more for now."""
    row = _controlled(request, pk)
    return _do(request, row, lambda: services.pause_campaign(row, actor=request.actor))


@requires(*ASKERS)
@require_POST
def resume(request, pk):
    """Go on."""
    row = _controlled(request, pk)
    return _do(request, row, lambda: services.resume_campaign(row, actor=request.actor))


@requires(*ASKERS)
def stop(request, pk):
    """Ask nobody more, for good."""
    row = _controlled(request, pk)
    return question_page(
        request,
        title=_("Stop %(name)s") % {"name": title_words(row.title)},
        text=_("Nobody more is asked. Those that were asked already end as they do."),
        do=lambda reason: services.stop_campaign(row, actor=request.actor, reason=reason),
        then=_page_of(row),
        submit_label=_("Stop"),
        danger=True,
    )


@requires(*ASKERS)
@require_POST
def again(request, pk):
    """Ask those that failed, and those that were not asked, once more."""
    row = _controlled(request, pk)
    tenant_id = request.membership.tenant_id
    return _do(request, row, lambda: services.retry_failed(row, actor=request.actor, tenant_id=tenant_id))


def _create(request, rows, action, form):
    params = {} if action in KINDS else {"action": action, "payload": form.payload()}
    return services.create_campaign(
        action if action in KINDS else "command",
        rows,
        tenant_id=request.membership.tenant_id,
        actor=request.actor,
        title=str({**ASKS, **KINDS}[action].label).rstrip("…"),
        params=params,
        reason=form.cleaned_data["reason"],
        token=request.POST.get(ONCE, ""),
        **form.terms(),
    )


def _controlled(request, pk):
    """The campaign, for somebody who could have begun it."""
    row = row_or_404(selectors.campaigns(), pk=pk)
    kind = kinds.known().get(row.kind)
    if kind is None or kind.perm(row.params) not in request.grants:
        raise PermissionDenied
    return row


def _do(request, row, act):
    try:
        row = act()
    except Refused as refused:
        messages.error(request, str(refused.message))
    return HttpResponseRedirect(_page_of(row))


def _page_of(row):
    return reverse("stations:campaign", args=[row.pk])


def _results(row, **more):
    return f"{CAMPAIGN_PILES.url}?{urlencode({'campaign': row.token, **more})}"


def _keys(request):
    return [key for key in request.POST.getlist("pk") if key.isascii() and key.isdigit()]


def _counts(row, counts):
    """A badge for each state with how many, and where they are listed."""
    return [
        (state.label, tones.CAMPAIGN_PILE[state], counts[state], _results(row, state=state.value))
        for state in ItemStatus
    ]


def _buttons(row, counts, grants):
    kind = kinds.known().get(row.kind)
    if kind is None or kind.perm(row.params) not in grants:
        return []

    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:campaign_{name}", args=[row.pk]), icon=icon, **more)

    found = []
    if row.state == CampaignStatus.RUNNING:
        found.append(to("pause", _("Pause"), "clock"))
    if row.state == CampaignStatus.PAUSED:
        found.append(to("resume", _("Go on"), "play", tone="primary"))
    if row.state in {CampaignStatus.RUNNING, CampaignStatus.PAUSED}:
        found.append(to("stop", _("Stop…"), "stop", tone="stop", asks=True))
    if row.ended_at is not None and counts[ItemStatus.FAILED] + counts[ItemStatus.SKIPPED]:
        found.append(to("again", _("Ask the rest again"), "refresh"))
    return found


def _about(row):
    forever = _("however many fail")
    return [
        (_("By"), doer_words(row.actor_label, row.actor_ref)),
        (_("Asked"), figures.exact_text(row.created_at)),
        (_("Reason"), row.reason or "–"),
        (_("Terminals in a wave"), figures.number_text(row.wave_size)),
        (_("Pauses at failures"), f"{row.failure_share} %" if row.failure_share else forever),
        (_("At the same time"), figures.number_text(row.at_once)),
        (
            _("Waits for offline terminals"),
            figures.length_text(row.patience_s) if row.patience_s else _("Not at all"),
        ),
        (_("Feature profiles"), _("asked anyway") if row.send_anyway else _("only those that list it")),
    ]
