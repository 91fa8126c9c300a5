"""Every way we know to read another tenant's row directly."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    Q,
    Value,
    When,
    sql,
)

from backoffice.kit.scope import ScopedQuerySet
from tests.scoping.stage import VISIBLE, Attempts, Stage

READING = Attempts()


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
