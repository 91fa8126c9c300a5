"""Pages of stations, piles, tariffs and commands."""

from __future__ import annotations

from django.urls import path

from stations.views import conversation, labels, models, pile, piles, sites, talk, tariffs, vendors

app_name = "stations"

urlpatterns = [
    path("stations/new/", sites.create, name="station_new"),
    path("stations/<int:pk>/", sites.station, name="station"),
    path("stations/<int:pk>/edit/", sites.edit, name="station_edit"),
    path("stations/<int:pk>/tariff/", sites.assign, name="station_tariff"),
    path("stations/<int:pk>/transfer/", sites.transfer, name="station_transfer"),
    path("stations/<int:pk>/close/", sites.close, name="station_close"),
    path("stations/<int:pk>/labels/", labels.of_station, name="station_labels"),
    path("piles/new/", piles.create, name="pile_new"),
    path("piles/waiting/<int:pk>/", piles.claim, name="claim"),
    path("piles/<int:pk>/", pile.pile, name="pile"),
    path("piles/<int:pk>/edit/", piles.edit, name="pile_edit"),
    path("piles/<int:pk>/move/", piles.move, name="pile_move"),
    path("piles/<int:pk>/retire/", piles.retire, name="pile_retire"),
    path("piles/<int:pk>/tariff/", piles.assign, name="pile_tariff"),
    path("piles/<int:pk>/password/", piles.key, name="pile_key"),
    path("piles/<int:pk>/open/", piles.open_up, name="pile_open"),
    path("piles/<int:pk>/labels/", labels.of_pile, name="pile_labels"),
    path("piles/<int:pk>/messages/", conversation.conversation, name="pile_messages"),
    path("piles/<int:pk>/messages/download/", conversation.download, name="pile_messages_download"),
    path("piles/<int:pk>/messages/replay/", conversation.replay, name="pile_messages_replay"),
    path("piles/<int:pk>/ask/<str:action>/", talk.ask, name="ask"),
    path("piles/<int:pk>/ask-for/<str:what>/<int:number>/", talk.ask_for, name="ask_for"),
    path("connectors/<int:pk>/edit/", piles.edit_connector, name="connector_edit"),
    path("connectors/<int:pk>/code/", piles.replace_code, name="connector_code"),
    path("tariffs/new/", tariffs.create, name="tariff_new"),
    path("tariffs/<int:pk>/", tariffs.tariff, name="tariff"),
    path("tariffs/<int:pk>/rename/", tariffs.rename, name="tariff_rename"),
    path("tariffs/<int:pk>/default/", tariffs.make_default, name="tariff_default"),
    path("tariffs/<int:pk>/retire/", tariffs.retire, name="tariff_retire"),
    path("tariffs/<int:pk>/versions/new/", tariffs.write, name="version_new"),
    path("tariff-versions/<int:pk>/edit/", tariffs.edit, name="version_edit"),
    path("tariff-versions/<int:pk>/approve/", tariffs.approve, name="version_approve"),
    path("tariff-versions/<int:pk>/withdraw/", tariffs.withdraw, name="version_withdraw"),
    path("commands/<int:pk>/", talk.command, name="command"),
    path("pile-models/new/", models.create, name="model_new"),
    path("pile-models/<int:pk>/edit/", models.edit, name="model_edit"),
    path("pile-models/vendor-messages/new/", vendors.create, name="vendor_message_new"),
    path("pile-models/vendor-messages/<int:pk>/edit/", vendors.edit, name="vendor_message_edit"),
]
