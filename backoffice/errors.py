"""Error pages. Inside the frame where that costs nothing; without it when the database may be what is wrong."""

from __future__ import annotations

import sys

import redis
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

RETRY_AFTER_S = 10
DRIVERS = ("/q/", "/c/")
"""Pages of drivers have their own words, and weigh less."""

TOO_MUCH = (TooManyFieldsSent, TooManyFilesSent, RequestDataTooBig)
"""What is raised for more than one request may carry."""

AWAY = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)
"""What is raised while PostgreSQL or Valkey does not answer."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", {"too_much": isinstance(exception, TOO_MUCH)}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def forgery(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came without our cookie: nothing was done."""
    template = "scan/no_cookie.html" if request.path.startswith(DRIVERS) else "403.html"
    return render(request, template, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    template = "scan/not_found.html" if request.path.startswith(DRIVERS) else "404.html"
    return render(request, template, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """500, or 503 while a service that we need is away. Asks nothing of anybody."""
    for_drivers = request.path.startswith(DRIVERS)
    if isinstance(sys.exc_info()[1], AWAY):
        page = render_to_string("scan/away.html" if for_drivers else "503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    return HttpResponse(render_to_string("scan/away.html" if for_drivers else "500.html"), status=500)
