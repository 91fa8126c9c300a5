"""Every way we know to write, move or delete another tenant's row."""

from __future__ import annotations

from typing import Any

from django.core.serializers.base import DeserializedObject
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat

from tests.scoping.stage import Attempts, Stage, awaited

WRITING = Attempts()


@WRITING.gives("new")
def create_of_our_own(at: Stage) -> Any:
    row = at.build("own")
    row.save()
    return getattr(at.objects.get(pk=row.pk), at.kind.text)


@WRITING.gives("new")
def create_for_a_tenant_below(at: Stage) -> Any:
    row = at.build("below")
    row.save()
    return getattr(at.objects.get(pk=row.pk), at.kind.text)


@WRITING.gives("ScopeError")
def create_for_a_sibling(at: Stage) -> Any:
    return at.build("beside").save()


@WRITING.gives("ScopeError")
def create_for_the_parent(at: Stage) -> Any:
    return at.build("above").save()


@WRITING.gives("ScopeError")
def create_by_the_manager(at: Stage) -> Any:
    row = at.build("beside")
    return at.objects.create(
        **{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}
    )


@WRITING.gives("ScopeError")
def create_through_a_siblings_related_manager(at: Stage) -> Any:
    row = at.build("beside")
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}
    return getattr(at.parents["beside"], at.kind.children).create(**columns)


@WRITING.gives("IntegrityError")
def get_or_create_by_a_siblings_key(at: Stage) -> Any:
    row = at.build("own")
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}
    return at.objects.get_or_create(pk=at.rows["beside"].pk, defaults=columns)


@WRITING.gives("IntegrityError")
def update_or_create_by_a_siblings_key(at: Stage) -> Any:
    row = at.build("own")
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}
    return at.objects.update_or_create(pk=at.rows["beside"].pk, defaults=columns)


@WRITING.gives("ScopeError")
def save_a_siblings_row(at: Stage) -> Any:
    return at.rows["beside"].save()


@WRITING.gives("ScopeError")
def save_the_parents_row(at: Stage) -> Any:
    return at.rows["above"].save(update_fields=[at.kind.text])


@WRITING.gives("IntegrityError")
def save_ours_under_a_siblings_key(at: Stage) -> Any:
    return at.forged("beside").save()


@WRITING.gives("DatabaseError")
def save_columns_under_a_siblings_key(at: Stage) -> Any:
    return at.forged("beside").save(update_fields=[at.kind.text])


@WRITING.gives("DatabaseError")
def force_an_update_under_a_siblings_key(at: Stage) -> Any:
    return at.forged("beside").save(force_update=True)


@WRITING.gives("IntegrityError")
def turn_a_row_of_ours_into_a_siblings(at: Stage) -> Any:
    row = at.objects.get(pk=at.rows["own"].pk)
    row.pk = at.rows["beside"].pk
    return row.save()


@WRITING.gives("ScopeError")
def give_a_row_away(at: Stage) -> Any:
    row = at.rows["own"]
    setattr(row, f"{at.kind.owner}_id", at.tenants["beside"].pk)
    return row.save()


@WRITING.gives("ScopeError")
def give_a_row_away_by_save_base(at: Stage) -> Any:
    row = at.rows["own"]
    setattr(row, f"{at.kind.owner}_id", at.tenants["beside"].pk)
    return row.save_base()


@WRITING.gives("IntegrityError")
def take_a_siblings_row(at: Stage) -> Any:
    row = at.rows["beside"]
    for column in (name for name in at.model.scope_columns() if name.endswith("_id")):
        setattr(row, column, getattr(at.rows["own"], column))
    return row.save()


@WRITING.gives("ScopeError")
def load_a_siblings_row_from_a_fixture(at: Stage) -> Any:
    return DeserializedObject(at.build("beside")).save()


@WRITING.gives("IntegrityError")
def load_ours_over_a_siblings_row_from_a_fixture(at: Stage) -> Any:
    return DeserializedObject(at.forged("beside")).save()


@WRITING.gives("ScopeError")
def bulk_create_for_a_sibling(at: Stage) -> Any:
    return at.objects.bulk_create([at.build("own", "new"), at.build("beside", "new")])


@WRITING.gives(2)
def bulk_create_of_our_own(at: Stage) -> Any:
    return len(at.objects.bulk_create([at.build("own", "new"), at.build("below", "new 2")]))


@WRITING.gives("ScopeError")
def upsert(at: Stage) -> Any:
    rows = [at.forged("beside")]
    return at.objects.bulk_create(
        rows, update_conflicts=True, update_fields=[at.kind.text], unique_fields=["id"]
    )


@WRITING.gives("ScopeError")
def upsert_by_position(at: Stage) -> Any:
    return at.objects.bulk_create([at.forged("beside")], None, False, True, [at.kind.text], ["id"])


@WRITING.gives(1)
def bulk_create_that_ignores_conflicts(at: Stage) -> Any:
    return len(at.objects.bulk_create([at.forged("beside")], ignore_conflicts=True))


