"""The addresses of the house, with pages of refusal that cost nothing: the matrix is refused thousands of times."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from backoffice.urls import urlpatterns

__all__ = ["handler403", "handler404", "urlpatterns"]


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refused."""
    return HttpResponse(status=403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not there."""
    return HttpResponse(status=404)
