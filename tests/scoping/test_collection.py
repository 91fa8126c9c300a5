"""A new list is in the matrix by itself, and one that nobody can make a row of stops the collection of the matrix."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from backoffice.kit.levels import Level
from backoffice.kit.lists import ListTable, Resource, columns, resource
from stations.permissions import StationPerm
from tests.factories import rows
from tests.scoping.matrix import RELATIONS, cases, exists

MATRIX = Path(__file__).with_name("test_matrix.py")
"""Collecting a module is running it: what it raises is an error of the collection."""


class NewTable(ListTable):
    name = columns.Text("session_key")


@pytest.fixture(autouse=True)
def new_list(monkeypatch: pytest.MonkeyPatch) -> Resource:
    """A list of rows of a model that has no factory."""
    new = Resource(
        name="stage.new",
        path="stage/new/",
        title="New",
        model=Session,
        rows=Session.objects.all,
        table=NewTable,
        view=StationPerm.VIEW,
        export=StationPerm.EXPORT,
        label="session_key",
        order=("session_key",),
    )
    monkeypatch.setitem(resource._registered, new.name, new)
    return new


def test_a_new_list_without_a_factory_stops_the_collection_of_the_matrix() -> None:
    with pytest.raises(LookupError, match=r"sessions\.Session has no factory"):
        runpy.run_path(str(MATRIX))


def test_with_a_factory_it_is_in_the_matrix_by_itself(
    new_list: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[Any, Any] = {**rows._factories, Session: Session}
    monkeypatch.setattr(rows, "_factories", known)

    found = {(case.part, case.level, case.relation) for case in cases() if case.resource is new_list}

    assert found == {
        (part, level, relation)
        for part in ("list", "fragment", "export")
        for level in Level
        for relation in RELATIONS
        if exists(level, relation)
    }