@WRITING.gives("ScopeError")
def the_insert_below_bulk_create(at: Stage) -> Any:
    fields = [f for f in at.model._meta.concrete_fields if f.name != "id"]
    return at.objects._insert([at.build("beside")], fields=fields, using="default")


@WRITING.gives(0)
def bulk_update_of_a_sibling(at: Stage) -> Any:
    row = at.rows["beside"]
    setattr(row, at.kind.text, "stolen")
    return at.objects.bulk_update([row], [at.kind.text])


@WRITING.gives("ScopeError")
def bulk_update_of_the_owner(at: Stage) -> Any:
    row = at.rows["own"]
    setattr(row, at.kind.owner, at.tenants["beside"])
    return at.objects.bulk_update([row], [at.kind.owner])


@WRITING.gives(2)
def update_all(at: Stage) -> Any:
    return at.objects.update(**{at.kind.text: "ours"})


@WRITING.gives(0)
def update_of_a_sibling(at: Stage) -> Any:
    return at.objects.filter(pk=at.rows["beside"].pk).update(**at.called("stolen"))


@WRITING.gives(2)
def update_with_an_expression(at: Stage) -> Any:
    return at.objects.order_by("pk").update(**{at.kind.text: Concat(F(at.kind.text), Value("!"))})


@WRITING.gives(0)
def update_over_a_relation(at: Stage) -> Any:
    parent = {f"{at.kind.parent_field}__name": "beside"}
    return at.objects.filter(**parent).update(**at.called("stolen"))


@WRITING.gives("ScopeError")
def update_of_the_owner(at: Stage) -> Any:
    return at.objects.update(**{at.kind.owner: at.tenants["beside"]})


@WRITING.gives("ScopeError")
def update_of_the_owners_column(at: Stage) -> Any:
    return at.objects.update(**{f"{at.kind.owner}_id": at.tenants["beside"].pk})


@WRITING.gives(0)
def update_through_a_siblings_related_manager(at: Stage) -> Any:
    return getattr(at.parents["beside"], at.kind.children).update(**at.called("stolen"))


@WRITING.gives(["own"])
def add_a_siblings_row_to_our_parent(at: Stage) -> Any:
    children = getattr(at.parents["own"], at.kind.children)
    children.add(at.rows["beside"])
    return at.texts(children.all())


@WRITING.gives(["own"])
def set_the_children_of_our_parent(at: Stage) -> Any:
    children = getattr(at.parents["own"], at.kind.children)
    children.set([at.rows["own"], at.rows["beside"]])
    return at.texts(children.all())


@WRITING.gives(2)
def delete_all(at: Stage) -> Any:
    return at.kind.plain.objects.all().delete()[0]  # type: ignore[attr-defined]


@WRITING.gives(0)
def delete_of_a_sibling(at: Stage) -> Any:
    return at.objects.filter(pk=at.rows["beside"].pk).delete()[0]


@WRITING.gives(2)
def the_delete_below_delete(at: Stage) -> Any:
    return at.kind.plain.objects.all()._raw_delete("default")  # type: ignore[attr-defined]


@WRITING.gives(0)
def delete_through_a_siblings_related_manager(at: Stage) -> Any:
    return getattr(at.parents["beside"], at.kind.children).all().delete()[0]


@WRITING.gives("ScopeError")
def delete_a_siblings_row(at: Stage) -> Any:
    return at.rows["beside"].delete()


@WRITING.gives((0, {}))
def delete_ours_under_a_siblings_key(at: Stage) -> Any:
    return at.forged("beside").delete()


@WRITING.gives((0, {}))
def delete_a_plain_row_under_a_siblings_key(at: Stage) -> Any:
    row = at.plain["own"]
    row.pk = at.plain["beside"].pk
    return row.delete()


@WRITING.gives("ProtectedError")
def delete_a_parent_that_is_needed(at: Stage) -> Any:
    return at.parents["own"].delete()


@WRITING.gives("ScopeError")
def async_save(at: Stage) -> Any:
    return awaited(at.build("beside").asave())


@WRITING.gives("ScopeError")
def async_bulk_create(at: Stage) -> Any:
    return awaited(at.objects.abulk_create([at.build("beside")]))


@WRITING.gives(0)
def async_update(at: Stage) -> Any:
    return awaited(at.objects.filter(pk=at.rows["beside"].pk).aupdate(**at.called("stolen")))


@WRITING.gives("ScopeError")
def async_delete(at: Stage) -> Any:
    return awaited(at.rows["beside"].adelete())


@WRITING.gives(0)
def async_delete_of_a_queryset(at: Stage) -> Any:
    return awaited(at.objects.filter(pk=at.rows["beside"].pk).adelete())[0]


@WRITING.gives("ScopeError")
def write_what_was_locked(at: Stage) -> Any:
    row = next(iter(at.objects.filter(pk=at.rows["own"].pk).select_for_update()))
    setattr(row, f"{at.kind.owner}_id", at.tenants["above"].pk)
    return models.Model.save(row)
