"""What pages about tenants show of stations: asked for through their hooks."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _, ngettext

from backoffice.kit.frame import Link, Tab
from backoffice.kit.scope import current_scope
from backoffice.kit.staff import Reader
from stations.permissions import StationPerm
from stations.selectors import open_station_count
from tenants.models import Tenant


def stations_below(tenant: Tenant, reader: Reader) -> Sequence[Tab] | None:
    """The lists of stations and terminals of a tenant and of those below it."""
    if not reader.may(StationPerm.VIEW):
        return None
    return [
        Tab(_("Stations"), _listed("stations.stations", tenant)),
        Tab(_("Terminals"), _listed("stations.piles", tenant)),
    ]


def open_stations(tenant: Tenant) -> Sequence[Link] | None:
    """Stations of the tenant itself; those below it keep their own tenant open."""
    count = open_station_count(tenant.pk)
    if not count:
        return None
    words = ngettext("%(count)d station", "%(count)d stations", count) % {"count": count}
    return [Link(words, _listed("stations.stations", tenant))]


def _listed(name: str, tenant: Tenant) -> str:
    """The list with the tenant as its filter; one's own list has nothing but one's own."""
    own = tenant.pk == current_scope().tenant_id
    return reverse(name) + ("" if own else f"?{urlencode({'agency': tenant.code})}")
