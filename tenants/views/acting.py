"""Working in the name of somebody further below, and going back."""

from __future__ import annotations

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.kit.enumeration import closed_up
from backoffice.kit.pages import attempt, requires, row_or_404
from tenants import selectors
from tenants.forms.people import ActingForm
from tenants.middleware import ACTING_KEY
from tenants.permissions import TenantPerm
from tenants.services import acting


@requires(TenantPerm.IMPERSONATE)
def begin(request, pk):
    """Ask why and for how long; then the session goes on under another key, in the other's place."""
    row = row_or_404(selectors.members(), pk=pk)
    form = ActingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        begun = attempt(form, lambda: acting.begin_acting(row, actor=request.actor, **form.cleaned_data))
        if form.is_valid():
            request.session[ACTING_KEY] = begun.pk
            request.session.cycle_key()
            return HttpResponseRedirect("/")
    return render(request, "kit/confirm.html", _question(row, form))


def _question(row, form):
    who = {"name": row.user.name, "tenant": row.tenant.name, "role": row.role_name}
    return {
        "title": closed_up(_("Log in as %(name)s") % who),
        "text": closed_up(_("You work at %(tenant)s with the role of %(name)s: %(role)s.") % who),
        "consequences": [
            closed_up(_("Everything you do is recorded under both names, and %(tenant)s can read it.") % who),
            _("Staff and roles, phones of drivers, and what is personal stay shut."),
        ],
        "form": form,
        "submit_label": _("Log in"),
        "cancel_url": reverse("tenants:member", args=[row.pk]),
    }


@requires()
@require_POST
def leave(request):
    """Back to one's own name. Without another one, nothing happens."""
    if request.acting is None:
        return HttpResponseRedirect("/")
    back = request.acting.membership_id
    acting.end_acting(request.acting, actor=request.actor)
    del request.session[ACTING_KEY]
    request.session.cycle_key()
    return HttpResponseRedirect(reverse("tenants:member", args=[back]))
