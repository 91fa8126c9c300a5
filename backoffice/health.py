"""``/healthz`` and ``/metrics`` of the web process."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import Error as DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Each part's state: 200 when all are well, else 503."""
    states = parts()
    well = all(state == "ok" for state in states.values())
    return JsonResponse({"status": "ok" if well else "failing", "parts": states}, status=200 if well else 503)


def parts() -> dict[str, str]:
    """The state of each part: ``ok``, or the name of the fault."""
    return {"database": _database(), "redis": _redis()}


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return type(error).__name__
    return "ok"


def _redis() -> str:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        return type(error).__name__
    return "ok"
