"""The pages of one station, a tab for each group of functions, and the first of them: how it stands now."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _, gettext_lazy, pgettext, pgettext_lazy

from backoffice.kit import audit, clock, figures
from backoffice.kit.frame import Action, Fact
from backoffice.kit.money import Money
from backoffice.kit.pages import detail_page, requires, row_or_404
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader
from stations import hooks, selectors, tones
from stations.models import Facility, MaintenanceState, StationStatus
from stations.opening_words import day_lines, now_words, week_lines
from stations.permissions import StationPerm
from stations.resources import STATIONS
from stations.resources.guns import state_of
from stations.resources.sites import ONLINE
from stations.selectors import maintenance as of_windows
from stations.views.pile import WHY
from stations.views.price_now import price_now
from stations.views.stale import pile_asks
from stations.views.tabs import Page, tabs_of
from stations.views.trail import trail_of
from tenants.selectors import lineage

PILES_SHOWN = 60
PHOTOS_SHOWN = 4
WINDOWS_SHOWN = 3
MAP_ZOOM = 14


VIEW = frozenset[Perm]({StationPerm.VIEW})
PAGES = (
    Page("station", pgettext_lazy("station", "Overview"), VIEW),
    Page("station_photos", gettext_lazy("Photos"), VIEW),
    Page("station_maintenance", pgettext_lazy("windows", "Maintenance"), VIEW),
    Page("station_history", gettext_lazy("Changes"), VIEW),
)


def page_of(station):
    return reverse("stations:station", args=[station.pk])


def station_page(request, row, template, *, current, **context):
    """Render a page about a station; ``current`` is the name of its URL, the context that of ``kit/detail.html``."""
    return detail_page(
        request,
        template,
        title=row.name,
        back=STATIONS.back(),
        badges=[(row.get_status_display(), tones.STATION[row.status])],
        subtitle=f"{row.code} · {row.tenant.name}",
        tabs=tabs_of(PAGES, row, current=current, grants=request.grants),
        station=row,
        **context,
    )


@requires(StationPerm.VIEW)
def station(request, pk):
    """Figures of today, terminals, price, work to come and what drivers find there."""
    row = row_or_404(selectors.station_list().select_related("tenant", "tariff"), pk=pk)
    reader, opening = Reader.of(request), selectors.opening_of(row)
    parts = sorted(hooks.station_parts(row, reader), key=lambda part: part.order)
    windows = list(of_windows.open_maintenances(row)[:WINDOWS_SHOWN])
    piles = list(selectors.piles_of(row)[:PILES_SHOWN])
    return station_page(
        request,
        row,
        "stations/station.html",
        current="station",
        actions=[*hooks.station_actions(row, reader), *_actions(request, row)],
        live=["connectors"],
        live_topics=_topics(row, piles),
        notices=_notices(row, windows, opening),
        state_facts=_facts(row),
        piles=[_line(pile, request.grants, page_of(row)) for pile in piles],
        more_piles=_beyond(row),
        piles_url=f"{reverse('stations.piles')}?{urlencode({'station': row.name})}",
        prices=_prices(row),
        load_groups=list(selectors.load_states_of(row)),
        windows=[(window, tones.MAINTENANCE[window.state]) for window in windows],
        opening=opening and now_words(opening),
        tiles=settings.MAP_TILES,
        is_open=opening is None or opening.now.open,
        hours=_hours(opening),
        place=_place(row),
        facilities=_facilities(row),
        photos=list(selectors.photos_of(row)[:PHOTOS_SHOWN]),
        parts=[part for part in parts if not part.beside],
        parts_beside=[part for part in parts if part.beside],
        may_manage=StationPerm.MANAGE in request.grants and row.status != StationStatus.CLOSED,
    )


@requires(StationPerm.VIEW)
def history(request, pk):
    """Who changed what of it."""
    row = row_or_404(selectors.stations(), pk=pk)
    return station_page(
        request, row, "stations/changes.html", current="station_history", history=trail_of(row)
    )


def _beyond(row):
    """How many terminals the page leaves out."""
    return max(row.pile_count - PILES_SHOWN, 0)


def _prices(row):
    """The price lists that count at its connectors: whose each is, and what a kWh costs by it now."""
    zone = selectors.zone_of(row)
    return [
        (one, WHY.get(one.why, ""), price_now(one.version, zone) if one.version else None)
        for one in selectors.tariffs_of_station(row, clock.now())
    ]


def _topics(row, piles):
    """What tells of news here: the station itself, and each of its terminals."""
    mine = (f"{topic}={audit.reference(pile)}" for pile in piles for topic in ("connectors", "piles"))
    return " ".join([f"stations={audit.reference(row)}", *mine])


def _notices(row, windows, opening):
    """What stands between a driver and a charge here, each with its tone."""
    found = []
    for window in windows:
        if window.state != MaintenanceState.PLANNED:
            until = figures.moment_text(window.ends_at, now=clock.now(), zone=timezone.get_current_timezone())
            words = _("Under maintenance until %(time)s: %(reason)s")
            found.append((words % {"time": until, "reason": window.reason}, "waiting"))
    if row.status not in {StationStatus.LIVE, StationStatus.CLOSED}:
        found.append((_("Drivers start charging at live stations only."), "waiting"))
    if opening is not None and not opening.now.open and row.strict_hours:
        found.append((_("Closed by its hours: no new charge starts now."), "offline"))
    return found


def _facts(row):
    today = timezone.localdate(clock.now(), selectors.zone_of(row))
    day = hooks.station_day(row, today)
    amounts = [figures.money_text(Money(amount, currency)) for currency, amount in day.amounts.items()]
    online = _("%(count)s online") % {"count": row.online_count}
    return [
        Fact(_("Terminals"), str(row.pile_count), online),
        Fact(_("Connectors"), str(row.connector_count), _faults(row)),
        Fact(_("Charging now"), str(row.charging_count)),
        Fact(_("Orders today"), figures.number_text(day.sessions), pgettext("orders of today", "settled")),
        Fact(_("Energy today"), f"{figures.energy_text(day.energy_wh, 1)}{figures.NBSP}kWh"),
        Fact(_("Revenue today"), figures.sums_text(amounts) or "–"),
        Fact(_("Used today"), _utilisation(row, day), _("of connector time")),
    ]


def _faults(row):
    return _("%(count)s faulted") % {"count": row.faulted_count} if row.faulted_count else ""


def _utilisation(row, day):
    """Time that settled charges took over the time that has passed today, of all connectors."""
    share = day.share_used(row.connector_count, clock.now().astimezone(selectors.zone_of(row)))
    return "–" if share is None else figures.percent_text(share)


def _line(pile, grants, back):
    """One terminal in the station's table, with a question where what is shown of it is old."""
    return {
        "asks": pile_asks(pile, grants, connectors=pile.connectors.all(), back=back),
        "row": pile,
        "presence": (ONLINE[pile.online], tones.PRESENCE[pile.online]),
        "guns": [
            (f"{gun.letter} {word}", tone)
            for gun in sorted(pile.connectors.all(), key=lambda gun: gun.number)
            if gun.number
            for word, tone in [state_of(gun.status, online=pile.online)]
        ],
    }


