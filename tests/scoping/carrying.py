"""Every way we know to carry a query or a scope to where it does not belong: forms, threads, tasks, time."""

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
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from backoffice.kit.scope import outside, within
from stations.models import Command, Pile
from tests.scoping.stage import VISIBLE, Attempts, Stage, awaited

CARRYING = Attempts()

AT_IMPORT = {Pile: Pile.objects.order_by("pk"), Command: Command.objects.order_by("pk")}
CHOICES = {model: forms.ModelChoiceField(queryset=rows) for model, rows in AT_IMPORT.items()}


@CARRYING.gives(VISIBLE)
def a_queryset_made_at_import(at: Stage) -> Any:
    return at.texts(AT_IMPORT[at.model].all())


@CARRYING.gives(VISIBLE)
def a_deep_copy_of_a_queryset_made_at_import(at: Stage) -> Any:
    return at.texts(copy.deepcopy(AT_IMPORT[at.model]))


@CARRYING.gives(2)
def choices_of_a_form_field(at: Stage) -> Any:
    return len([key for key, _ in copy.deepcopy(CHOICES[at.model]).choices if key])


@CARRYING.gives("ValidationError")
def choose_a_siblings_row_in_a_form(at: Stage) -> Any:
    return copy.deepcopy(CHOICES[at.model]).clean(str(at.rows["beside"].pk))


def _filter_set(at: Stage) -> type[django_filters.FilterSet]:
    parents = at.kind.parent.objects.order_by("pk")  # type: ignore[attr-defined]
    chooser = django_filters.ModelChoiceFilter(field_name=at.kind.parent_field, queryset=parents)
    meta = type("Meta", (), {"model": at.model, "fields": []})
    return type("Filters", (django_filters.FilterSet,), {"parent": chooser, "Meta": meta})


@CARRYING.gives(2)
def choices_of_a_filter(at: Stage) -> Any:
    choices = _filter_set(at)({}).form.fields["parent"].choices
    return len([key for key, _ in choices if key])


@CARRYING.gives((False, []))
def filter_by_a_siblings_choice(at: Stage) -> Any:
    filters = _filter_set(at)({"parent": str(at.parents["beside"].pk)})
    return filters.is_valid(), list(filters.qs.filter(**at.called("beside")))


@CARRYING.gives(Http404.__name__)
def get_object_or_404_of_a_sibling(at: Stage) -> Any:
    return get_object_or_404(at.model, pk=at.rows["beside"].pk)


@CARRYING.gives(2)
def serialize(at: Stage) -> Any:
    return len(serializers.serialize("python", at.objects.all()))


@CARRYING.gives("ScopeError")
def carry_rows_away_in_a_pickle(at: Stage) -> Any:
    return pickle.dumps(at.objects.all())


@CARRYING.gives([])
def a_query_carried_over_in_a_pickle(at: Stage) -> Any:
    rows = at.objects.all()
    rows.query = pickle.loads(pickle.dumps(at.objects.filter(**at.called("beside")).query))  # noqa: S301
    return list(rows)


@CARRYING.gives([])
def uniqueness_checks_do_not_tell(at: Stage) -> Any:
    row = at.build("own")
    row.pk = at.rows["beside"].pk
    row._state.adding = True
    clashes = at.model._default_manager.filter(pk=row.pk)
    row.validate_unique(exclude=[f.name for f in at.model._meta.fields if f.name != "id"])
    return list(clashes)


@CARRYING.gives([], without=[])
def none(at: Stage) -> Any:
    return list(at.objects.none())


@CARRYING.gives([])
def made_in_a_siblings_scope(at: Stage) -> Any:
    with outside(), at.scope("beside"):
        rows = at.objects.filter(**at.called("beside"))
    return list(rows)


@CARRYING.gives("ScopeError")
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


@CARRYING.gives("ScopeError")
def in_a_task(at: Stage) -> Any:
    worker = contextvars.Context()
    return worker.run(lambda: read_in_a_task.apply(args=[at.model._meta.model_name], throw=True).get())


@CARRYING.gives(2)
def in_an_async_view(at: Stage) -> Any:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(await at.objects.acount()))

    return int(async_to_sync(view)(HttpRequest()).content)


@CARRYING.gives(VISIBLE)
def async_iteration(at: Stage) -> Any:
    async def read() -> list[str]:
        return sorted([getattr(row, at.kind.text) async for row in at.objects.all()])

    return async_to_sync(read)()


@CARRYING.gives("DoesNotExist")
def async_get(at: Stage) -> Any:
    return awaited(at.objects.aget(pk=at.rows["beside"].pk))


@CARRYING.gives(2)
def in_a_thread_of_the_event_loop(at: Stage) -> Any:
    async def read() -> int:
        return await asyncio.ensure_future(sync_to_async(at.objects.count)())

    return async_to_sync(read)()


@CARRYING.gives("ScopeError")
def after_the_scope_has_ended(at: Stage) -> Any:
    with at.scope("below"):
        kept = contextvars.copy_context()
    return kept.run(lambda: at.texts(at.objects.all()))


@CARRYING.gives("ScopeError")
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


@CARRYING.gives("ScopeError")
def enter_a_siblings_scope_from_inside(at: Stage) -> Any:
    with at.scope("own"), at.scope("beside"):
        return at.texts(at.objects.all())


@CARRYING.gives("ScopeError")
def enter_the_parents_scope_from_inside(at: Stage) -> Any:
    with at.scope("own"), at.scope("above"):
        return at.texts(at.objects.all())
