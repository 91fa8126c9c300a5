"""The address at which payment channels report."""

from __future__ import annotations

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from backoffice.kit.scope import unscoped
from finance import selectors, services
from finance.services.notices import LARGEST


@csrf_exempt
@require_POST
def notice(request: HttpRequest, public_id: str) -> JsonResponse:
    """A callback of a payment channel. The signature over the raw body is its only credential."""
    with unscoped(reason="a payment channel calls back"):
        channel = selectors.channels().filter(public_id=public_id).first()
        if channel is None:
            raise Http404
        answer = services.receive_notice(
            channel,
            {name.lower(): value for name, value in request.headers.items()},
            request.read(LARGEST + 1),
            remote=request.META.get("REMOTE_ADDR", ""),
        )
    return JsonResponse({"code": answer.code}, status=answer.status)
