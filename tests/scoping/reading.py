"""Every way we know to read another tenant's row."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django_filters
from asgiref.sync import async_to_sync, sync_to_async
from celery import shared_task
from django import forms
from django.core import serializers
from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
    Window,
    prefetch_related_objects,
    sql,
)
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from backoffice.kit.scope import ScopedQuerySet, outside, within
from stations.models import Command, Pile
from tests.scoping.stage import VISIBLE, Attempts, Stage, awaited

READING = Attempts()

AT_IMPORT = {Pile: Pile.objects.order_by("pk"), Command: Command.objects.order_by("pk")}
CHOICES = {model: forms.ModelChoiceField(queryset=rows) for model, rows in AT_IMPORT.items()}


@READING.gives(VISIBLE)
def all_rows(at: Stage) -> Any:
    return at.texts(at.objects.all())


@READING.gives([])
def filter_by_a_siblings_column(at: Stage) -> Any:
    return list(at.objects.filter(**at.called("beside")))


@READING.gives(["below", "own"])
def exclude_nothing(at: Stage) -> Any:
    return at.texts(at.objects.exclude(pk=0))


@READING.gives("DoesNotExist")
def get_by_column(at: Stage) -> Any:
    return at.objects.get(**at.called("beside"))


@READING.gives("DoesNotExist")
def get_by_key(at: Stage) -> Any:
    return at.objects.get(pk=at.rows["beside"].pk)


@READING.gives("DoesNotExist")
def get_the_parents_row_by_key(at: Stage) -> Any:
    return at.objects.get(pk=at.rows["above"].pk)


@READING.gives(("own", "below"))
def first_and_last(at: Stage) -> Any:
    rows = at.objects.order_by(
        Case(When(**at.called("own"), then=1), When(**at.called("below"), then=3), default=2)
    )
    return getattr(rows.first(), at.kind.text), getattr(rows.last(), at.kind.text)


@READING.gives(True)
def earliest_and_latest(at: Stage) -> Any:
    ends = {at.objects.earliest("created_at").pk, at.objects.latest("created_at").pk}
    return ends == {at.rows["own"].pk, at.rows["below"].pk}


@READING.gives([False, False, False])
def exists(at: Stage) -> Any:
    foreign = at.objects.filter(pk=at.rows["beside"].pk)
    return [foreign.exists(), foreign.exclude(pk=0).exists(), foreign.distinct().exists()]


@READING.gives(2)
def count(at: Stage) -> Any:
    return at.objects.count()


@READING.gives(2)
def count_distinct(at: Stage) -> Any:
    return at.objects.values(at.kind.text).distinct().count()


@READING.gives({"n": 2})
def aggregate(at: Stage) -> Any:
    return at.objects.aggregate(n=Count("pk"))


@READING.gives({"n": 0})
def aggregate_with_a_filter(at: Stage) -> Any:
    return at.objects.aggregate(n=Count("pk", filter=Q(**at.called("beside"))))


@READING.gives(2)
def aggregate_over_a_slice(at: Stage) -> Any:
    return at.objects.order_by("pk")[:10].aggregate(n=Count("pk"))["n"]


@READING.gives(VISIBLE)
def values(at: Stage) -> Any:
    return sorted(row[at.kind.text] for row in at.objects.values(at.kind.text))


@READING.gives(VISIBLE)
def values_list(at: Stage) -> Any:
    return sorted(at.objects.values_list(at.kind.text, flat=True))


@READING.gives(2)
def datetimes(at: Stage) -> Any:
    return len(at.objects.datetimes("created_at", "second", order="ASC").values_list("pk"))


@READING.gives(VISIBLE)
def grouped_values(at: Stage) -> Any:
    return sorted(row[at.kind.text] for row in at.objects.values(at.kind.text).annotate(n=Count("pk")))


@READING.gives(VISIBLE)
def in_bulk(at: Stage) -> Any:
    return at.texts(at.objects.in_bulk([row.pk for row in at.rows.values()]).values())


@READING.gives(VISIBLE)
def iterator(at: Stage) -> Any:
    return at.texts(at.objects.iterator(chunk_size=1))


@READING.gives([1, 0])
def sliced(at: Stage) -> Any:
    rows = at.objects.order_by("pk")
    return [len(rows[1:2]), len(rows[2:4])]


@READING.gives([True, False])
def contains(at: Stage) -> Any:
    return [at.objects.all().contains(at.rows["own"]), at.objects.all().contains(at.rows["beside"])]


@READING.gives(True)
def explain(at: Stage) -> Any:
    return "cost" in at.objects.explain()


@READING.gives(["own"])
def either_or(at: Stage) -> Any:
    return at.texts(at.objects.filter(**at.called("own")) | at.objects.filter(**at.called("beside")))


@READING.gives([])
def both(at: Stage) -> Any:
    return at.texts(at.objects.filter(**at.called("beside")) & at.objects.all())


@READING.gives(VISIBLE)
def exclusive_or(at: Stage) -> Any:
    return at.texts(at.objects.all() ^ at.objects.filter(**at.called("beside")))


@READING.gives(VISIBLE)
def negated(at: Stage) -> Any:
    return at.texts(at.objects.filter(~Q(**at.called("beside"))))


@READING.gives(VISIBLE)
def or_with_an_empty_set(at: Stage) -> Any:
    query = at.objects.all()
    query.query.combine(at.objects.none().query, "OR")
    query.query.where.connector = "OR"
    return at.texts(query)


@READING.gives(["own"])
def union(at: Stage) -> Any:
    return at.texts(at.objects.filter(**at.called("own")).union(at.objects.filter(**at.called("beside"))))


@READING.gives(2)
def union_counted(at: Stage) -> Any:
    return at.objects.all().union(at.objects.filter(**at.called("beside")), all=True).count()


@READING.gives([])
def intersection(at: Stage) -> Any:
    return list(at.objects.filter(**at.called("beside")).intersection(at.objects.all()))


@READING.gives(VISIBLE)
def difference(at: Stage) -> Any:
    return at.texts(at.objects.all().difference(at.objects.filter(**at.called("beside"))))


@READING.gives([])
def in_a_subquery(at: Stage) -> Any:
    keys = at.objects.filter(**at.called("beside")).values(f"{at.kind.parent_field}_id")
    return list(at.kind.parent.objects.filter(pk__in=keys))


@READING.gives(0)
def exists_subquery(at: Stage) -> Any:
    return at.kind.parent.objects.filter(Exists(at.objects.filter(**at.called("beside")))).count()


@READING.gives([None, None])
def scalar_subquery(at: Stage) -> Any:
    foreign = at.objects.filter(**at.called("beside")).values(at.kind.text)[:1]
    return list(at.objects.annotate(stolen=Subquery(foreign)).values_list("stolen", flat=True))


@READING.gives(VISIBLE)
def correlated_subquery(at: Stage) -> Any:
    child = at.objects.filter(**{at.kind.parent_field: OuterRef("pk")}).values(at.kind.text)[:1]
    return sorted(at.kind.parent.objects.annotate(text=Subquery(child)).values_list("text", flat=True))


@READING.gives([1, 1])
def annotate_over_a_relation(at: Stage) -> Any:
    return list(at.kind.parent.objects.annotate(n=Count(at.kind.children)).values_list("n", flat=True))


@READING.gives([1, 2])
def window(at: Stage) -> Any:
    return sorted(at.objects.annotate(n=Window(RowNumber())).values_list("n", flat=True))


@READING.gives([])
def filter_over_a_relation(at: Stage) -> Any:
    return list(at.kind.parent.objects.filter(**{f"{at.kind.children}__{at.kind.text}": "beside"}))


@READING.gives((VISIBLE, False))
def exclude_over_a_relation(at: Stage) -> Any:
    rows = at.kind.parent.objects.exclude(**{f"{at.kind.children}__{at.kind.text}": "beside"})
    inner = str(rows.query).split("EXISTS", 1)[1]
    return sorted(row.name for row in rows), f'"{at.kind.parent._meta.db_table}" U' in inner


@READING.gives(2)
def filtered_relation(at: Stage) -> Any:
    seen = FilteredRelation(
        at.kind.children, condition=Q(**{f"{at.kind.children}__{at.kind.text}": "beside"})
    )
    return at.kind.parent.objects.annotate(seen=seen).filter(seen__isnull=True).count()


@READING.gives(VISIBLE)
def select_related(at: Stage) -> Any:
    return sorted(
        getattr(row, at.kind.parent_field).name for row in at.objects.select_related(at.kind.parent_field)
    )


@READING.gives([["below"], ["own"]])
def prefetch(at: Stage) -> Any:
    parents = at.kind.parent.objects.prefetch_related(at.kind.children)
    return sorted(at.texts(getattr(parent, at.kind.children).all()) for parent in parents)


@READING.gives([[], []])
def prefetch_of_a_query(at: Stage) -> Any:
    foreign = Prefetch(at.kind.children, queryset=at.objects.filter(**at.called("beside")))
    return [
        list(getattr(p, at.kind.children).all()) for p in at.kind.parent.objects.prefetch_related(foreign)
    ]


@READING.gives([])
def prefetch_for_a_siblings_parent(at: Stage) -> Any:
    parent = copy.copy(at.parents["beside"])
    prefetch_related_objects([parent], at.kind.children)
    return list(getattr(parent, at.kind.children).all())


@READING.gives("DoesNotExist")
def foreign_key_to_a_sibling(at: Stage) -> Any:
    row = at.build("own")
    key = at.model._meta.get_field(at.kind.parent_field)
    setattr(row, key.attname, at.parents["beside"].pk)
    return getattr(row, at.kind.parent_field)


@READING.gives([])
def related_manager_of_a_sibling(at: Stage) -> Any:
    return list(getattr(at.parents["beside"], at.kind.children).all())


@READING.gives("DoesNotExist")
def refresh_from_db(at: Stage) -> Any:
    return at.rows["beside"].refresh_from_db()


@READING.gives("DoesNotExist")
def load_a_deferred_column(at: Stage) -> Any:
    row = at.model.from_db("default", ["id"], [at.rows["beside"].pk])
    return getattr(row, at.kind.text)


@READING.gives([VISIBLE, VISIBLE])
def managers_of_the_model(at: Stage) -> Any:
    return [at.texts(at.model._base_manager.all()), at.texts(at.model._default_manager.all())]


@READING.gives(VISIBLE)
def using_a_database_by_name(at: Stage) -> Any:
    return at.texts(at.objects.using("default"))


@READING.gives("ScopeError")
def raw(at: Stage) -> Any:
    return list(at.objects.raw("SELECT * FROM stations_pile"))


@READING.gives("ScopeError")
def extra(at: Stage) -> Any:
    return list(at.objects.extra(where=["1=1) OR (1=1"]))


@READING.gives("ScopeError")
def a_plain_query_in_our_queryset(at: Stage) -> Any:
    return list(ScopedQuerySet(at.model, query=sql.Query(at.model)))


@READING.gives(VISIBLE)
def a_queryset_made_at_import(at: Stage) -> Any:
    return at.texts(AT_IMPORT[at.model].all())


@READING.gives(VISIBLE)
def a_deep_copy_of_a_queryset_made_at_import(at: Stage) -> Any:
    return at.texts(copy.deepcopy(AT_IMPORT[at.model]))


@READING.gives(2)
def choices_of_a_form_field(at: Stage) -> Any:
    return len([key for key, _ in copy.deepcopy(CHOICES[at.model]).choices if key])


@READING.gives("ValidationError")
def choose_a_siblings_row_in_a_form(at: Stage) -> Any:
    return copy.deepcopy(CHOICES[at.model]).clean(str(at.rows["beside"].pk))


def _filter_set(at: Stage) -> type[django_filters.FilterSet]:
    parents = at.kind.parent.objects.order_by("pk")  # type: ignore[attr-defined]
    chooser = django_filters.ModelChoiceFilter(field_name=at.kind.parent_field, queryset=parents)
    meta = type("Meta", (), {"model": at.model, "fields": []})
    return type("Filters", (django_filters.FilterSet,), {"parent": chooser, "Meta": meta})


@READING.gives(2)
def choices_of_a_filter(at: Stage) -> Any:
    choices = _filter_set(at)({}).form.fields["parent"].choices
    return len([key for key, _ in choices if key])


@READING.gives((False, []))
def filter_by_a_siblings_choice(at: Stage) -> Any:
    filters = _filter_set(at)({"parent": str(at.parents["beside"].pk)})
    return filters.is_valid(), list(filters.qs.filter(**at.called("beside")))


@READING.gives(Http404.__name__)
def get_object_or_404_of_a_sibling(at: Stage) -> Any:
    return get_object_or_404(at.model, pk=at.rows["beside"].pk)


@READING.gives(2)
def serialize(at: Stage) -> Any:
    return len(serializers.serialize("python", at.objects.all()))


@READING.gives("ScopeError")
def carry_rows_away_in_a_pickle(at: Stage) -> Any:
    return pickle.dumps(at.objects.all())


@READING.gives([])
def a_query_carried_over_in_a_pickle(at: Stage) -> Any:
    rows = at.objects.all()
    rows.query = pickle.loads(pickle.dumps(at.objects.filter(**at.called("beside")).query))  # noqa: S301
    return list(rows)


@READING.gives([])
def uniqueness_checks_do_not_tell(at: Stage) -> Any:
    row = at.build("own")
    row.pk = at.rows["beside"].pk
    row._state.adding = True
    clashes = at.model._default_manager.filter(pk=row.pk)
    row.validate_unique(exclude=[f.name for f in at.model._meta.fields if f.name != "id"])
    return list(clashes)


@READING.gives([], without=[])
def none(at: Stage) -> Any:
    return list(at.objects.none())


@READING.gives([])
def made_in_a_siblings_scope(at: Stage) -> Any:
    with outside(), at.scope("beside"):
        rows = at.objects.filter(**at.called("beside"))
    return list(rows)


@READING.gives("ScopeError")
def in_a_thread(at: Stage) -> Any:
    def read() -> list[str]:
        try:
            return at.texts(at.objects.all())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(read).result()


@shared_task(name="tests.scoping.read")
def read_in_a_task(model: str) -> int:
    """What a task body does that forgot to enter a scope."""
    return {"pile": Pile, "command": Command}[model].objects.count()


@READING.gives("ScopeError")
def in_a_task(at: Stage) -> Any:
    worker = contextvars.Context()
    return worker.run(lambda: read_in_a_task.apply(args=[at.model._meta.model_name], throw=True).get())


@READING.gives(2)
def in_an_async_view(at: Stage) -> Any:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(await at.objects.acount()))

    return int(async_to_sync(view)(HttpRequest()).content)


@READING.gives(VISIBLE)
def async_iteration(at: Stage) -> Any:
    async def read() -> list[str]:
        return sorted([getattr(row, at.kind.text) async for row in at.objects.all()])

    return async_to_sync(read)()


@READING.gives("DoesNotExist")
def async_get(at: Stage) -> Any:
    return awaited(at.objects.aget(pk=at.rows["beside"].pk))


@READING.gives(2)
def in_a_thread_of_the_event_loop(at: Stage) -> Any:
    async def read() -> int:
        return await asyncio.ensure_future(sync_to_async(at.objects.count)())

    return async_to_sync(read)()


@READING.gives("ScopeError")
def after_the_scope_has_ended(at: Stage) -> Any:
    with at.scope("below"):
        kept = contextvars.copy_context()
    return kept.run(lambda: at.texts(at.objects.all()))


@READING.gives("ScopeError")
def in_a_task_of_the_loop_that_outlives_the_scope(at: Stage) -> Any:
    with at.scope("below") as scope:
        pass

    async def read() -> int:
        released = asyncio.Event()

        async def later() -> int:
            await released.wait()
            return int(await at.objects.acount())

        with within(scope):
            task = asyncio.create_task(later())
        released.set()
        return await task

    return async_to_sync(read)()


@READING.gives("ScopeError")
def enter_a_siblings_scope_from_inside(at: Stage) -> Any:
    with at.scope("own"), at.scope("beside"):
        return at.texts(at.objects.all())


@READING.gives("ScopeError")
def enter_the_parents_scope_from_inside(at: Stage) -> Any:
    with at.scope("own"), at.scope("above"):
        return at.texts(at.objects.all())


@READING.gives(VISIBLE)
def rows_for_update(at: Stage) -> Any:
    return at.texts(at.objects.order_by("pk").select_for_update(of=("self",)))


@READING.gives([])
def a_siblings_row_for_update(at: Stage) -> Any:
    return list(at.objects.select_for_update().filter(pk=at.rows["beside"].pk))


@READING.gives(["own"])
def alias(at: Stage) -> Any:
    rows = at.objects.alias(x=Value("beside", CharField())).filter(Q(x="beside") & Q(**at.called("own")))
    return at.texts(rows)


@READING.gives(VISIBLE)
def expression_over_the_owner(at: Stage) -> Any:
    return at.texts(at.objects.annotate(o=F(f"{at.kind.owner}_id")).filter(o__gt=0))
