"""Where a request of staff enters its scope, and the only place where it does.

Every request begins outside of all scopes. With a workplace it runs inside its tenant's, also where
the answer is streamed; without one it runs without any, and whatever touches tenant data fails. Pages
of drivers and of machines are not even asked who they are.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from backoffice.kit.actor import Actor
from backoffice.kit.perms import Grants
from backoffice.kit.scope import outside
from tenants import api, duties
from tenants.acting import lent_place, running
from tenants.localities import LANGUAGES
from tenants.models import User
from tenants.selectors import DEFAULT_CURRENCY, DEFAULT_LOCALE, DEFAULT_TIMEZONE, Locality
from tenants.services import sessions
from tenants.workplaces import Workplace, barred, workplace_of

SESSION_KEY = "membership"
ACTING_KEY = "acting"
"""Where a session keeps in whose name its person works."""

PART_KEY = "part"
"""Where a session keeps the tenant below the own one that is looked at alone."""

LED_KEY = "led_to"
"""Where a session keeps the address that the last deed led to, while one tenant is looked at alone."""

LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing. Others run in the whole scope: looking at a part is no bound on what is done."""

OPEN = ("/q/", "/c/", "/pay/", "/share/", "/static/", "/healthz", "/metrics")
"""Paths of drivers, of payment channels, of links given away and of machines, which have their own ways of telling who asks."""

OWN = ("/personal/", "/account/", "/language/")
"""Paths of what a person does for himself: password, second factor, tokens, profile. Shut in another's name."""

SIGN_OUT = "/account/logout/"

NOWHERE = Locality(DEFAULT_TIMEZONE, DEFAULT_CURRENCY, DEFAULT_LOCALE)
NOTHING: Grants = frozenset()

Answer = HttpResponseBase
Handler = Callable[[HttpRequest], Answer] | Callable[[HttpRequest], Awaitable[Answer]]


