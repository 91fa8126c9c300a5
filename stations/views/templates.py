"""What the piles of a model are to be set to, and how they stand to it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.kit.frame import Action, Link
from backoffice.kit.pages import detail_page, form_page, question_page, requires, row_or_404
from stations import selectors
from stations.configuration import standard
from stations.forms.settings import HELP, NewTemplateForm, WantedForm
from stations.permissions import StationPerm
from stations.resources import DRIFT, TEMPLATES
from stations.services import settings
from stations.views.beginning import begin_page
from stations.views.many import count_words


@requires(StationPerm.COMMAND_ENGINEER)
def create(request):
    """For a model that has none of ours yet."""
    return form_page(
        request,
        NewTemplateForm(request.POST or None),
        title=_("New template"),
        save=lambda data: settings.create_template(request.membership.tenant, actor=request.actor, **data),
        then=_page_of,
        back=TEMPLATES.back(),
        cancel_url=TEMPLATES.url,
        submit_label=_("Create"),
    )


@requires(StationPerm.VIEW)
def template(request, pk):
    """What it wants, and of how many piles that is so."""
    row = row_or_404(selectors.templates(), pk=pk)
    ours = row.tenant_id == request.membership.tenant_id
    engineer = StationPerm.COMMAND_ENGINEER in request.grants
    return detail_page(
        request,
        "stations/template.html",
        title=row.model.name,
        back=TEMPLATES.back(),
        subtitle=row.tenant.name,
        actions=_actions(row, engineer, ours),
        live=["settings"],
        sheet=row,
        lines=[_line(row, one, may_edit=engineer and ours) for one in selectors.template_keys(row)],
        note="" if ours or not engineer else _("It is handed down from above and changed there."),
    )


@requires(StationPerm.COMMAND_ENGINEER)
def want(request, pk):
    """One more setting."""
    row = row_or_404(selectors.own_templates(), pk=pk)
    return _wanted_page(request, row, WantedForm(request.POST or None), _("Want a setting"))


@requires(StationPerm.COMMAND_ENGINEER)
def edit(request, pk):
    """Another value."""
    wanted = _found(request, pk)
    kept = {name: getattr(wanted, name) for name in ("key", "value", "after_boot", "note")}
    form = WantedForm(request.POST or None, initial=kept)
    return _wanted_page(request, wanted.template, form, wanted.key)


@requires(StationPerm.COMMAND_ENGINEER)
def drop(request, pk):
    """Want it no more."""
    wanted = _found(request, pk)
    return question_page(
        request,
        title=_("Take %(key)s out of the template") % {"key": wanted.key},
        text=_("Terminals keep what they have."),
        do=lambda reason: settings.want_no_more(wanted, actor=request.actor, reason=reason),
        then=_page_of(wanted.template),
        submit_label=_("Take it out"),
    )


@requires(StationPerm.COMMAND_ENGINEER)
def read_all(request, pk):
    """Ask all piles of the model for what is wanted."""
    row = row_or_404(selectors.templates(), pk=pk)
    keys = list(selectors.template_keys(row).values_list("key", flat=True))
    text = _(
        "What the template names is read at %(terminals)s of this model, 50 in a wave; those that are offline"
        " are asked within a day."
    )
    return _campaign(request, row, "configuration.read", _("Read settings"), text, {"keys": keys})


@requires(StationPerm.COMMAND_ENGINEER)
def push_all(request, pk):
    """Set it at all piles of the model where it differs."""
    row = row_or_404(selectors.templates(), pk=pk)
    text = _("Asked, 50 in a wave and those that are offline within a day: %(terminals)s of this model.")
    return _campaign(request, row, "configuration.push", _("Push wanted settings"), text, {})


def _campaign(request, row, kind, title, text, params):
    """Ask all piles of the model, in waves, waiting a day for those that are offline."""
    rows = selectors.piles_of_template(row)
    return begin_page(
        request,
        kind,
        rows,
        title=f"{title} · {row.model.name}",
        text=text % {"terminals": count_words(rows.count())},
        cancel_url=_page_of(row),
        submit_label=title,
        params=params,
        wave_size=50,
        failure_share=20,
        patience_s=86_400,
    )


def _wanted_page(request, row, form, title):
    return form_page(
        request,
        form,
        title=title,
        save=lambda data: settings.want_setting(row, actor=request.actor, **data),
        then=lambda _wanted: _page_of(row),
        done=_("Saved."),
        back=Link(row.model.name, _page_of(row)),
        cancel_url=_page_of(row),
    )


def _found(request, pk):
    """What a template wants; its pages belong to the list of templates."""
    request.shown_under = TEMPLATES.name
    return row_or_404(selectors.own_template_keys(), pk=pk)


def _page_of(row):
    return reverse("stations:template", args=[row.pk])


def _line(row, wanted, *, may_edit):
    known = standard(wanted.key)

    def to(name, label, icon):
        return Action(
            label,
            reverse(f"stations:wanted_{name}", args=[wanted.pk]),
            icon=icon,
            asks=name == "drop",
            get=name == "edit",
        )

    query = urlencode({"model": row.model.name, "key": wanted.key, "drift": "differs"})
    return {
        "row": wanted,
        "unit": known.unit if known else "",
        "help": HELP.get(wanted.key, ""),
        "drift_url": f"{DRIFT.url}?{query}",
        "buttons": [to("edit", _("Edit"), "edit"), to("drop", _("Take out…"), "trash")] if may_edit else [],
    }


def _actions(row, engineer, ours):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:template_{name}", args=[row.pk]), icon=icon, **more)

    report = Action(
        _("Settings compared"),
        f"{DRIFT.url}?{urlencode({'model': row.model.name})}",
        icon="sliders",
        get=True,
    )
    if not engineer:
        return [report]
    found = [
        report,
        to("read", _("Read all…"), "refresh", get=True),
        to("push", _("Push…"), "upload", get=True),
    ]
    return [*found, to("want", _("Want a setting"), "plus", get=True, tone="primary")] if ours else found
