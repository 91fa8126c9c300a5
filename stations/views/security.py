"""How a pile proves who it is: its profile, password and certificates, and the way to better ones."""

from __future__ import annotations

from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _, pgettext
from django.views.decorators.http import require_POST

from backoffice.kit.frame import Link
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.pages import attempt, form_page, question_page, requires, row_or_404
from backoffice.kit.staff import Reader
from stations import selectors
from stations.forms.security import USES, InstallForm, ProfileForm, UpgradeForm
from stations.permissions import StationPerm
from stations.security_events import type_words
from stations.services import certificates, upgrades
from stations.views import security_parts as parts
from stations.views.workbench import pile_page

EVENTS_SHOWN = 12


def page_of(pile):
    return reverse("stations:pile_security", args=[pile.pk])


@requires(StationPerm.CREDENTIALS)
def security(request, pk):
    """All of it on one page."""
    row = row_or_404(selectors.piles(), pk=pk)
    upgrade = selectors.upgrades_of(row.pk).first()
    return pile_page(
        request,
        row,
        "stations/security.html",
        current="pile_security",
        live=["piles", "commands"],
        actions=parts.actions(row, selectors.running_upgrade(row.pk)),
        state_facts=parts.facts(row),
        notice=parts.notice(row),
        addresses=parts.addresses(row),
        upgrade=upgrade and parts.upgrade_of(upgrade),
        certificates=parts.certificates_of(row, Reader.of(request)),
        signings=parts.signings_of(row),
        roots=parts.roots_of(row),
        events=[(one, type_words(one.type)) for one in selectors.security_events_of(row.pk)[:EVENTS_SHOWN]],
    )


@requires(StationPerm.CREDENTIALS)
def upgrade(request, pk):
    """Begin the guided way."""
    row = row_or_404(selectors.piles(), pk=pk)
    return form_page(
        request,
        UpgradeForm(request.POST or None, pile=row),
        title=_("New proof for %(name)s") % {"name": row.name},
        save=lambda data: upgrades.start_upgrade(
            row, actor=request.actor, **{"install_roots": False, **data}
        ),
        then=lambda _row: page_of(row),
        done=_("Begun. Each step and its outcome stands below."),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
        submit_label=_("Begin"),
    )


@requires(StationPerm.CREDENTIALS)
def cancel(request, pk):
    """Ask for nothing more."""
    row = row_or_404(selectors.piles(), pk=pk)
    running = selectors.running_upgrade(row.pk)
    if running is None:
        return HttpResponseRedirect(page_of(row))
    return question_page(
        request,
        title=_("Stop the way of %(name)s") % {"name": row.name},
        text=_("What the terminal agreed to already stays as it is."),
        do=lambda reason: upgrades.cancel_upgrade(running, actor=request.actor, reason=reason),
        then=page_of(row),
    )


@requires(StationPerm.CREDENTIALS)
def profile(request, pk):
    """What was set by hand, at the pile."""
    row = row_or_404(selectors.piles(), pk=pk)
    return form_page(
        request,
        ProfileForm(request.POST or None, initial={"profile": row.security_profile}),
        title=_("Profile of %(name)s set by hand") % {"name": row.name},
        save=lambda data: upgrades.set_profile(row, actor=request.actor, **data),
        then=lambda _row: page_of(row),
        done=_("Saved."),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
    )


@requires(StationPerm.CREDENTIALS)
def renew(request, pk):
    """Have it ask for a certificate."""
    row = row_or_404(selectors.piles(), pk=pk)
    return question_page(
        request,
        title=_("Have %(name)s ask for a certificate") % {"name": row.name},
        submit_label=pgettext("certificate", "Ask"),
        text=_("It makes a key of its own and sends what is to be signed."),
        do=lambda reason: certificates.ask_to_renew(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=_("Asked."),
    )


@requires(StationPerm.CREDENTIALS)
def install(request, pk):
    """A root that it is to trust."""
    row = row_or_404(selectors.piles(), pk=pk)
    return form_page(
        request,
        InstallForm(request.POST or None),
        title=_("Install a root at %(name)s") % {"name": row.name},
        save=lambda data: certificates.install_root(row, actor=request.actor, **data),
        then=lambda _command: page_of(row),
        done=_("Asked. What becomes of it stands under “Commands”."),
        back=Link(row.name, page_of(row)),
        cancel_url=page_of(row),
        submit_label=pgettext("command", "Send"),
    )


@require_POST
@requires(StationPerm.CREDENTIALS)
def read_roots(request, pk, use):
    """Ask which roots it has."""
    row = row_or_404(selectors.piles(), pk=pk)
    if use not in USES:
        raise Http404
    form = ReasonForm({"reason": _("to see them")})
    form.is_valid()
    attempt(form, lambda: certificates.read_installed(row, actor=request.actor, use=use))
    parts.tell(request, form, _("Asked. The answer stands here as soon as it came."))
    return HttpResponseRedirect(page_of(row))


@requires(StationPerm.CREDENTIALS)
def forget_root(request, pk, use, number):
    """Have it trust a root no more."""
    row = row_or_404(selectors.piles(), pk=pk)
    known = selectors.installed_roots(row.pk).get(use, (None, []))[1]
    if number >= len(known):
        raise Http404
    data = known[number]
    return question_page(
        request,
        title=_("Delete a root at %(name)s") % {"name": row.name},
        text=_("Serial number %(number)s. A terminal keeps the root that it needs now.")
        % {"number": data.get("serialNumber", "")},
        do=lambda reason: certificates.delete_root(row, actor=request.actor, data=data, reason=reason),
        then=page_of(row),
        danger=True,
    )
