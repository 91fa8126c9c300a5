"""Every list, seen by every level that may, through each of its parts, for rows of every relation.

``World.sees`` answers one question: does this viewer get at that row through this part of the list? The
matrix compares the answer with what the tree says; the mutants remove the filter and expect another answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.http import FileResponse, QueryDict
from django.test import Client
from django.urls import reverse

from backoffice.kit.levels import Level
from backoffice.kit.lists import Resource, paths, registered
from backoffice.kit.lists.filters import Related, Subtree
from backoffice.kit.lists.listing import Listing
from backoffice.kit.perms import Role, granted
from backoffice.kit.scope import ScopeError, unscoped
from backoffice.kit.staff import Reader
from tenants.models import Membership, Tenant
from tenants.workplaces import Workplace, workplace_of
from tests.factories.rows import factory_of, make_row
from tests.factories.tenants import Forest, make_forest, make_member, make_tenant
from tests.scoping.shapes import shape_of
from tests.support.workbooks import content_of, sheets_of

RELATIONS = ("own", "child", "parent", "sibling", "cousin")
FOREIGN = ("sibling", "cousin")
PARTS = ("list", "fragment", "export", "detail", "act", "options")
ROW_ID = re.compile(r'id="row-(\d+)"')
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    resource: Resource
    level: Level
    part: str
    relation: str

    def __str__(self) -> str:
        return f"{self.resource.name}-{self.level}-{self.part}-{self.relation}"


def parts_of(resource: Resource) -> Iterator[str]:
    """The parts that a resource has."""
    related = any(isinstance(one, Related) for one in resource.filters.base_filters.values())
    has = {
        "export": resource.export is not None,
        "detail": bool(resource.detail),
        "act": bool(resource.actions),
        "options": related,
    }
    return (part for part in PARTS if has.get(part, True))


def cases() -> list[Case]:
    """The whole matrix. Raises LookupError for a model that nobody can make a row of."""
    found = []
    for resource in registered():
        factory_of(resource.model)
        for level in Level:
            for part in parts_of(resource):
                if may_ask(resource, level, part):
                    found += [
                        Case(resource, level, part, relation)
                        for relation in RELATIONS
                        if exists(level, relation)
                    ]
    return found


def may_ask(resource: Resource, level: Level, part: str) -> bool:
    """Has any role of this level the permission? Where none has, everybody is refused, which has a test of its own."""
    return role_for(resource, level, part) is not None


def exists(level: Level, relation: str) -> bool:
    """A manufacturer has no parent, an agency no child."""
    return (level, relation) not in {(Level.MANUFACTURER, "parent"), (Level.AGENCY, "child")}


def may_see(resource: Resource, relation: str) -> bool:
    """What the tree says: what is own and below, and of what lies above only what is handed down."""
    return relation in {"own", "child"} or (relation == "parent" and resource.model.handed_down)


def _may_suggest(one: Related, relation: str, tenant: Tenant, option: Any) -> bool:
    """A tenant is offered below the own one, of one level where the filter says so; other rows as they may be seen."""
    if isinstance(one, Subtree):
        fits = tenant.level == one.level if one.level else relation != "own"
        return fits and relation in {"own", "child"}
    return relation in {"own", "child"} or (relation == "parent" and option.handed_down)


@cache
def role_for(resource: Resource, level: Level, part: str = "list") -> Role | None:
    """A role that may look at the list at this level and use the part of it; one that may export it if any may."""
    able = [role for role in Role if resource.view is None or resource.view in granted(level, role)]
    exporting = [role for role in able if resource.export in granted(level, role)]
    if part == "export":
        able = exporting
    elif part == "act":
        perms = {action.perm for action in resource.actions}
        acting = {role: len(perms & granted(level, role)) for role in able}
        able = sorted(filter(acting.__getitem__, able), key=acting.__getitem__, reverse=True)
    else:
        able = exporting or able
    return next(iter(able), None)


def _able(case: Case) -> Role:
    role = role_for(case.resource, case.level, case.part)
    assert role is not None
    return role


@dataclass
class World:
    """Tenants of every relation, a viewer for each level and role, and rows as they are asked for."""

    forest: Forest
    other_dealer: Tenant
    _members: dict[tuple[Level, Role], Membership] = field(default_factory=dict)
    _rows: dict[tuple[str, int, int], Any] = field(default_factory=dict)
    _pages: dict[tuple[str, Level, str], Any] = field(default_factory=dict)
    _clients: dict[int, Client] = field(default_factory=dict)
    _places: dict[int, Workplace] = field(default_factory=dict)

    def tenant(self, level: Level, relation: str) -> Tenant:
        """The tenant that stands in this relation to the viewer of a level."""
        forest = self.forest
        chain = forest.chain
        kin = {
            Level.MANUFACTURER: (forest.other_manufacturer, self.other_dealer),
            Level.DEALER: (forest.sibling_dealer, self.other_dealer),
            Level.OPERATOR: (forest.sibling_operator, forest.cousin_operator),
            Level.AGENCY: (forest.sibling_agency, forest.cousin_agency),
        }[level]
        at = {"own": level.depth, "child": level.depth + 1, "parent": level.depth - 1}
        return chain[at[relation]] if relation in at else kin[FOREIGN.index(relation)]

    def viewer(self, level: Level, role: Role) -> Membership:
        """Somebody with this role at this level."""
        if (level, role) not in self._members:
            self._members[level, role] = make_member(self.tenant(level, "own"), role)
        return self._members[level, role]

    def client(self, viewer: Membership) -> Client:
        """A browser in which the viewer is signed in."""
        if viewer.pk not in self._clients:
            self._clients[viewer.pk] = Client()
            self._clients[viewer.pk].force_login(viewer.user)
        return self._clients[viewer.pk]

    def place(self, viewer: Membership) -> Workplace:
        """Where the viewer works, with the rights, the language and the time zone that he has there."""
        if viewer.pk not in self._places:
            place = workplace_of(viewer.user)
            assert place is not None
            self._places[viewer.pk] = place
        return self._places[viewer.pk]

    def row(self, resource: Resource, viewer: Membership, tenant: Tenant) -> Any:
        """A row of the list's model that belongs to the tenant."""
        shape = shape_of(resource.name, viewer)
        key = (resource.name, viewer.pk, tenant.pk) if shape else (resource.model._meta.label, 0, tenant.pk)
        if key not in self._rows:
            self._rows[key] = make_row(resource.model, tenant, **shape)
        return self._rows[key]

    def populate(self) -> None:
        """Every viewer, and for each list one row of each relation: before anything is looked at."""
        for level in Level:
            for role in Role:
                self.client(self.viewer(level, role))
        for case in cases():
            tenant = self.tenant(case.level, case.relation)
            self.row(case.resource, self.viewer(case.level, _able(case)), tenant)
            for one in case.resource.filters.base_filters.values():
                if isinstance(one, Related) and not isinstance(one, Subtree):
                    self._option(one, tenant)

    def sees(self, case: Case, *, fresh: bool = False) -> bool:
        """Does the viewer get at the row? ``fresh`` asks again what was asked before."""
        viewer = self.viewer(case.level, _able(case))
        row = self.row(case.resource, viewer, self.tenant(case.level, case.relation))
        ask = getattr(self, f"_{case.part}")
        if case.part in {"detail", "act", "options"}:
            return bool(ask(case, viewer, row))
        key = (case.resource.name, case.level, case.part)
        if fresh or key not in self._pages:
            self._pages[key] = ask(case, viewer)
        if case.part == "export":
            words = self._words(case, viewer, row)
            return any(words <= line for line in self._pages[key])
        return row.pk in self._pages[key]

    def _words(self, case: Case, viewer: Membership, row: Any) -> frozenset[str]:
        """What the viewer would read in the row's line of the workbook, as his grants, language and zone have it.

        Figures and moments are left out, they come back in other types; so is what a query below the row's
        finds, because that depends on the scope in which it runs.
        """
        place = self.place(viewer)
        reader = Reader(place.actor(), place.grants, place.locality.currency)
        model = case.resource.model
        with place.entered(), unscoped(reason="a test looks for the row"):
            listed = case.resource.rows().get(pk=row.pk)
            line: list[Any] = []
            for column in Listing(case.resource, QueryDict(), reader).columns.values():
                if all(paths.field_at(model, source) for source in column.sources):
                    line += column.all_typed(
                        [paths.value_at(listed, source) for source in column.sources], reader
                    )
        return _words_of(line)

    def _list(self, case: Case, viewer: Membership, headers: dict[str, str] | None = None) -> set[int]:
        client, url, found = self.client(viewer), case.resource.url, set()
        while url:
            response = client.get(url, headers=headers or {})
            assert response.status_code == 200, (url, response.status_code)
            found |= {int(pk) for pk in ROW_ID.findall(response.content.decode())}
            url = response.context["page"].next_url
        return found

    def _fragment(self, case: Case, viewer: Membership) -> set[int]:
        return self._list(case, viewer, HTMX)

    def _export(self, case: Case, viewer: Membership) -> set[frozenset[str]]:
        response = self.client(viewer).get(case.resource.url_of("export"))
        assert isinstance(response, FileResponse), response.status_code
        lines = next(iter(sheets_of(content_of(response)).values()))
        return {_words_of(line) for line in lines[1:]}

    def _detail(self, case: Case, viewer: Membership, row: Any) -> bool:
        response = self.client(viewer).get(
            reverse(case.resource.detail, args=[getattr(row, case.resource.detail_key)])
        )
        assert response.status_code in {200, 404}, response.status_code
        return response.status_code == 200

    def _act(self, case: Case, viewer: Membership, row: Any) -> bool:
        """Asks the question of each action. One that asks nothing is posted for rows of others only."""
        answers = set()
        for action in case.resource.actions:
            if action.perm not in granted(case.level, Role(viewer.role)):
                continue
            if not action.questions and may_see(case.resource, case.relation):
                answers.add(True)
                continue
            url = f"{case.resource.url_of('do', action.name)}?pk={row.pk}"
            client = self.client(viewer)
            try:
                response = client.get(url) if action.questions else client.post(url)
            except ScopeError:
                answers.add(True)  # the row was found, and only the check on writing stood in the way
                continue
            assert response.status_code in {200, 302, 404}, response.status_code
            answers.add(response.status_code != 404)
        assert len(answers) == 1, "actions disagree"
        return answers.pop()

    def _options(self, case: Case, viewer: Membership, row: Any) -> bool:
        """Does every filter by relation suggest what it should, for this relation? Else the opposite."""
        client, tenant = self.client(viewer), self.tenant(case.level, case.relation)
        right = may_see(case.resource, case.relation)
        for name, one in case.resource.filters.base_filters.items():
            if not isinstance(one, Related):
                continue
            option = tenant if isinstance(one, Subtree) else self._option(one, tenant)
            value = str(getattr(option, one.by))
            response = client.get(case.resource.url_of("options", name), {name: value})
            assert response.status_code == 200, response.status_code
            suggested = f'value="{value}"' in response.content.decode()
            if suggested is not _may_suggest(one, case.relation, tenant, option):
                return not right
        return right

    def _option(self, one: Related, tenant: Tenant) -> Any:
        with unscoped(reason="test data"):
            model = one.options().model
        key = (model._meta.label, 0, tenant.pk)
        if key not in self._rows:
            self._rows[key] = make_row(model, tenant)
        return self._rows[key]


def _words_of(line: Iterable[Any]) -> frozenset[str]:
    return frozenset(cell for cell in line if isinstance(cell, str) and cell)


def make_world() -> World:
    """A forest with a dealer below the manufacturer beside it, and everything in it."""
    forest = make_forest()
    world = World(forest, make_tenant(forest.other_manufacturer))
    world.populate()
    return world
