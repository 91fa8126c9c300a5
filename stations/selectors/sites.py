"""Stations, piles and connectors of the active scope."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, JSONObject

from backoffice.kit.levels import Level
from stations import hooks
from stations.models import (
    Connector,
    ConnectorStatus,
    Intent,
    Life,
    Pile,
    PileModel,
    QrToken,
    Station,
    StationStatus,
    UnclaimedPile,
    VendorMessage,
)
from stations.models.vendors import Direction
from stations.states import CHARGING
from stations.tokens import read_token
from tenants.models import Tenant, TenantStatus
from tenants.selectors import tenants


@dataclass(frozen=True, slots=True)
class TokenTarget:
    """What a sticker opens. A revoked one still says which connector it was on."""

    connector: Connector
    revoked: bool


def station_list() -> QuerySet[Station]:
    """Stations with how much stands on them, retired piles left out.

    ``pile_count``, ``online_count``, ``connector_count``, ``charging_count``, ``faulted_count``, ``alarm_count``:
    each is counted for the rows that are shown, and for no others.
    """
    here = Pile.objects.filter(station=OuterRef("pk")).exclude(life=Life.RETIRED)
    guns = Connector.objects.filter(pile__station=OuterRef("pk"), number__gt=0).exclude(
        pile__life=Life.RETIRED
    )
    return Station.objects.annotate(
        pile_count=_count(here),
        online_count=_count(here.filter(online=True)),
        connector_count=_count(guns),
        charging_count=_count(guns.filter(pile__online=True, status__in=CHARGING)),
        faulted_count=_count(guns.filter(status="Faulted")),
        alarm_count=_count(hooks.open_alarms().filter(station=OuterRef("pk"))),
    )


def pile_list() -> QuerySet[Pile]:
    """Piles with ``guns``, number and status of each connector in order, and ``alarm_count``, what is wrong there now."""
    guns = Connector.objects.filter(pile=OuterRef("pk"), number__gt=0).order_by("number")
    return Pile.objects.annotate(
        guns=ArraySubquery(guns.values_list(JSONObject(number="number", status="status"), flat=True)),
        alarm_count=_count(hooks.open_alarms().filter(pile=OuterRef("pk"))),
    )


def connector_list() -> QuerySet[Connector]:
    """Connectors; connector 0 is no connector."""
    return Connector.objects.filter(number__gt=0)


def piles_out_of_reach() -> QuerySet[Pile]:
    """Piles in service that are not connected."""
    return Pile.objects.filter(online=False).exclude(life__in=[Life.RETIRED, Life.IN_STOCK])


def stations_below_ratio(percent: int) -> QuerySet[Pile, Any]:
    """The keys of stations where fewer than so many percent of the piles are online; those without piles are none."""
    counted = Pile.objects.exclude(life=Life.RETIRED).order_by().values("station")
    rated = counted.annotate(total=Count("pk"), heard=100 * Count("pk", filter=Q(online=True)))
    return rated.filter(heard__lt=F("total") * percent).values("station")


def faulted_connectors() -> QuerySet[Connector]:
    """Connectors whose last report was a fault."""
    return Connector.objects.filter(status="Faulted").exclude(pile__life=Life.RETIRED)


def model_list() -> QuerySet[PileModel]:
    """Models with ``pile_count`` of the scope."""
    return PileModel.objects.annotate(pile_count=_count(Pile.objects.filter(model=OuterRef("pk"))))


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values(one=Value(1)).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def stations() -> QuerySet[Station]:
    """Stations of the scope."""
    return Station.objects.select_related("tenant")


def station_by_code(code: str) -> Station:
    """Raises Station.DoesNotExist."""
    return Station.objects.select_related("tenant").get(code=code.strip().upper())


def piles() -> QuerySet[Pile]:
    """Piles of the scope, with what their page and their row need."""
    return Pile.objects.select_related("tenant", "station", "model")


def piles_of(station: Station) -> QuerySet[Pile]:
    """The piles on a station that are not retired, by name."""
    here = Pile.objects.filter(station=station).exclude(life=Life.RETIRED)
    return here.select_related("model").prefetch_related("connectors").order_by("name", "pk")


def pile_by_identity(identity: str) -> Pile:
    """Raises Pile.DoesNotExist."""
    return piles().get(identity=identity)


def connectors() -> QuerySet[Connector]:
    """Connectors of the scope; connector 0 is no connector."""
    return Connector.objects.filter(number__gt=0).select_related("tenant", "pile__station", "pile__model")


def connectors_of(pile: Pile) -> QuerySet[Connector]:
    """The connectors of one pile, by number."""
    return connectors().filter(pile=pile).order_by("number")


def connector_of(pile: Pile, number: int) -> Connector:
    """Raises Connector.DoesNotExist."""
    return connectors().get(pile=pile, number=number)


def live_tokens(pile: Pile) -> dict[int, QrToken]:
    """The codes that open the connectors of a pile, by connector id."""
    tokens = QrToken.objects.filter(connector__pile=pile, revoked_at__isnull=True)
    return {token.connector_id: token for token in tokens}


def codes_to_print(pile_ids: Collection[int]) -> QuerySet[QrToken]:
    """The codes that open the connectors of these piles, with what a sticker says, in the order of stickers."""
    live = QrToken.objects.filter(connector__pile__in=pile_ids, revoked_at__isnull=True)
    return live.select_related("connector__pile__station", "connector__pile__model").order_by(
        "connector__pile__station__name", "connector__pile__name", "connector__number", "pk"
    )


def connector_by_token(text: str) -> TokenTarget | None:
    """The connector that a code was on; None for what was never a code. A driver has no scope yet."""
    token = read_token(text)
    if token is None:
        return None
    row = (
        QrToken.objects.select_related("connector__pile__station", "connector__pile__model")
        .filter(token=token)
        .first()
    )
    return TokenTarget(row.connector, row.revoked_at is not None) if row is not None else None


def connectors_beside(connector: Connector) -> QuerySet[Connector]:
    """Other connectors of the station that reported themselves free and have a code, the nearest first.

    ``code`` is what their sticker opens with; those of the same pile come first.
    """
    codes = QrToken.objects.filter(connector=OuterRef("pk"), revoked_at__isnull=True)
    free = connectors().filter(
        pile__station=connector.pile.station_id,
        pile__online=True,
        pile__life=Life.IN_SERVICE,
        pile__intent=Intent.OPERATIVE,
        intent=Intent.OPERATIVE,
        status=ConnectorStatus.AVAILABLE,
    )
    elsewhere = Case(When(pile=connector.pile_id, then=Value(0)), default=Value(1))
    return (
        free.exclude(pk=connector.pk)
        .annotate(code=Subquery(codes.values("token")[:1]))
        .filter(code__isnull=False)
        .order_by(elsewhere, "pile__name", "number", "pk")
    )


def pile_models() -> QuerySet[PileModel]:
    """Models of the manufacturer of the scope."""
    return PileModel.objects.select_related("tenant")


def model_named(name: str, manufacturer_id: int) -> PileModel | None:
    """The model of this name, if the manufacturer has it."""
    return PileModel.objects.filter(tenant_id=manufacturer_id, name=name.strip()).first()


def vendor_messages() -> QuerySet[VendorMessage]:
    """Vendor messages of the scope and those handed down to it."""
    return VendorMessage.objects.order_by("vendor_id", "message_id", "pk")


def messages_to_piles() -> QuerySet[VendorMessage]:
    """Those that may be sent to piles."""
    return vendor_messages().filter(direction=Direction.TO_PILE)


def unclaimed() -> QuerySet[UnclaimedPile]:
    """Identities that knocked and that nobody registered."""
    return UnclaimedPile.objects.all()


def station_owners() -> QuerySet[Tenant]:
    """Who may be given a station: active operators and agencies."""
    active = tenants().filter(level__in=[Level.OPERATOR, Level.AGENCY], status=TenantStatus.ACTIVE)
    return active.order_by("name")


def stations_by_name() -> QuerySet[Station]:
    """Stations to choose from: those that are not closed."""
    return Station.objects.exclude(status=StationStatus.CLOSED).order_by("name")


def open_station_count(tenant_id: int) -> int:
    """Stations of a tenant that are not closed."""
    here = Station.objects.filter(tenant_id=tenant_id).exclude(status=StationStatus.CLOSED)
    filled = Exists(Pile.objects.filter(station=OuterRef("pk")).exclude(life=Life.RETIRED))
    return here.filter(~Q(status=StationStatus.STORE) | filled).count()
