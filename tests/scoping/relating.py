"""Every way we know to read another tenant's row over a relation or in a subquery."""

from __future__ import annotations

import copy
from typing import Any

from django.db.models import (
    Count,
    Exists,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Window,
    prefetch_related_objects,
)
from django.db.models.functions import RowNumber

from tests.scoping.stage import VISIBLE, Attempts, Stage

RELATING = Attempts()


@RELATING.gives([])
def in_a_subquery(at: Stage) -> Any:
    keys = at.objects.filter(**at.called("beside")).values(f"{at.kind.parent_field}_id")
    return list(at.kind.parent.objects.filter(pk__in=keys))


@RELATING.gives(0)
def exists_subquery(at: Stage) -> Any:
    return at.kind.parent.objects.filter(Exists(at.objects.filter(**at.called("beside")))).count()


@RELATING.gives([None, None])
def scalar_subquery(at: Stage) -> Any:
    foreign = at.objects.filter(**at.called("beside")).values(at.kind.text)[:1]
    return list(at.objects.annotate(stolen=Subquery(foreign)).values_list("stolen", flat=True))


@RELATING.gives(VISIBLE)
def correlated_subquery(at: Stage) -> Any:
    child = at.objects.filter(**{at.kind.parent_field: OuterRef("pk")}).values(at.kind.text)[:1]
    return sorted(at.kind.parent.objects.annotate(text=Subquery(child)).values_list("text", flat=True))


@RELATING.gives([1, 1])
def annotate_over_a_relation(at: Stage) -> Any:
    return list(at.kind.parent.objects.annotate(n=Count(at.kind.children)).values_list("n", flat=True))


@RELATING.gives([1, 2])
def window(at: Stage) -> Any:
    return sorted(at.objects.annotate(n=Window(RowNumber())).values_list("n", flat=True))


@RELATING.gives([])
def filter_over_a_relation(at: Stage) -> Any:
    return list(at.kind.parent.objects.filter(**{f"{at.kind.children}__{at.kind.text}": "beside"}))


@RELATING.gives((VISIBLE, False))
def exclude_over_a_relation(at: Stage) -> Any:
    rows = at.kind.parent.objects.exclude(**{f"{at.kind.children}__{at.kind.text}": "beside"})
    inner = str(rows.query).split("EXISTS", 1)[1]
    return sorted(row.name for row in rows), f'"{at.kind.parent._meta.db_table}" U' in inner


@RELATING.gives(2)
def filtered_relation(at: Stage) -> Any:
    seen = FilteredRelation(
        at.kind.children, condition=Q(**{f"{at.kind.children}__{at.kind.text}": "beside"})
    )
    return at.kind.parent.objects.annotate(seen=seen).filter(seen__isnull=True).count()


@RELATING.gives(VISIBLE)
def select_related(at: Stage) -> Any:
    return sorted(
        getattr(row, at.kind.parent_field).name for row in at.objects.select_related(at.kind.parent_field)
    )


@RELATING.gives([["below"], ["own"]])
def prefetch(at: Stage) -> Any:
    parents = at.kind.parent.objects.prefetch_related(at.kind.children)
    return sorted(at.texts(getattr(parent, at.kind.children).all()) for parent in parents)


@RELATING.gives([[], []])
def prefetch_of_a_query(at: Stage) -> Any:
    foreign = Prefetch(at.kind.children, queryset=at.objects.filter(**at.called("beside")))
    return [
        list(getattr(p, at.kind.children).all()) for p in at.kind.parent.objects.prefetch_related(foreign)
    ]


@RELATING.gives([])
def prefetch_for_a_siblings_parent(at: Stage) -> Any:
    parent = copy.copy(at.parents["beside"])
    prefetch_related_objects([parent], at.kind.children)
    return list(getattr(parent, at.kind.children).all())


@RELATING.gives("DoesNotExist")
def foreign_key_to_a_sibling(at: Stage) -> Any:
    row = at.build("own")
    key = at.model._meta.get_field(at.kind.parent_field)
    setattr(row, key.attname, at.parents["beside"].pk)
    return getattr(row, at.kind.parent_field)


@RELATING.gives([])
def related_manager_of_a_sibling(at: Stage) -> Any:
    return list(getattr(at.parents["beside"], at.kind.children).all())
