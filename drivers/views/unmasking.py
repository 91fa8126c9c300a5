"""One phone in full, once, with a reason."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.pages import requires, row_or_404, way_back
from drivers import selectors, services
from drivers.permissions import DriverPerm


@requires(DriverPerm.UNMASK)
@never_cache
def show_phone(request, pk):
    """Ask why; the answer to that is the number itself, and loading it again asks again."""
    row = row_or_404(selectors.drivers(), pk=pk)
    back = way_back(request, reverse("drivers:driver", args=[pk]))
    form = ReasonForm(request.POST or None)
    page = {"title": _("Phone of %(name)s") % {"name": row}, "cancel_url": back}
    if request.method == "POST" and form.is_valid():
        phone = services.show_phone(row, actor=request.actor, **form.cleaned_data)
        return render(request, "drivers/phone.html", page | {"phone": phone})
    page["text"] = _("It is shown once. That you saw it, and why, is recorded.")
    return render(request, "kit/confirm.html", page | {"form": form, "submit_label": _("Show the phone")})
