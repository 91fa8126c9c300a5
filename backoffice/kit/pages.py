"""What every page of staff is made of: its permission, the one row it is about, forms and questions.

A row outside the scope is 404, a missing permission 403, nobody signed in goes to sign in. A form that
a service refuses comes back with the sentence at its field and with everything that was typed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import sha256
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import DatabaseError, transaction
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from backoffice.kit import locks
from backoffice.kit.enumeration import closed_up
from backoffice.kit.errors import Refused
from backoffice.kit.frame import Link, Words
from backoffice.kit.lists.actions import ReasonForm
from backoffice.kit.perms import Perm

M = TypeVar("M", bound=Model)
View = Callable[..., Any]

ONCE = "once"
"""The hidden field that tells two sendings of one form from two forms."""

KEEPS_ITS_ADDRESS = "strict-origin"
"""Referrer-Policy of a page whose address is a secret: nobody is told the address. Not no-referrer: with it a browser
sends the form of such a page, be it only the one of the language, with the origin null, and it is refused as forged."""

SENT_AGAIN_S = 600


def requires(*perms: Perm) -> Callable[[View], View]:
    """Only staff with one of these permissions (with none named: any staff) see the view. 403 for others."""

    def guard(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def seen_later(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                return refusal(request, perms) or await view(request, *args, **kwargs)

            guarded: View = seen_later
        else:

            @wraps(view)
            def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                return refusal(request, perms) or view(request, *args, **kwargs)

            guarded = seen
        guarded.requires = perms  # type: ignore[attr-defined]
        return guarded

    return guard


def refusal(request: HttpRequest, perms: tuple[Perm, ...]) -> HttpResponse | None:
    """Where to send somebody who is not staff; None for those who may. Raises PermissionDenied."""
    staff: Any = request
    if getattr(staff, "membership", None) is None:
        if staff.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.get_full_path())
    if perms and not staff.grants.intersection(perms):
        raise PermissionDenied
    return None


def row_or_404(rows: QuerySet[M], **key: Any) -> M:
    """The row with this key. 404 for one outside the scope, for none, and for a key that cannot be one."""
    try:
        return rows.get(**key)
    except (ObjectDoesNotExist, ValueError, OverflowError) as nothing:
        raise Http404 from nothing


def way_back(request: HttpRequest, default: str) -> str:
    """The page named by ``next`` if it is one of ours, else the default."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else default


def form_page(
    request: HttpRequest,
    form: BaseForm,
    *,
    title: Words,
    save: Callable[[Mapping[str, Any]], Any],
    then: Callable[[Any], str],
    done: Words = "",
    template: str = "kit/form.html",
    **context: Any,
) -> HttpResponse:
    """Show a form; when it is sent and right, ``save(cleaned_data)`` and go on to ``then(what it gave)``.

    ``form`` is bound by the view when the request is a POST. What the service refuses stands at the
    field that it names. A form that is sent twice is saved once: the second answer leads where the first
    did. Extra context: ``sections``, ``submit_label``, ``cancel_url``, ``back`` (``docs/look.md``).
    """
    if request.method == "POST" and form.is_valid():
        answer = _save_once(request, form, save, then)
        if answer is not None:
            if done:
                messages.success(request, str(done))
            return answer
    once = request.POST.get(ONCE) or secrets.token_hex(8)
    return render(request, template, {"title": closed_up(title), "form": form, ONCE: once, **context})


def form_question(
    request: HttpRequest,
    form: BaseForm,
    *,
    title: Words,
    save: Callable[[Mapping[str, Any]], Any],
    then: str,
    done: Words = "",
    **context: Any,
) -> HttpResponse:
    """A form in a dialog; when it is sent and right, ``save(cleaned_data)`` and go on to ``then``.

    ``form`` is bound by the view when the request is a POST. What the service refuses stands at the field that it
    names. Extra context: ``text``, ``consequences``, ``submit_label``, ``danger``, ``cancel_url`` (``docs/look.md``).
    """
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: save(form.cleaned_data))
        if form.is_valid():
            if done:
                messages.success(request, str(done))
            return HttpResponseRedirect(then)
    page: dict[str, Any] = {
        "title": closed_up(title),
        "form": form,
        "submit_label": closed_up(title),
        "cancel_url": then,
        **context,
    }
    page["text"] = closed_up(page.get("text", ""))
    page["consequences"] = [closed_up(line) for line in page.get("consequences", ())]
    return render(request, "kit/confirm.html", page)


def question_page(
    request: HttpRequest,
    *,
    title: Words,
    do: Callable[[str], Any],
    then: str,
    reason: bool = True,
    done: Words = "",
    **context: Any,
) -> HttpResponse:
    """Ask before something is done, and why; then ``do(reason)`` and go on to ``then``.

    What the service refuses is said on the page. Extra context: ``text``, ``consequences``,
    ``submit_label``, ``danger``, ``cancel_url`` (``docs/look.md``).
    """
    form = (ReasonForm if reason else forms.Form)(request.POST if request.method == "POST" else None)
    return form_question(
        request,
        form,
        title=title,
        save=lambda data: do(data.get("reason", "")),
        then=then,
        done=done,
        **context,
    )


def _save_once(
    request: HttpRequest, form: BaseForm, save: Callable[[Mapping[str, Any]], Any], then: Callable[[Any], str]
) -> HttpResponse | None:
    """Save, or find that it was saved already; None when the service refuses.

    A second sending waits for the first. A form without a token is always a new one.
    """
    token = request.POST.get(ONCE) or secrets.token_hex(8)
    actor = getattr(request, "actor", None)
    key = f"once:{getattr(actor, 'ref', '')}:{sha256(token.encode()).hexdigest()}"
    try:
        with transaction.atomic():
            locks.hold(key)
            address: str | None = cache.get(key)
            if address is None:
                saved = attempt(form, lambda: save(form.cleaned_data))
                if not form.is_valid():
                    return None
                address = then(saved)
                cache.set(key, address, SENT_AGAIN_S)
    except DatabaseError:
        cache.delete(key)
        raise
    return HttpResponseRedirect(address)


def attempt(form: BaseForm, save: Callable[[], Any]) -> Any:
    """Call a service; what it refuses becomes an error of the form, at the field that it names."""
    try:
        return save()
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
        return None


def detail_page(
    request: HttpRequest, template: str, *, title: Words, back: Link | None = None, **context: Any
) -> HttpResponse:
    """One thing in full; the context is that of ``kit/detail.html``."""
    return render(request, template, {"title": closed_up(title), "back": back, **context})
