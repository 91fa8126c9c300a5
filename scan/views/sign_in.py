"""Signing in with a phone: a number, then the code that was sent to it. A cookie keeps it for 90 days."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from django.core import signing
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.pages import attempt
from drivers import services as drivers
from drivers.services.codes import LIFE
from scan import access
from scan.access import at_operator, driver_page
from scan.forms import PhoneForm, SmsCodeForm
from scan.operators import brand_of
from scan.returning import chip_of, safe_next
from scan.services import note_language

PENDING = "sign-in"
SALT = "scan.sign-in"


@require_http_methods(["GET", "HEAD", "POST"])
@driver_page
def phone(request, operator_id):
    """Ask for the number, and send a code to it. The answer is the same for every number."""
    with at_operator(request, operator_id) as visit:
        onward = safe_next(request, operator_id)
        form = PhoneForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            typed = form.cleaned_data["phone"]
            sent = attempt(form, lambda: _send(request, operator_id, typed))
            if sent is not None:
                return _to_code(operator_id, onward, sent)
        return render(request, "scan/sign_in.html", _page(visit, form, onward))


@require_http_methods(["GET", "HEAD", "POST"])
@driver_page
def code(request, operator_id):
    """Take the code; another one can be asked for after a minute."""
    with at_operator(request, operator_id) as visit:
        onward = safe_next(request, operator_id)
        pending = _pending(request, operator_id)
        if pending is None:
            query = urlencode({"next": onward})
            return HttpResponseRedirect(f"{reverse('scan:sign_in', args=[operator_id])}?{query}")
        form = SmsCodeForm(request.POST if request.method == "POST" and "again" not in request.POST else None)
        if "again" in request.POST:
            return _send_again(request, visit, pending, onward)
        if request.method == "POST" and form.is_valid():
            typed = form.cleaned_data["code"]
            signed = attempt(form, lambda: _sign_in(request, operator_id, pending["phone"], typed))
            if signed is not None:
                return _signed_in(operator_id, onward, signed)
        return render(request, "scan/sign_in_code.html", _code_page(visit, form, onward, pending))


@require_POST
@driver_page
def sign_out(request, operator_id):
    """Here, in this browser."""
    with at_operator(request, operator_id) as visit:
        if visit.session is not None:
            drivers.close_session(visit.session)
    response = HttpResponseRedirect(reverse("scan:sign_in", args=[operator_id]))
    access.forget(response, operator_id)
    return response


def _send(request, operator_id, typed):
    return drivers.issue_code(
        operator_id, phone=typed, browser=access.browser_of(request), ip=access.address_of(request)
    )


def _send_again(request, visit, pending, onward):
    operator_id = visit.operator.id
    try:
        return _to_code(operator_id, onward, _send(request, operator_id, pending["phone"]))
    except Refused as refused:
        page = _code_page(visit, SmsCodeForm(), onward, pending)
        return render(request, "scan/sign_in_code.html", {**page, "wait": str(refused.message)})


def _sign_in(request, operator_id, number, typed):
    return drivers.sign_in(
        operator_id,
        phone=number,
        browser=access.browser_of(request),
        code=typed,
        ip=access.address_of(request),
        user_agent=request.headers.get("User-Agent", ""),
        locale=get_language() or "",
    )


def _signed_in(operator_id, onward, signed):
    note_language(signed.driver, get_language() or "")
    response = HttpResponseRedirect(onward)
    access.remember(response, operator_id, signed.token)
    response.delete_cookie(PENDING, samesite="Lax")
    return response


def _to_code(operator_id, onward, sent):
    response = HttpResponseRedirect(
        f"{reverse('scan:sign_in_code', args=[operator_id])}?{urlencode({'next': onward})}"
    )
    told = {"operator": operator_id, "phone": sent.phone, "again": sent.again_at.timestamp()}
    access.keep(response, PENDING, signing.dumps(told, salt=SALT), int(LIFE.total_seconds()) * 2)
    return response


def _pending(request, operator_id):
    try:
        told = signing.loads(request.COOKIES.get(PENDING, "")[:400], salt=SALT)
    except signing.BadSignature:
        return None
    return told if told.get("operator") == operator_id else None


def _page(visit, form, onward):
    return {
        "visit": visit,
        "brand": brand_of(visit),
        "form": form,
        "next": onward,
        "next_quoted": quote(onward, safe=""),
        "plate": chip_of(onward),
    }


def _code_page(visit, form, onward, pending):
    again_in = max(int(pending["again"] - clock.now().timestamp()) + 1, 0)
    return {**_page(visit, form, onward), "phone": pending["phone"], "again_in": again_in}
