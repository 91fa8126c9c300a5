"""Buttons that ask a pile for what was not heard of for long, wherever it is shown."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.frame import Action
from stations.models import Life
from stations.permissions import StationPerm
from stations.staleness import HEARD_OLD_AFTER, STATUS_OLD_AFTER, is_old

ASKERS = frozenset({StationPerm.COMMAND_BASIC, StationPerm.COMMAND_ENGINEER})


def connector_asks(pile, connector, grants):
    """For the state of one connector."""
    if not grants & ASKERS or not _is_stale(connector):
        return []
    return [_to(pile, "status", connector.number)]


def pile_asks(pile, grants, *, connectors=None, back=""):
    """For what a pile reports of itself, and of the ``connectors`` where they are given; and for a sign of life.

    Without a connector a pile tells the states of all of it (OCPP 1.6 errata 3.46).
    """
    if not grants & ASKERS or pile.life == Life.RETIRED:
        return []
    if any(_is_stale(one) for one in [pile, *(connectors or ())]):
        return [_to(pile, "status", 0, back)]
    if pile.online and is_old(pile.last_seen_at, clock.now(), HEARD_OLD_AFTER):
        return [_to(pile, "life", 0, back)]
    return []


def _is_stale(row):
    return is_old(row.reported_at, clock.now(), STATUS_OLD_AFTER)


def _to(pile, what, number, back=""):
    address = reverse("stations:ask_for", args=[pile.pk, what, number])
    query = f"?{urlencode({'next': back})}" if back else ""
    dead = "" if pile.online else _("The terminal is offline")
    return Action(_("Ask the pile"), address + query, icon="refresh", refused=dead)