class ScopeMiddleware:
    """Sets what ``StaffRequest`` names: membership, rights, actor, where one looks and in whose name."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response: Any = get_response
        self.later = iscoroutinefunction(get_response)
        if self.later:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer | Awaitable[Answer]:
        return self._answer_later(request) if self.later else self._answer(request)

    def _answer(self, request: HttpRequest) -> Answer:
        with outside():
            place = arrive(request)
            if not isinstance(place, Workplace):
                return place or cast(Answer, self.get_response(request))
            with place.entered():
                return _finished(place, _led_on(request, place, self.get_response(request)))

    async def _answer_later(self, request: HttpRequest) -> Answer:
        with outside():
            place = await sync_to_async(arrive)(request)
            if not isinstance(place, Workplace):
                return place or cast(Answer, await self.get_response(request))
            with place.entered():
                return _finished(place, _led_on(request, place, await self.get_response(request)))


def arrive(request: HttpRequest) -> Workplace | HttpResponse | None:
    """Find out who asks, and note it on the request. A response only for those who have to leave."""
    staff: Any = request
    staff.membership, staff.lineage, staff.shown = None, [], []
    staff.grants, staff.locality = NOTHING, NOWHERE
    staff.token = staff.acting = None
    if request.path.startswith(OPEN):
        return None
    ip = get_adapter().get_client_ip(request)
    staff.actor = Actor(f"visitor:{ip}", ip, ip=ip)
    if (secret := api.bearer_of(request)) is not None:
        entered = api.enter(request, secret, address=ip)
        return _noted(request, entered, ip) if isinstance(entered, Workplace) else entered
    if not request.user.is_authenticated:
        return None
    place = _lent(request)
    if place is not None:
        sessions.see(request.session, address=ip)
        return _kept_out(request, place) if _is_own(request) else _noted(request, place, ip)
    user = request.user
    chosen = request.session.get(SESSION_KEY)
    part_id = request.session.get(PART_KEY)
    place = workplace_of(user, preferred=chosen, language=_language_chosen(request), part_id=part_id)
    if place is None:
        return _sent_away(request, barred(user))
    if part_id is not None and place.scope.part is None:
        del request.session[PART_KEY]
        with translation.override(place.locality.locale):
            messages.info(request, _("What you looked at is no longer below you. You see everything again."))
    if reason := duties.is_over(request, place):
        return _sent_away(request, reason)
    sessions.see(request.session, address=ip)
    if address := duties.duty_of(request, place):
        return _sent_to(request, address)
    return _noted(request, place, ip)


def _noted(request: HttpRequest, place: Workplace, ip: str) -> Workplace:
    staff: Any = request
    staff.membership, staff.lineage, staff.grants = place.membership, place.lineage, place.grants
    staff.shown, staff.acting = place.shown, place.acting
    staff.actor, staff.locality = place.actor(ip), place.locality
    staff.LANGUAGE_CODE, staff.token = place.locality.locale, place.token
    return place if request.method in LOOKING else place.for_writing()


def _lent(request: HttpRequest) -> Workplace | None:
    """Another's workplace, while it is lent. Its own duties are the other's; the person has done his."""
    key = request.session.get(ACTING_KEY)
    if key is None:
        return None
    acting = running(cast(User, request.user), key)
    lent = lent_place(acting, _language_chosen(request)) if acting else None
    if lent is None:
        del request.session[ACTING_KEY]
        messages.warning(request, _("Your time in another's name is over. You work under your own again."))
    return lent


def _is_own(request: HttpRequest) -> bool:
    return request.path.startswith(OWN) and request.path != SIGN_OUT


def _kept_out(request: HttpRequest, place: Workplace) -> HttpResponse:
    with translation.override(place.locality.locale):
        messages.error(request, _("Leave the other's name first: this page is about yourself."))
    return _sent_to(request, resolve_url(settings.LOGIN_REDIRECT_URL))


def _language_chosen(request: HttpRequest) -> str:
    code = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return code if code in LANGUAGES else ""


def _sent_away(request: HttpRequest, reason: str) -> HttpResponse:
    logout(request)
    messages.error(request, reason)
    return _sent_to(request, resolve_url(settings.LOGIN_URL))


def _sent_to(request: HttpRequest, address: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def _led_on(request: HttpRequest, place: Workplace, response: Answer) -> Answer:
    """A deed may lead to what does not belong to the part that is looked at, as a new row of the own tenant: then
    everything is looked at again, for the page is there.
    """
    part = place.scope.part
    if part is None:
        return response
    if request.method not in LOOKING:
        if address := response.headers.get("Location", ""):
            request.session[LED_KEY] = urlsplit(address).path
        return response
    if request.session.get(LED_KEY) != request.path:
        return response
    del request.session[LED_KEY]
    if response.status_code != HTTPStatus.NOT_FOUND:
        return response
    del request.session[PART_KEY]
    kept: Any = messages.get_messages(request)
    kept.used = False  # the page that nobody sees has read them
    words = _("This does not belong to %(name)s, which you looked at alone. You see everything again.")
    messages.info(request, words % {"name": part.name})
    return _sent_to(request, request.get_full_path())


def _finished(place: Workplace, response: Answer) -> Answer:
    response.headers.setdefault("Content-Language", place.locality.locale)
    # A file from disk needs no scope, and the server sends it by itself.
    if isinstance(response, StreamingHttpResponse) and not getattr(response, "file_to_stream", None):
        stream: Any = response.streaming_content
        response.streaming_content = _later(place, stream) if response.is_async else _steps(place, stream)
    return response


def _steps(place: Workplace, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, each made inside the scope; between them whoever sends them is outside."""
    iterator = iter(chunks)
    try:
        while True:
            with outside(), place.entered():
                chunk = next(iterator, None)
            if chunk is None:
                return
            yield chunk
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


async def _later(place: Workplace, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    iterator = aiter(chunks)
    try:
        while True:
            with outside(), place.entered():
                chunk = await anext(iterator, None)
            if chunk is None:
                return
            yield chunk
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()
