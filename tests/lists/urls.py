"""The product's addresses and those of the stage."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from backoffice.kit.lists.views import urls_of
from tests.lists.stage import ORDERS


def show_order(request: HttpRequest, order_no: str) -> HttpResponse:
    return HttpResponse(order_no)


urlpatterns = [
    path("stage/order/<str:order_no>", show_order, name="stage.order"),
    *urls_of(ORDERS),
    path("", include("backoffice.urls")),
]

handler400 = "backoffice.errors.bad_request"
handler404 = "backoffice.errors.not_found"
handler500 = "backoffice.errors.failed"
