"""Who asks, and where: the only place where a request of a driver enters a scope.

A sticker or an order's link says which operator it belongs to; a cookie of that operator says which
driver sits at the browser. Inside, the scope is the operator's, and whatever belongs to a driver is
looked up among that driver's own rows. A link that opens nothing for this one is 404, whyever.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from backoffice.kit.actor import Actor
from backoffice.kit.levels import Level
from backoffice.kit.scope import path_of_tenant, unscoped, within
from drivers import selectors as drivers
from drivers.models import Driver, DriverSession
from drivers.services import note_seen
from drivers.services.sessions import LIFE as SIGNED_IN_FOR
from orders import selectors as orders
from orders.models import ChargingOrder
from scan import rates
from stations import selectors as stations
from stations.models import Connector
from tenants.models import Tenant
from tenants.selectors import Ancestor, Locality, lineage, locality_in, scope_in

BROWSER = "browser"
"""A random text that tells one browser from another. It signs nobody in."""

BROWSER_FOR_S = 365 * 24 * 3600
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True, slots=True)
class Visit:
    """An operator's pages in one browser; ``driver`` is None for a visitor who has not signed in there."""

    request: HttpRequest
    chain: list[Ancestor]
    session: DriverSession | None

    @property
    def operator(self) -> Ancestor:
        return self.chain[-1]

    @property
    def driver(self) -> Driver | None:
        return self.session.driver if self.session is not None else None

    @property
    def locality(self) -> Locality:
        return locality_in(self.chain)

    @property
    def actor(self) -> Actor:
        """The driver as services know him. Only for who is signed in."""
        return drivers.as_actor(self.own, ip=address_of(self.request))

    @property
    def own(self) -> Driver:
        """The driver who must be signed in here; pages ask ``sign_in_first`` before."""
        if self.session is None:
            raise Http404
        return self.session.driver


@dataclass(frozen=True, slots=True)
class Sticker:
    """What was scanned. ``replaced``: an old sticker of this connector."""

    token: str
    connector: Connector
    replaced: bool


class Guesser(Exception):
    """This address asked for too much that never existed."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


def driver_page(view: View[P]) -> View[P]:
    """Every page of this room: nothing is cached on the way, and the browser can be told from others."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        known = request.COOKIES.get(BROWSER, "")
        browser = known if 20 <= len(known) <= 64 else secrets.token_urlsafe(24)
        request.browser = browser  # type: ignore[attr-defined]
        try:
            response = view(request, *args, **kwargs)
        except Guesser as guesser:
            response = too_often(request, guesser.wait_s)
        add_never_cache_headers(response)
        if browser != known:
            keep(response, BROWSER, browser, BROWSER_FOR_S)
        return response

    return answer


def scan_page(view: View[P]) -> View[P]:
    """A page that a sticker opens: so many a minute from one address and one device (domain 6.3)."""

    @wraps(view)
    @driver_page
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        wait = rates.take(rates.SCANS_OF_ADDRESS, address_of(request))
        if BROWSER in request.COOKIES:
            wait = wait or rates.take(rates.SCANS_OF_DEVICE, browser_of(request))
        if wait:
            return too_often(request, wait)
        return view(request, *args, **kwargs)

    return answer


@contextmanager
def at_sticker(request: HttpRequest, token: str) -> Iterator[tuple[Visit, Sticker]]:
    """Enter the scope of the operator whose sticker this is. 404 for what was never one."""
    _require_no_guesser(request)
    with unscoped(reason="a sticker decides the scope of its page"):
        target = stations.connector_by_token(token)
        operator_id = path_of_tenant(target.connector.tenant_id).operator_id if target else None
    if target is None or operator_id is None:
        _note_guess(request)
        raise Http404
    visit = visit_at(request, lineage(operator_id))
    with within(scope_in(visit.chain)):
        yield visit, Sticker(token, target.connector, target.revoked)


