"""The big screen behind a link: whoever has it looks, reads, and can do nothing.

A link that never was is 404, one that is over 410; neither says whose it was. What is shown is not kept on the way,
not found by search engines, and tells no other site where it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import wraps

from allauth.account.adapter import get_adapter
from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice.kit import rates
from backoffice.kit.live import event_stream, hub
from backoffice.kit.pages import KEEPS_ITS_ADDRESS
from backoffice.kit.reach import Scope
from reports import screen, sharing
from reports.views.screen import marks, render_screen

LOOKS = rates.Rate("share-look", 240, 60)
"""Of one link: a few screens that show it, each of them asking every few seconds."""

GUESSES = rates.Rate("share-guess", 20, 600)
"""Links that never were, from one address; above it nothing is looked up for the window."""

LIFETIME_S = 240.0
TOPICS = frozenset({"orders", "connectors", "piles", "alarms"})


def shared(view):
    """Open the link of the address, and answer within its scope."""

    @wraps(view)
    def answer(request, token):
        response = _refused(request, token)
        if response is None:
            try:
                opened = _open(request, token)
            except sharing.LinkUnknown:
                response = _gone(request, 404, _("There is no such link."))
            except sharing.LinkOver:
                response = _gone(
                    request, 410, _("This link is over. Ask whoever gave it to you for another one.")
                )
            else:
                sharing.count_use(opened)
                with opened.entered():
                    response = view(request, token, opened)
        return _private(response)

    return answer


@require_GET
@shared
def page(request, token, opened):
    """The screen; its moving part alone for ``?part``."""
    viewed = screen.Viewed.here(opened.locality, opened.reader)
    if "part" in request.GET:
        return HttpResponse(screen.part_of(viewed))
    address, live, view_ = (reverse(f"reports.share{part}", args=[token]) for part in ("", "_stream", "_map"))
    return render_screen(request, viewed, screen.config(f"{address}?part", live, view_))


@require_GET
@shared
def view(request, token, opened):
    """The marks of a viewport."""
    return marks(request)


async def stream(request, token):
    """An event ``changed`` each time something in the scope does; never what, nor which row."""
    try:
        scope = await sync_to_async(_scope_of)(request, token)
    except sharing.LinkUnknown:
        return _private(HttpResponse(status=404))
    except sharing.LinkOver:
        return _private(HttpResponse(status=410))
    return _private(event_stream(_changes(scope)))


def _scope_of(request, token) -> Scope:
    try:
        if _refused(request, token) is not None:
            raise sharing.LinkOver
        return _open(request, token).scope
    finally:
        # This thread would hold its database connection for as long as the stream lasts.
        connections.close_all()


async def _changes(scope: Scope) -> AsyncIterator[bytes]:
    yield b"retry: 5000\n\n"
    wanted = hub.batches(lambda event: event.topic in TOPICS and event.within(scope), lifetime_s=LIFETIME_S)
    async for batch in wanted:
        yield b"event: changed\ndata: 1\n\n" if batch else b": pulse\n\n"


def _open(request, token):
    try:
        return sharing.open_link(token)
    except sharing.LinkUnknown:
        rates.take(GUESSES, _address_of(request))
        raise


def _refused(request, token):
    """429 for who asks too often, else None."""
    wait = rates.wait_of(GUESSES, _address_of(request)) or rates.take(LOOKS, token)
    if not wait:
        return None
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(wait)
    return response


def _gone(request, status, text):
    return render(request, "reports/gone.html", {"text": text}, status=status)


def _private(response):
    add_never_cache_headers(response)
    response["Referrer-Policy"] = KEEPS_ITS_ADDRESS
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _address_of(request):
    return str(get_adapter().get_client_ip(request))
