"""How a program comes in: with ``Authorization: Bearer`` and an API token, for the Excel of lists and for nothing else.

The scope is the membership's of now; the rights are what the lists of the token need, as far as the person has them.
"""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from tenants.models import ApiToken
from tenants.services import tokens
from tenants.workplaces import Workplace, workplace_of

SCHEME = "bearer "
FILE_OF_JOB = "jobs.file"


def bearer_of(request: HttpRequest) -> str | None:
    """The secret that a program sent; None for a browser."""
    header = request.headers.get("Authorization", "")
    return header[len(SCHEME) :].strip() if header.lower().startswith(SCHEME) else None


def enter(request: HttpRequest, secret: str, *, address: str) -> Workplace | HttpResponse:
    """The workplace behind a token, narrowed to what it opens; else the answer that says why not."""
    token = tokens.token_of(secret)
    place = _workplace_of(token) if token else None
    if token is None or place is None:
        if not tokens.may_go_on(f"wrong:{address}", tokens.WRONG_PER_MINUTE):
            return _refused(429, "Too many requests.")
        return _refused(401, "This token does not hold.")
    if not tokens.may_go_on(f"token:{token.pk}", tokens.PER_MINUTE):
        return _refused(429, "Too many requests.")
    if request.method not in {"GET", "HEAD"} or not _opens(token, request.path):
        return _refused(403, "This token does not open this address.")
    tokens.note_use(token, address=address)
    return place


def _workplace_of(token: ApiToken) -> Workplace | None:
    user = token.membership.user
    place = workplace_of(user, preferred=token.membership_id) if user.is_active else None
    if place is None or place.membership.pk != token.membership_id:
        return None
    return replace(place, grants=place.grants & tokens.reach(token.lists), token=token)


def _opens(token: ApiToken, path: str) -> bool:
    try:
        name = resolve(path).view_name
    except Resolver404:
        return False
    return name == FILE_OF_JOB or name in {f"{one}.export" for one in token.lists}


def _refused(status: int, words: str) -> HttpResponse:
    """For a program, so in one language and plain."""
    response = HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if status == 429:
        response["Retry-After"] = "60"
    return response