def _hours(opening):
    """The week and the days that differ, each a line."""
    if opening is None:
        return []
    return [*week_lines(opening.hours), *day_lines(opening.hours, opening.local.date())]


def _facilities(row):
    labels = dict(Facility.choices)
    return [labels[one] for one in row.facilities if one in labels]


def _place(row):
    above = reversed(lineage(row.tenant_id))
    hotline = next((one.hotline for one in above if one.hotline), "")
    inherited = _("%(value)s, as the tenant")
    where = f"{row.latitude}, {row.longitude}" if row.latitude is not None else "–"
    height = f"{figures.number_text(row.height_limit_m, 2)} m" if row.height_limit_m is not None else ""
    pairs = [
        (_("Address"), " ".join(filter(None, [row.city, row.address])) or "–"),
        (_("Coordinates"), where),
        (_("Time zone"), row.timezone or inherited % {"value": selectors.zone_of(row).key}),
        (_("Open to the public"), _("Yes") if row.is_public else _("No")),
        (_("Hotline"), row.hotline or (inherited % {"value": hotline} if hotline else "–")),
        (_("Contact on site"), " · ".join(filter(None, [row.contact, row.contact_phone]))),
        (_("Opened on"), row.opened_on),
        (_("Height limit"), height),
        (_("Parking rule"), row.parking),
    ]
    return [(label, value) for label, value in pairs if value]


def _on_the_map(row):
    """The live map with its card open."""
    place = {"z": MAP_ZOOM, "lat": row.latitude, "lng": row.longitude, "station": row.pk}
    return Action(_("On the map"), f"{reverse('stations:map')}?{urlencode(place)}", icon="map", get=True)


def _actions(request, row):
    """What this reader may do with the station as it stands."""
    grants = request.grants
    open_ = row.status not in {StationStatus.CLOSED, StationStatus.STORE}

    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]), icon=icon, **more)

    found = [_on_the_map(row)] if row.latitude is not None else []
    if StationPerm.TARIFF_MANAGE in grants and open_:
        found.append(to("station_tariff", _("Tariff…"), "money", asks=True, aside=True))
    if open_:
        found.append(to("station_list", _("Local list"), "card", get=True, aside=True))
    if StationPerm.MANAGE in grants and open_:
        found += [
            to("maintenance_new", _("Maintenance…"), "wrench", get=True),
            to("station_transfer", _("Transfer…"), "switch", asks=True, aside=True),
            to("station_close", _("Close…"), "close-circle", tone="stop", asks=True, aside=True),
            to("station_edit", _("Edit"), "edit", get=True),
        ]
    return found
