"""The map and the big screen in every form, seen by every level: what is own and below, and nothing else.

Each tenant has one station, far from all others. A surface answers which of them it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from alarms.models import Alarm
from backoffice.kit.levels import Level
from backoffice.kit.scope import PathOwned, TenantOwned, unscoped
from reports.sharing import create_link
from stations.models import Station
from tenants.models import Membership, Tenant
from tenants.selectors import scope_of
from tests.factories.rows import make_row
from tests.factories.tenants import ACTOR, Forest, make_forest, make_member, make_tenant

pytestmark = pytest.mark.django_db

WORLD = {"z": "3", "bbox": "-180,-80,180,80"}
RELATIONS = ("own", "child", "parent", "sibling", "cousin")


@dataclass
class Town:
    """The forest, a station of each tenant by its key, and who looks at each level."""

    forest: Forest
    other_dealer: Tenant
    stations: dict[int, Station]
    viewers: dict[Level, Membership]

    def tenant(self, level: Level, relation: str) -> Tenant | None:
        """The tenant in this relation to the viewer of a level; None where there is none."""
        forest, chain = self.forest, self.forest.chain
        beside = {
            Level.MANUFACTURER: (forest.other_manufacturer, self.other_dealer),
            Level.DEALER: (forest.sibling_dealer, forest.cousin_operator),
            Level.OPERATOR: (forest.sibling_operator, forest.cousin_operator),
            Level.AGENCY: (forest.sibling_agency, forest.cousin_agency),
        }[level]
        at = {"own": level.depth, "child": level.depth + 1, "parent": level.depth - 1}
        if relation in at:
            return chain[at[relation]] if 0 <= at[relation] < len(chain) else None
        return beside[relation == "cousin"]

    def client(self, level: Level) -> Client:
        client = Client()
        client.force_login(self.viewers[level].user)
        return client


def _text(client: Client, name: str, query: dict[str, str] | None = None) -> str:
    answer = client.get(reverse(name), query or {})
    assert answer.status_code == 200
    return answer.content.decode()


def marks(town: Town, level: Level, station: Station) -> str:
    found: str = str(town.client(level).get(reverse("stations:map_view"), WORLD).json()["marks"])
    return found


def side_list(town: Town, level: Level, station: Station) -> str:
    found: str = town.client(level).get(reverse("stations:map_view"), WORLD).json()["list"]
    return found


def table(town: Town, level: Level, station: Station) -> str:
    return _text(town.client(level), "stations:map", {"view": "table"})


def card(town: Town, level: Level, station: Station) -> str:
    return (
        town.client(level)
        .get(reverse("stations:map_card", args=[station.pk]))
        .content.decode()
        .partition("</main>")[0]
    )


def screen(town: Town, level: Level, station: Station) -> str:
    _alarm(station)
    return _text(town.client(level), "reports.screen", {"part": ""})


def screen_map(town: Town, level: Level, station: Station) -> str:
    return _text(town.client(level), "reports.screen_map", WORLD)


def shared_screen(town: Town, level: Level, station: Station) -> str:
    _alarm(station)
    answer = Client().get(reverse("reports.share", args=[_link(town, level)]), {"part": ""})
    assert answer.status_code == 200
    return answer.content.decode()


def shared_map(town: Town, level: Level, station: Station) -> str:
    answer = Client().get(reverse("reports.share_map", args=[_link(town, level)]), WORLD)
    assert answer.status_code == 200
    return answer.content.decode()


SURFACES: tuple[Callable[[Town, Level, Station], str], ...] = (
    marks,
    side_list,
    table,
    card,
    screen,
    screen_map,
    shared_screen,
    shared_map,
)


def _alarm(station: Station) -> None:
    """The screen names stations by what is wrong with them."""
    cache.clear()
    make_row(Alarm, station.tenant, station=station, severity=1, code="S08")


def _link(town: Town, level: Level) -> str:
    viewer = town.viewers[level]
    with scope_of(viewer.tenant_id):
        made = create_link(viewer, tenant=viewer.tenant, name="Lobby", days=1, actor=ACTOR)
    return made.token


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Town]:
    """One town for all cases; it is gone with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        forest = make_forest()
        other_dealer = make_tenant(forest.other_manufacturer)
        stations = {}
        for number, tenant in enumerate([*vars(forest).values(), other_dealer]):
            station = make_row(
                Station,
                tenant,
                name=f"Station-of-{tenant.code}-",
                latitude=Decimal(0),
                longitude=Decimal(-150 + 25 * number),
            )
            stations[tenant.pk] = station
        # Else each case would check anew, at its end, what all of these rows still have to be checked for.
        connection.check_constraints()
        yield Town(
            forest,
            other_dealer,
            stations,
            {level: make_member(forest.chain[level.depth]) for level in Level},
        )
        transaction.set_rollback(True)


def shown(town: Town, level: Level, relation: str, surface: Callable[[Town, Level, Station], str]) -> bool:
    tenant = town.tenant(level, relation)
    assert tenant is not None
    station = town.stations[tenant.pk]
    with unscoped(reason="test data"):
        station.tenant = tenant
    return station.name in surface(town, level, station)


CASES = [
    pytest.param(surface, level, relation, id=f"{surface.__name__}-{level}-{relation}")
    for surface, level, relation in product(SURFACES, Level, RELATIONS)
    if (level, relation) not in {(Level.MANUFACTURER, "parent"), (Level.AGENCY, "child")}
]


@pytest.mark.parametrize(("surface", "level", "relation"), CASES)
def test_the_map_shows_what_is_own_and_below_and_nothing_else(
    surface: Callable[[Town, Level, Station], str], level: Level, relation: str, town: Town
) -> None:
    assert shown(town, level, relation, surface) is (relation in {"own", "child"})


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.__name__)
def test_a_map_without_the_filter_of_the_scope_is_caught(
    surface: Callable[[Town, Level, Station], str], town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(town, Level.OPERATOR, "sibling", surface) is False

    for model in (TenantOwned, PathOwned, Tenant):
        monkeypatch.setattr(model, "scope_filter", classmethod(lambda *_args, **_options: Q()))

    assert shown(town, Level.OPERATOR, "sibling", surface) is True
