"""Every address of the web process."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from backoffice import health, streams

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("live/stream", streams.staff_stream, name="live"),
    path("", include("finance.urls")),
]

if settings.SANDBOX_PAYMENTS:
    urlpatterns.append(path("sandbox-pay/", include("finance.sandbox.urls")))
