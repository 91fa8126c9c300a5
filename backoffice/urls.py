"""Every address of the web process: the lists that were registered, then each room's own pages."""

from __future__ import annotations

from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from backoffice import health, processes, streams
from backoffice.kit.lists import registered
from backoffice.kit.lists.views import urls_of
from backoffice.kit.rooms import Room
from tenants.views.personal import set_language


def pages_of_rooms() -> list[URLResolver]:
    """The ``urls`` module of each room that has one; what lies deeper is its room's business."""
    rooms = [one.name for one in apps.get_app_configs() if isinstance(one, Room) and "." not in one.name]
    return [
        path("", include(f"{room}.urls"))
        for room in rooms
        if room != "backoffice" and find_spec(f"{room}.urls")
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("system/processes/", processes.page, name="processes"),
    path("system/processes/<str:name>/run/", processes.run_timer, name="processes.run"),
    path("live/stream", streams.staff_stream, name="live"),
    path("account/", include("tenants.account_urls")),
    path("language/", set_language, name="set_language"),
    path("", include("backoffice.kit.job_views")),
    path("", include("backoffice.kit.search_views")),
    path("", include("backoffice.kit.imports.views")),
    *(pattern for resource in registered() for pattern in urls_of(resource)),
    *pages_of_rooms(),
]

if settings.SANDBOX_PAYMENTS:
    urlpatterns.append(path("sandbox-pay/", include("finance.sandbox.urls")))

handler400 = "backoffice.errors.bad_request"
handler403 = "backoffice.errors.forbidden"
handler404 = "backoffice.errors.not_found"
handler500 = "backoffice.errors.failed"
