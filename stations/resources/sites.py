"""Lists of stations, piles, connectors, and of identities that wait to be claimed."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.kit import clock
from backoffice.kit.frame import Empty
from backoffice.kit.levels import Level
from backoffice.kit.lists import (
    BulkPage,
    ListFilters,
    ListTable,
    PageAction,
    Place,
    Resource,
    columns,
    filters,
)
from stations import hooks, selectors, tones
from stations.models import (
    Connector,
    ConnectorStatus,
    Intent,
    Life,
    Pile,
    Registration,
    Station,
    StationStatus,
    letter_of,
)
from stations.permissions import StationPerm
from stations.resources.guns import Guns, error_words
from stations.resources.today import EnergyToday, RevenueToday, UsedToday
from stations.selectors.today import station_list_with_today

ONLINE = {True: _("Online"), False: _("Offline")}
TARIFF_OF_STATION = ("tariff__name", "default_tariff", "status")
REGISTERED = {True: _("Registered"), False: _("Only the pile knows it")}


def operator_name(owner, above, level):
    """Who runs it: whoever stands above the agency, or its owner where there is no agency."""
    return above if level == Level.AGENCY else owner


def tariff_words(named, default, status):
    """The tariff that a station names, else the default that counts there; a store sells nothing."""
    return named or (default if default and status != StationStatus.STORE else "")


def default_words(named, default, status):
    """That it is the default."""
    return gettext("default") if not named and tariff_words(named, default, status) else ""


def below_ratio(percent):
    """Stations where less than this part of the terminals is online."""
    return Q(pk__in=selectors.stations_below_ratio(percent))


class StationTable(ListTable):
    name = columns.Link(to="stations:station", sort=("name", "pk"), second=columns.Text("code"))
    owner = columns.Text("tenant__name", head=_("Agency"), sort=("tenant__name", "pk"), css="c-tight")
    operator = columns.Text(
        "tenant__name",
        "tenant__parent__name",
        "tenant__level",
        head=_("Operator"),
        show=operator_name,
        shown=False,
    )
    city = columns.Text(sort=True, second=columns.Text("address"))
    piles = columns.Online("online_count", "pile_count", head=_("Terminals online"))
    connectors = columns.Number("connector_count", head=_("Connectors"))
    charging = columns.Number("charging_count", head=_("Charging"))
    faulted = columns.Number("faulted_count", head=_("Faulted"))
    alarms = columns.Number("alarm_count", head=_("Open alarms"))
    energy_today = EnergyToday()
    revenue_today = RevenueToday()
    used_today = UsedToday("connector_count")
    tariff = columns.Text(
        *TARIFF_OF_STATION,
        head=_("Tariff"),
        show=tariff_words,
        css="c-tight",
        second=columns.Text(*TARIFF_OF_STATION, head=_("default"), show=default_words),
    )
    status = columns.Badge(choices=StationStatus, tones=tones.STATION)
    power_limit_kw = columns.Number(digits=1, shown=False)
    timezone = columns.Text(shown=False)
    latitude = columns.Number(digits=6, shown=False)
    longitude = columns.Number(digits=6, shown=False)
    hotline = columns.Text(shown=False)
    opened_on = columns.Day(shown=False, sort=True)
    is_public = columns.YesNo(shown=False)
    created_at = columns.When(shown=False, sort=True)


class StationFilters(ListFilters):
    words = filters.Search("name", "code", "address", label=_("Name or code"))
    agency = filters.Subtree(label=_("Agency"))
    city = filters.Text()
    status = filters.Choice(choices=StationStatus)
    tariff = filters.Text("tariff__name", label=_("Tariff"))
    trouble = filters.Cases(
        {
            "offline": (
                _("A terminal is offline"),
                lambda: Q(pk__in=selectors.piles_out_of_reach().values("station")),
            ),
            "faulted": (
                _("A connector is faulted"),
                lambda: Q(pk__in=selectors.faulted_connectors().values("pile__station")),
            ),
            "alarm": (_("Has an open alarm"), hooks.stations_with_alarms),
            "work": (
                _("Under maintenance now"),
                lambda: Q(pk__in=selectors.stations_worked_on()),
            ),
            "nowhere": (
                _("Not on the map"),
                lambda: Q(latitude__isnull=True) & ~Q(status=StationStatus.STORE),
            ),
        },
        label=_("Trouble"),
    )
    online = filters.Cases(
        {
            str(percent): (
                format_lazy(_("Below {percent} %"), percent=percent),
                partial(below_ratio, percent),
            )
            for percent in (100, 90, 75, 50, 25)
        },
        label=_("Terminals online"),
    )
    opened_on = filters.Period(label=_("Opened"))


STATIONS = Resource(
    name="stations.stations",
    path="stations/",
    title=_("Stations"),
    model=Station,
    rows=station_list_with_today,
    table=StationTable,
    filters=StationFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="name",
    order=("name", "id"),
    detail="stations:station",
    menu=Place("stations", 10),
    page_actions=(
        PageAction(
            label=_("Import"),
            to="imports.upload",
            of="stations.stations",
            perm=StationPerm.MANAGE,
            icon="upload",
            tone="",
        ),
        PageAction(label=_("New station"), to="stations:station_new", perm=StationPerm.MANAGE),
    ),
    bulk_pages=(
        BulkPage(
            label=_("Tariff…"),
            to="stations:assign_stations",
            perms=frozenset({StationPerm.TARIFF_MANAGE}),
            icon="money",
        ),
        BulkPage(
            label=_("Hand over…"),
            to="stations:offer_stations",
            perms=frozenset({StationPerm.HANDOVER_STATIONS}),
            icon="switch",
        ),
    ),
    empty=Empty(_("No station yet"), _("Add the first one; its terminals come next.")),
    live="connectors piles",
)


class PileTable(ListTable):
    name = columns.Link(to="stations:pile", sort=("name", "pk"), second=columns.Text("identity"))
    station = columns.Text(
        "station__name",
        head=_("Station"),
        sort=("station__name", "pk"),
        second=columns.Text("tenant__name", head=_("Agency")),
    )
    model = columns.Text("model__name", head=_("Model"), second=columns.Text("serial"))
    online = columns.Badge(choices=ONLINE, tones=tones.PRESENCE, head=_("Presence"))
    guns = Guns()
    last_seen_at = columns.Ago(sort=True)
    alarms = columns.Number("alarm_count", head=_("Open alarms"))
    firmware = columns.Text(sort=True)
    life = columns.Badge(choices=Life, tones=tones.LIFE)
    registration = columns.Badge(
        head=_("Registration"), choices=Registration, tones=tones.REGISTRATION, shown=False
    )
    status = columns.Badge(
        choices=ConnectorStatus, tones=tones.CONNECTOR, shown=False, head=_("Reports of itself")
    )
    intent = columns.Badge(choices=Intent, tones=tones.INTENT, shown=False, head=_("Intended"))
    clock_offset_s = columns.Number(shown=False)
    remote = columns.Text(shown=False)
    iccid = columns.Text(shown=False, head=_("SIM card"))
    boot_count = columns.Number(shown=False, head=_("Boots"))
    booted_at = columns.When(shown=False, sort=True)
    security_profile = columns.Text(shown=False)
    warranty_until = columns.Day(shown=False, sort=True)
    sim_expires_on = columns.Day(shown=False, sort=True)
    created_at = columns.When(shown=False, sort=True)


def runs_out(path, days):
    """The date at this path comes within so many days, or is over."""
    return Q(**{f"{path}__lte": clock.now().date() + timedelta(days=days)})


def silent_for(**time):
    """Piles that have not been heard for so long, or never."""
    return Q(last_seen_at__lt=clock.ago(**time)) | Q(last_seen_at__isnull=True)


class PileFilters(ListFilters):
    words = filters.Search("name", "identity", "serial", label=_("Name or serial"))
    agency = filters.Subtree(label=_("Agency"))
    station = filters.Text("station__name", label=_("Station"))
    online = filters.YesNo(yes=ONLINE[True], no=ONLINE[False], label=_("Presence"))
    connector = filters.Choice("connectors__status", choices=ConnectorStatus, label=_("A connector is"))
    silent = filters.Cases(
        {
            "hour": (_("More than 1 h"), lambda: silent_for(hours=1)),
            "day": (_("More than 1 day"), lambda: silent_for(days=1)),
            "week": (_("More than 7 days"), lambda: silent_for(days=7)),
        },
        label=_("Not heard for"),
    )
    model = filters.Text("model__name", label=_("Model"))
    firmware = filters.Text()
    life = filters.Choice(choices=Life)
    settings = filters.Cases(
        {
            "off": (_("Not as wanted"), lambda: Q(pk__in=selectors.drifted_piles())),
            "unread": (_("Wanted and not read"), lambda: Q(pk__in=selectors.unread_piles())),
        },
        label=_("Settings"),
    )
    expires = filters.Cases(
        {
            "sim30": (_("SIM card within 30 days"), lambda: runs_out("sim_expires_on", 30)),
            "sim90": (_("SIM card within 90 days"), lambda: runs_out("sim_expires_on", 90)),
            "warranty90": (_("Warranty within 90 days"), lambda: runs_out("warranty_until", 90)),
        },
        label=_("Runs out"),
    )
    clock = filters.Cases(
        {"off": (_("More than 2 min off"), lambda: ~Q(clock_offset_s__range=(-120, 120)))}, label=_("Clock")
    )


PILES = Resource(
    name="stations.piles",
    path="piles/",
    title=_("Terminals"),
    model=Pile,
    rows=selectors.pile_list,
    table=PileTable,
    filters=PileFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="name",
    order=("name", "id"),
    detail="stations:pile",
    menu=Place("stations", 20),
    page_actions=(
        PageAction(
            label=_("Import"),
            to="imports.upload",
            of="stations.piles",
            perm=StationPerm.IMPORT,
            icon="upload",
            tone="",
        ),
        PageAction(label=_("New terminal"), to="stations:pile_new", perm=StationPerm.MANAGE),
    ),
    bulk_pages=(
        BulkPage(
            label=_("Ask…"),
            to="stations:bulk",
            perms=frozenset({StationPerm.COMMAND_BASIC, StationPerm.COMMAND_ENGINEER}),
            icon="message",
        ),
        BulkPage(
            label=_("Labels"),
            to="stations:labels",
            perms=frozenset({StationPerm.MANAGE, StationPerm.IMPORT}),
            icon="qr",
        ),
        BulkPage(
            label=_("Tariff…"),
            to="stations:assign_piles",
            perms=frozenset({StationPerm.TARIFF_MANAGE}),
            icon="money",
        ),
        BulkPage(
            label=_("Hand over…"),
            to="stations:offer_piles",
            perms=frozenset({StationPerm.HANDOVER}),
            icon="switch",
        ),
    ),
    empty=Empty(_("No terminal yet"), _("Register one at a station, or claim one that waits.")),
    live="connectors piles",
)


class ConnectorTable(ListTable):
    pile = columns.Link(
        "pile__name",
        "number",
        to="stations:pile",
        key="pile__pk",
        head=_("Connector"),
        sort=("pile__name", "number", "pk"),
        show=lambda name, number: f"{name} {letter_of(number)}",
        second=columns.Text("pile__identity"),
    )
    station = columns.Text(
        "pile__station__name",
        head=_("Station"),
        sort=("pile__station__name", "pk"),
        second=columns.Text("tenant__name", head=_("Agency")),
    )
    type = columns.Text(second=columns.Number("rated_kw", digits=1))
    status = columns.Badge(choices=ConnectorStatus, tones=tones.CONNECTOR, head=_("Reported"))
    error_code = columns.Text(
        show=error_words, second=columns.Text("vendor_error_code", head=_("Vendor's code"))
    )
    status_at = columns.Ago(head=_("Since"), sort=True)
    online = columns.Badge("pile__online", choices=ONLINE, tones=tones.PRESENCE, head=_("Presence"))
    intent = columns.Badge(choices=Intent, tones=tones.INTENT)
    registered = columns.Badge(choices=REGISTERED, tones={True: "plain", False: "waiting"}, shown=False)
    created_at = columns.When(shown=False, sort=True)


class ConnectorFilters(ListFilters):
    words = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
    agency = filters.Subtree(label=_("Agency"))
    station = filters.Text("pile__station__name", label=_("Station"))
    status = filters.Choice(choices=ConnectorStatus, label=_("Reported"))
    online = filters.YesNo("pile__online", yes=ONLINE[True], no=ONLINE[False], label=_("Presence"))
    intent = filters.Choice(choices=Intent)
    registered = filters.YesNo(yes=REGISTERED[True], no=REGISTERED[False], label=_("Registered"))
    since = filters.Cases(
        {
            "hour": (_("More than 1 h"), lambda: Q(status_at__lt=clock.now() - timedelta(hours=1))),
            "day": (_("More than 1 day"), lambda: Q(status_at__lt=clock.now() - timedelta(days=1))),
        },
        label=_("In this state for"),
    )


CONNECTORS = Resource(
    name="stations.connectors",
    path="connectors/",
    title=_("Connectors"),
    model=Connector,
    rows=selectors.connector_list,
    table=ConnectorTable,
    filters=ConnectorFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="pile__identity",
    order=("pile__name", "number", "id"),
    menu=Place("stations", 30),
    empty=Empty(_("No connector yet"), _("Connectors come with the terminals that are registered.")),
    live="connectors piles",
)
