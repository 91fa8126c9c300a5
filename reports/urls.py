from __future__ import annotations

from django.urls import path

from reports.views import overview, screen, shared

urlpatterns = [
    path("", overview.overview, name="reports.overview"),
    path("overview.xlsx", overview.export, name="reports.overview.export"),
    path("screen/", screen.page, name="reports.screen"),
    path("screen/map/", screen.view, name="reports.screen_map"),
    path("screen/links/new/", screen.share, name="reports.share_new"),
    path("share/<str:token>/", shared.page, name="reports.share"),
    path("share/<str:token>/map/", shared.view, name="reports.share_map"),
    path("share/<str:token>/stream", shared.stream, name="reports.share_stream"),
]
