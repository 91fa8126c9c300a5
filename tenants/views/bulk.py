"""The same change to many tenants: what, then how it was and would be at each, then all of it or nothing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from backoffice.kit import figures
from backoffice.kit.lists.views import picked_rows
from backoffice.kit.pages import attempt, requires
from tenants.forms.companies import BulkForm
from tenants.models import Tenant
from tenants.permissions import TenantPerm
from tenants.resources import TENANTS, is_not_below_us
from tenants.services import bulk as services

STEP, PREVIEW, SAVE = "step", "preview", "save"


@requires(TenantPerm.MANAGE)
@require_http_methods(["GET", "POST"])
def edit(request):
    """New values for the tenants that were picked; those that are not of the next level are left out."""
    found = list(picked_rows(request, TENANTS).order_by("name", "pk")[: services.MOST_AT_ONCE + 1])
    if not found:
        raise Http404
    rows = [one for one in found if not is_not_below_us(one)]
    step = request.POST.get(STEP)
    form = BulkForm(request.POST if step in {PREVIEW, SAVE} else None)
    changes = []
    if form.is_bound and form.is_valid():
        if step == SAVE:
            count = attempt(form, lambda: services.edit_tenants(rows, actor=request.actor, **form.changes))
            if form.is_valid():
                words = ngettext("%(n)d tenant changed.", "%(n)d tenants changed.", count)
                messages.success(request, words % {"n": count})
                return HttpResponseRedirect(TENANTS.url)
        changes = services.changes_of(rows, **form.changes)
    context = {
        "title": ngettext("Edit %(n)d tenant", "Edit %(n)d tenants", len(rows)) % {"n": len(rows)},
        "form": form,
        "sections": form.sections(),
        "picked": [row.pk for row in found],
        "left_out": len(found) - len(rows),
        "too_many": len(found) > services.MOST_AT_ONCE,
        "most": services.MOST_AT_ONCE,
        "changes": [(one.tenant, _worded(one)) for one in changes],
        "back": TENANTS.back(),
        "cancel_url": TENANTS.url,
    }
    return render(request, "tenants/bulk.html", context)


def _worded(change):
    """(field, before, after) in words."""
    fields = {field.name: field for field in Tenant._meta.concrete_fields}
    return [(fields[name].verbose_name, _said(before), _said(after)) for name, before, after in change.values]


def _said(value):
    if value is None or value == "":
        return "–"
    if isinstance(value, int):
        return figures.number_text(value)
    return value if isinstance(value, str) else date_format(value, "DATE_FORMAT")
