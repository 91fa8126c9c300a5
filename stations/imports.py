"""The Excel imports of this room: what their columns are called and what stands there.

The heads are those of the lists, so that an export can be edited and sent back.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Model
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.export import Cell, Head, Sheet
from backoffice.kit.frame import Words
from backoffice.kit.imports import BadCell, Column, Import, Plan, Sender, choice, decimal, text, whole
from backoffice.kit.imports.reading import Value
from backoffice.kit.lists import Resource
from stations.credentials import BadKey, seal
from stations.identities import LONGEST, Objection, objection_to
from stations.models import Life, Pile, Station, StationStatus
from stations.permissions import StationPerm
from stations.provisioning import address_of
from stations.quirks import is_zone
from stations.resources import PILES, STATIONS
from stations.services.devices import MOST_CONNECTORS
from stations.services.pile_imports import Made, check_piles, write_piles
from stations.services.station_imports import check_stations, write_stations
from stations.services.tokens import link_of


def _identity(value: Value) -> str:
    identity = text(LONGEST)(value)
    if objection_to(identity) is Objection.FORBIDDEN_CHARACTER:
        raise BadCell(_("An identity has no colon, slash, question mark, hash or control character."))
    return str(identity)


def _code(value: Value) -> str:
    code = str(text(24, fold=str.upper)(value))
    if not code.isascii() or not code.replace("-", "").replace("_", "").isalnum() or not code[0].isalnum():
        raise BadCell(_("Letters without accents, digits, - and _."))
    return code


def _zone(value: Value) -> str:
    zone = str(text(40)(value)).replace(" ", "_")
    if not is_zone(zone):
        raise BadCell(_("This time zone does not exist."))
    return zone


def _password(value: Value) -> str:
    password = str(text(40)(value))
    try:
        seal(password)
    except BadKey:
        raise BadCell(_("A password has 32 to 40 hexadecimal digits.")) from None
    return password


def _called(model: type[Model], name: str) -> tuple[Words, ...]:
    """What the list calls the column of a field."""
    return (model._meta.get_field(name).verbose_name,)  # type: ignore[union-attr] # a column, no reverse relation


def heads_of(resource: Resource) -> Sequence[Words]:
    """What the columns of a list are called in its Excel: a file may have them all."""
    columns = resource.table.base_columns.values()
    return [head.label for column in columns for head in column.all_heads()]


def hand_out(plan: Plan, sender: Sender) -> Sheet | None:
    """Write the piles; for those that are new, what is needed to set them up."""
    made = write_piles(plan, sender)
    if not made:
        return None
    labels = (
        _("Identity"),
        _("Terminal name"),
        _("Station"),
        _("Address"),
        _("User name"),
        _("Password"),
        _("Codes"),
    )
    heads = [Head(label) for label in labels]
    return Sheet(_("New terminals"), heads, [_handed(one) for one in made], secret=True)


def _handed(one: Made) -> list[Cell]:
    pile = one.pile
    links = "\n".join(f"{token.connector.letter} {link_of(token)}" for token in one.tokens)
    return [pile.identity, pile.name, pile.station.name, address_of(pile), pile.identity, one.key, links]


def keep(plan: Plan, sender: Sender) -> None:
    """Write the stations."""
    write_stations(plan, sender)


PILE_IMPORT = Import(
    name="stations.piles",
    title=gettext_lazy("Import terminals"),
    perm=StationPerm.IMPORT,
    key="identity",
    check=check_piles,
    write=hand_out,
    back="stations.piles",
    handed=gettext_lazy(
        "What is needed to connect the new terminals is in the file below, for an hour. The passwords are told nowhere "
        "else; later a terminal gets a new one on its own page."
    ),
    passed_over=lambda: heads_of(PILES),
    columns=(
        Column(
            name="identity",
            head=gettext_lazy("Identity"),
            also=_called(Pile, "identity"),
            parse=_identity,
            needed=True,
            example="CP-000123",
            help=gettext_lazy(
                "Exactly as the pile writes it; by it a terminal is known that is there already."
            ),
        ),
        Column(
            name="name",
            head=gettext_lazy("Terminal name"),
            also=_called(Pile, "name"),
            parse=text(60),
            example="A-01",
            help=gettext_lazy("Drivers see it. Empty: the identity."),
        ),
        Column(
            name="serial",
            head=gettext_lazy("Serial"),
            also=_called(Pile, "serial"),
            parse=text(60),
            example="SN20261126001",
        ),
        Column(
            name="model",
            head=gettext_lazy("Model"),
            parse=text(120),
            example="DC-120",
            empty=None,
            help=gettext_lazy("One of the manufacturer's models."),
        ),
        Column(
            name="station_code",
            head=gettext_lazy("Station code"),
            parse=text(24),
            example="HZ-01",
            help=gettext_lazy(
                "Where it stands. Empty here and in the next column: a new one goes to your store."
            ),
        ),
        Column(
            name="station",
            head=gettext_lazy("Station"),
            parse=text(120),
            help=gettext_lazy("Instead of the code, if only one station is called so."),
        ),
        Column(
            name="connectors",
            head=gettext_lazy("Number of connectors"),
            parse=whole(1, MOST_CONNECTORS),
            example=2,
            empty=None,
            help=gettext_lazy("Empty: as the model has."),
        ),
        Column(
            name="life",
            head=gettext_lazy("Life"),
            also=_called(Pile, "life"),
            parse=choice(Life),
            example=Life.IN_SERVICE.label,
            help=gettext_lazy("Empty: in service, or in stock where it goes to a store."),
        ),
        Column(
            name="password",
            head=gettext_lazy("Password"),
            parse=_password,
            secret=True,
            empty=None,
            help=gettext_lazy(
                "32 to 40 hexadecimal digits. Empty: one is made, and told when the import is done."
            ),
        ),
    ),
)

STATION_IMPORT = Import(
    name="stations.stations",
    title=gettext_lazy("Import stations"),
    perm=StationPerm.MANAGE,
    key="code",
    check=check_stations,
    write=keep,
    back="stations.stations",
    passed_over=lambda: heads_of(STATIONS),
    columns=(
        Column(
            name="code",
            head=gettext_lazy("Code"),
            also=_called(Station, "code"),
            parse=_code,
            needed=True,
            example="HZ-07",
            help=gettext_lazy("Short and for good; by it a station is known that is there already."),
        ),
        Column(
            name="name",
            head=gettext_lazy("Name"),
            also=_called(Station, "name"),
            parse=text(120),
            needed=True,
            example="Xixi Wetland 西溪湿地",
        ),
        Column(
            name="owner",
            head=gettext_lazy("Agency"),
            parse=text(120),
            example="HZ-BINJIANG",
            help=gettext_lazy("Name or code of the agency. Empty: your own."),
        ),
        Column(
            name="status",
            head=gettext_lazy("Status"),
            also=_called(Station, "status"),
            parse=choice(StationStatus),
            example=StationStatus.LIVE.label,
            help=gettext_lazy("Empty: live. Drivers start charging at live stations only."),
        ),
        Column(
            name="city",
            head=gettext_lazy("City"),
            also=_called(Station, "city"),
            parse=text(60),
            example="杭州 Hangzhou",
        ),
        Column(
            name="address",
            head=gettext_lazy("Address"),
            also=_called(Station, "address"),
            parse=text(200),
            example="天目山路 518 号",
        ),
        Column(
            name="latitude",
            head=gettext_lazy("Latitude"),
            also=_called(Station, "latitude"),
            parse=decimal(Decimal(-90), Decimal(90), 6),
            example=Decimal("30.270611"),
            empty=None,
            help=gettext_lazy("WGS-84, in degrees."),
        ),
        Column(
            name="longitude",
            head=gettext_lazy("Longitude"),
            also=_called(Station, "longitude"),
            parse=decimal(Decimal(-180), Decimal(180), 6),
            example=Decimal("120.063709"),
            empty=None,
            help=gettext_lazy("WGS-84, in degrees."),
        ),
        Column(
            name="timezone",
            head=gettext_lazy("Time zone"),
            also=_called(Station, "timezone"),
            parse=_zone,
            example="Asia/Shanghai",
            help=gettext_lazy("Prices follow its clock. Empty: as the tenant."),
        ),
        Column(
            name="hotline",
            head=gettext_lazy("Hotline"),
            also=_called(Station, "hotline"),
            parse=text(30),
            example="400 800 1234",
            help=gettext_lazy("Empty: the tenant's."),
        ),
        Column(
            name="power_limit_kw",
            head=gettext_lazy("Power limit, kW"),
            also=_called(Station, "power_limit_kw"),
            parse=decimal(Decimal(0), Decimal(9_999_999), 1),
            example=Decimal(630),
            empty=None,
        ),
    ),
)

IMPORTS = (PILE_IMPORT, STATION_IMPORT)
