"""What pages about tenants show of stations: asked for through their hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import figures
from backoffice.kit.frame import Link, Tab, Words
from backoffice.kit.scope import current_scope
from backoffice.kit.staff import Reader
from stations.models import AssignmentState
from stations.permissions import StationPerm
from stations.selectors import listed_by_the_old, open_station_count
from tenants.models import Tenant
from tenants.obstacles import LeftBehind, Obstacle

STATIONS, PILES, CHANGES = "stations.stations", "stations.piles", "stations.tariff_changes"


def stations_below(tenant: Tenant, reader: Reader) -> Sequence[Tab] | None:
    """The lists of stations and terminals of a tenant and of those below it."""
    if not reader.may(StationPerm.VIEW):
        return None
    return [
        Tab(_("Stations"), _listed(STATIONS, tenant)),
        Tab(_("Terminals"), _listed(PILES, tenant)),
    ]


def open_stations(tenant: Tenant) -> Sequence[Link] | None:
    """Stations of the tenant itself; those below it keep their own tenant open."""
    count = open_station_count(tenant.pk)
    if not count:
        return None
    words = ngettext("%(count)d station", "%(count)d stations", count) % {"count": count}
    return [Link(words, _listed(STATIONS, tenant))]


def lists_to_leave(tenant: Tenant) -> Sequence[tuple[Words, Words]] | None:
    """Terminals that leave the local list of the operator above when the tenant moves."""
    count = listed_by_the_old(tenant.pk)
    if not count:
        return None
    return [(_("Terminals that change their local list"), figures.number_text(count))]


def price_in_the_way(one: LeftBehind) -> Obstacle | None:
    """Prices that only the old chain hands down: nobody's price changes because somebody moves a tenant."""
    words = _PRICED.get((one.key.model._meta.model_name or "", one.key.name))
    if words is None:
        return None
    said, name, more = words(one.count)
    return Obstacle(
        said % {"n": figures.number_text(one.count), "tariff": one.target, "owner": one.owner},
        f"{_listed(name, one.tenant)}&{urlencode(more | {'tariff': str(one.target)})}",
        _(
            "Who sells there gives them a tariff of their own, or takes theirs off: the default at the new place "
            "counts then."
        )
        if name != CHANGES
        else _("Cancel it first."),
    )


_PRICED: Mapping[tuple[str, str], Callable[[int], tuple[str, str, dict[str, str]]]] = {
    ("station", "tariff"): lambda n: (
        ngettext(
            "%(n)s station has the tariff “%(tariff)s” of %(owner)s",
            "%(n)s stations have the tariff “%(tariff)s” of %(owner)s",
            n,
        ),
        STATIONS,
        {},
    ),
    ("pile", "tariff"): lambda n: (
        ngettext(
            "%(n)s terminal has the tariff “%(tariff)s” of %(owner)s",
            "%(n)s terminals have the tariff “%(tariff)s” of %(owner)s",
            n,
        ),
        PILES,
        {},
    ),
    ("tariffassignment", "tariff"): lambda n: (
        ngettext(
            "%(n)s change to the tariff “%(tariff)s” of %(owner)s is waiting",
            "%(n)s changes to the tariff “%(tariff)s” of %(owner)s are waiting",
            n,
        ),
        CHANGES,
        {"state": AssignmentState.WAITING.value},
    ),
}


def _listed(name: str, tenant: Tenant) -> str:
    """The list with the tenant as its filter; one's own list has nothing but one's own."""
    own = tenant.pk == current_scope().tenant_id
    return reverse(name) + ("" if own else f"?{urlencode({'agency': tenant.code})}")
