"""Stations, piles and connectors of the active scope."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from stations.models import Connector, Life, Pile, PileModel, QrToken, Station, StationStatus, UnclaimedPile
from stations.states import CHARGING
from stations.tokens import read_token


@dataclass(frozen=True, slots=True)
class TokenTarget:
    """What a sticker opens. A revoked one still says which connector it was on."""

    connector: Connector
    revoked: bool


def station_list() -> QuerySet[Station]:
    """Stations with what stands on them: ``pile_count``, ``online_count``, ``connector_count`` and by state."""
    present = ~Q(piles__life=Life.RETIRED)
    connector = present & Q(piles__connectors__isnull=False)
    return Station.objects.select_related("tenant").annotate(
        pile_count=Count("piles", filter=present, distinct=True),
        online_count=Count("piles", filter=present & Q(piles__online=True), distinct=True),
        connector_count=Count("piles__connectors", filter=connector, distinct=True),
        charging_count=Count(
            "piles__connectors",
            filter=connector & Q(piles__online=True, piles__connectors__status__in=CHARGING),
            distinct=True,
        ),
        faulted_count=Count(
            "piles__connectors", filter=connector & Q(piles__connectors__status="Faulted"), distinct=True
        ),
    )


def stations() -> QuerySet[Station]:
    """Stations of the scope."""
    return Station.objects.select_related("tenant")


def station_by_code(code: str) -> Station:
    """Raises Station.DoesNotExist."""
    return Station.objects.select_related("tenant").get(code=code.strip().upper())


def piles() -> QuerySet[Pile]:
    """Piles of the scope, with what their page and their row need."""
    return Pile.objects.select_related("tenant", "station", "model")


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


def pile_models() -> QuerySet[PileModel]:
    """Models of the manufacturer of the scope."""
    return PileModel.objects.select_related("tenant")


def model_named(name: str, manufacturer_id: int) -> PileModel | None:
    """The model of this name, if the manufacturer has it."""
    return PileModel.objects.filter(tenant_id=manufacturer_id, name=name.strip()).first()


def unclaimed() -> QuerySet[UnclaimedPile]:
    """Identities that knocked and that nobody registered."""
    return UnclaimedPile.objects.select_related("tenant")


def open_station_count(tenant_id: int) -> int:
    """Stations of a tenant that are not closed."""
    return Station.objects.filter(tenant_id=tenant_id).exclude(status=StationStatus.CLOSED).count()