@contextmanager
def at_order(request: HttpRequest, public_id: str) -> Iterator[tuple[Visit, ChargingOrder]]:
    """Enter the scope of an order's operator.

    The link is a secret of 128 bits and shows the charge to whoever has it, without the driver's phone
    or wallet; to a browser in which another driver is signed in it is 404, as all that is not his.
    """
    _require_no_guesser(request)
    with unscoped(reason="an order's own link decides the scope of its page"):
        operator_id = orders.operator_of_link(public_id)
    if operator_id is None:
        _note_guess(request)
        raise Http404
    visit = visit_at(request, lineage(operator_id))
    with within(scope_in(visit.chain)):
        order = orders.order_by_link(public_id)
        if visit.driver is not None and visit.driver.pk != order.driver_id:
            raise Http404
        yield visit, order


@contextmanager
def at_operator(request: HttpRequest, operator_id: int) -> Iterator[Visit]:
    """Enter the scope of an operator. 404 for a tenant that is none."""
    try:
        chain = lineage(operator_id)
    except Tenant.DoesNotExist:
        raise Http404 from None
    if chain[-1].level is not Level.OPERATOR:
        raise Http404
    visit = visit_at(request, chain)
    with within(scope_in(visit.chain)):
        yield visit


def operators_signed_in(request: HttpRequest) -> list[Ancestor]:
    """The operators at which this browser is signed in."""
    found = []
    for name in sorted(request.COOKIES):
        prefix, _, number = name.partition("-")
        if prefix == "driver" and number.isascii() and number.isdigit() and len(number) < 10:
            session = drivers.session_by_token(request.COOKIES[name][:200])
            if session is not None and session.tenant_id == int(number):
                found.append(lineage(session.tenant_id)[-1])
    return found


def visit_at(request: HttpRequest, chain: list[Ancestor]) -> Visit:
    """Who sits at the browser, as far as this operator knows."""
    session = drivers.session_by_token(request.COOKIES.get(cookie_of(chain[-1].id), "")[:200])
    if session is not None and session.tenant_id != chain[-1].id:
        session = None
    if session is not None:
        with within(scope_in(chain)):
            note_seen(session.driver)
    visit = Visit(request, chain, session)
    if session is not None:
        request.actor = visit.actor  # type: ignore[attr-defined]
    return visit


def sign_in_first(visit: Visit, *, back_to: str = "") -> HttpResponseRedirect:
    """Sign in, then go on to ``back_to`` (default: the page that was asked for)."""
    query = urlencode({"next": back_to or visit.request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('scan:sign_in', args=[visit.operator.id])}?{query}")


def remember(response: HttpResponse, operator_id: int, token: str) -> None:
    """Sign this browser in."""
    keep(response, cookie_of(operator_id), token, int(SIGNED_IN_FOR.total_seconds()))


def forget(response: HttpResponse, operator_id: int) -> None:
    """Sign this browser out."""
    response.delete_cookie(cookie_of(operator_id), samesite="Lax")


def keep(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    """A cookie that no script reads and no other site sends."""
    response.set_cookie(name, value, max_age=seconds, httponly=True, secure=settings.HTTPS, samesite="Lax")


def cookie_of(operator_id: int) -> str:
    """A driver has an account at each operator, and so a sign-in at each."""
    return f"driver-{operator_id}"


def browser_of(request: HttpRequest) -> str:
    """The text that tells this browser from others; ``driver_page`` sees to it."""
    return str(getattr(request, "browser", ""))


def address_of(request: HttpRequest) -> str:
    """The client's address, as far as our proxies can be trusted."""
    return str(get_adapter().get_client_ip(request))


def too_often(request: HttpRequest, wait_s: int) -> HttpResponse:
    """429, with when to come back."""
    page = render(request, "scan/too_often.html", {"wait_s": wait_s}, status=429)
    page["Retry-After"] = str(wait_s)
    return page


def _require_no_guesser(request: HttpRequest) -> None:
    if wait := rates.wait_of(rates.GUESSES, address_of(request)):
        raise Guesser(wait)


def _note_guess(request: HttpRequest) -> None:
    rates.take(rates.GUESSES, address_of(request))
