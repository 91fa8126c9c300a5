"""One page for each alarm, below the list of its class."""

from __future__ import annotations

from django.urls import path

from alarms.models import AlarmClass
from alarms.views import alarm

app_name = "alarms"

urlpatterns = [
    path(f"alarms/{one.value}/<int:pk>/", alarm, {"alarm_class": one}, name=one.value) for one in AlarmClass
]
