"""One charge, from the wait for the plug to the receipt, at one address that stays valid."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.kit.errors import Refused
from backoffice.kit.pages import form_page
from orders.services.complaining import complain
from orders.services.starting import cancel_order
from orders.services.stopping import stop_order
from orders.states import LIVE
from scan import rates, services
from scan.access import at_order, driver_page, sign_in_first, too_often
from scan.charge_pages import page_for
from scan.forms import WordsForm
from scan.landing import plate_of
from scan.operators import brand_of
from scan.progress import live_of


@require_safe
@driver_page
def order(request, public_id):
    """Whatever there is to see of a charge now; its live part alone for ``?part``."""
    with at_order(request, public_id) as (visit, row):
        page = page_for(visit, row)
        template = page.part if "part" in request.GET else page.template
        response = render(request, template, page.context)
        response["X-Page"] = page.kind
        return response


@require_POST
@driver_page
def cancel(request, public_id):
    """Give up before energy flows. Too late for that, the page of the charge says where it is."""
    with at_order(request, public_id) as (visit, row):
        if visit.driver is None:
            return sign_in_first(visit, back_to=_page(public_id))
        try:
            cancel_order(row, actor=visit.actor)
        except Refused:
            messages.warning(request, _("It has begun meanwhile: stop it instead."))
        return HttpResponseRedirect(_page(public_id))


@require_http_methods(["GET", "HEAD", "POST"])
@driver_page
def stop(request, public_id):
    """Ask, then stop; pressed twice it stops once."""
    with at_order(request, public_id) as (visit, row):
        if visit.driver is None:
            return sign_in_first(visit, back_to=reverse("scan:stop", args=[public_id]))
        if row.charge_state not in LIVE:
            return HttpResponseRedirect(_page(public_id))
        if request.method == "POST":
            return _stop(visit, row)
        return render(request, "scan/stop.html", {**_about(visit, row), "live": live_of(row)})


@require_POST
@driver_page
def text(request, public_id):
    """Send the link to the driver's own phone."""
    with at_order(request, public_id) as (visit, row):
        if visit.driver is None:
            return sign_in_first(visit, back_to=_page(public_id))
        if rates.take(rates.LINKS, row.public_id):
            messages.warning(request, _("The link was sent already. Please wait a while."))
        else:
            services.text_link(row, driver=visit.driver)
            messages.success(request, _("Sent to your phone."))
        return HttpResponseRedirect(_page(public_id))


@require_http_methods(["GET", "HEAD", "POST"])
@driver_page
def problem(request, public_id):
    """A complaint about this charge, which people will look at."""
    with at_order(request, public_id) as (visit, row):
        if visit.driver is None:
            return sign_in_first(visit, back_to=reverse("scan:problem", args=[public_id]))
        if request.method == "POST" and (wait := rates.take(rates.COMPLAINTS, visit.actor.ref)):
            return too_often(request, wait)
        return form_page(
            request,
            WordsForm(request.POST or None),
            title=_("Report a problem"),
            save=lambda data: complain(row, words=data["words"], actor=visit.actor),
            then=lambda _case: _page(public_id),
            done=_("Thank you. Somebody looks at it, and you see the answer here."),
            template="scan/problem.html",
            **_about(visit, row),
        )


def _stop(visit, row):
    with suppress(Refused):  # it ended by itself meanwhile: the page shows the receipt
        stop_order(row, actor=visit.actor, reason="driver")
    return HttpResponseRedirect(_page(row.public_id))


def _about(visit, row):
    return {
        "visit": visit,
        "brand": brand_of(visit, row.connector),
        "order": row,
        "plate": plate_of(row.connector),
    }


def _page(public_id):
    return reverse("scan:order", args=[public_id])
