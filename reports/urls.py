from __future__ import annotations

from django.urls import path

from reports import views

urlpatterns = [
    path("", views.overview, name="reports.overview"),
    path("overview.xlsx", views.export, name="reports.overview.export"),
]
