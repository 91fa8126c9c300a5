"""Pages of drivers and cards."""

from __future__ import annotations

from django.urls import path

from drivers.views import cards, drivers, unmasking

app_name = "drivers"

urlpatterns = [
    path("drivers/new/", drivers.create, name="create"),
    path("drivers/<int:pk>/", drivers.driver, name="driver"),
    path("drivers/<int:pk>/edit/", drivers.edit, name="edit"),
    path("drivers/<int:pk>/phone/", drivers.change_phone, name="phone"),
    path("drivers/<int:pk>/show-phone/", unmasking.show_phone, name="show_phone"),
    path("cards/new/", cards.issue, name="card_new"),
    path("cards/<int:pk>/", cards.card, name="card"),
    path("cards/<int:pk>/driver/", cards.hand_over, name="card_driver"),
]
