"""Local lists: who stands on them, and on which stations they count.

A change is only marked here, with one row; ``list_sync`` brings the piles into step. However many cards
change at once, the piles are looked at once. Locks are taken in the order pile, its state, list.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor
from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.scope import path_of_tenant, unscoped
from drivers.selectors import card_facts
from drivers.tags import fold_tag
from stations.models import ListRule, LocalList, LocalListPile, Station
from stations.selectors import list_of_station
from tenants.models import Tenant
from tenants.selectors import standings

LONGEST_TAG = 20
NAMED = 5
"""How many unknown card numbers an error names."""


class ListFields(TypedDict, total=False):
    """What staff say of a list. ``groups`` and ``picked`` are idTags as they were typed."""

    name: str
    rule: str
    groups: Sequence[str]
    picked: Sequence[str]
    refused_too: bool


@transaction.atomic
def create_list(owner: Tenant, *, actor: Actor, **fields: Unpack[ListFields]) -> LocalList:
    """A list of an operator. Raises Refused: ``wrong_level``, ``name``, ``groups``, ``picked``."""
    if Level(owner.level) is not Level.OPERATOR:
        raise Refused(_("Local lists belong to operators."), code="wrong_level", field="tenant")
    locks.hold(f"stations.local_lists:{owner.pk}")
    row = LocalList(tenant=owner, created_at=clock.now(), stale_at=clock.now())
    _assign(row, fields)
    row.save()
    audit.record(actor, "local_list.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def edit_list(local_list: LocalList, *, actor: Actor, **fields: Unpack[ListFields]) -> LocalList:
    """Change who stands on it; its piles follow. Raises Refused: ``name``, ``groups``, ``picked``."""
    locks.hold(f"stations.local_lists:{local_list.tenant_id}")
    row = _lock(local_list)
    before = audit.snapshot(row)
    _assign(row, fields)
    row.stale_at = clock.now()
    row.save()
    audit.record(actor, "local_list.edited", row, before=before, after=audit.snapshot(row))
    _tell(row)
    return row


@transaction.atomic
def make_default(local_list: LocalList, *, actor: Actor, is_default: bool = True) -> LocalList:
    """Let it count at all stations of the operator that name no other, or no longer."""
    locks.hold(f"stations.local_lists:{local_list.tenant_id}")
    rows = {row.pk: row for row in locks.locked(LocalList.objects.filter(tenant=local_list.tenant_id))}
    row = rows[local_list.pk]
    if row.is_default == is_default:
        return row
    for other in rows.values():
        if other.is_default:
            _set_default(other, False, actor)
    if is_default:
        _set_default(row, True, actor)
    return row


@transaction.atomic
def delete_list(local_list: LocalList, *, actor: Actor, reason: str) -> None:
    """Take it away. Its piles are emptied, or get the default.

    Raises Refused while stations name it.
    """
    locks.hold(f"stations.local_lists:{local_list.tenant_id}")
    stations = list(
        Station.objects.filter(local_list=local_list).order_by("name").values_list("name", flat=True)
    )
    if stations:
        names = enumerated(stations[:NAMED])
        raise Refused(_("It counts at stations: %(names)s.") % {"names": names}, code="in_use")
    leave_piles(locks.locked(LocalListPile.objects.filter(list=local_list)))
    row = _lock(local_list)
    audit.record(actor, "local_list.deleted", row, before=audit.snapshot(row), reason=reason)
    row.delete()


@transaction.atomic
def assign_list(station: Station, *, local_list: LocalList | None, actor: Actor) -> Station:
    """Let a list of its operator count at a station; None: the operator's default. Raises Refused: ``foreign``."""
    row = locks.locked(Station.objects.filter(pk=station.pk)).get()
    operator_id = path_of_tenant(row.tenant_id).operator_id
    if local_list is not None and local_list.tenant_id != operator_id:
        raise Refused(_("This list belongs to another operator."), code="foreign", field="local_list")
    if row.local_list_id == (local_list and local_list.pk):
        return row
    before = audit.snapshot(row)
    mark_station(row)
    row.local_list = local_list
    row.save(update_fields=["local_list"])
    mark_station(row)
    audit.record(actor, "local_list.assigned", row, before=before, after=audit.snapshot(row))
    return row


def mark_station(station: Station) -> None:
    """The piles of this station, or their list, are not what they were."""
    found = list_of_station(station)
    if found is not None:
        _mark(Q(pk=found.pk))


def mark_stations(stations: Collection[Station]) -> None:
    """The same for many stations at once."""
    named = {station.local_list_id for station in stations if station.local_list_id is not None}
    usual = {station.tenant_id for station in stations if station.local_list_id is None}
    operators = {standing.path.operator_id for standing in standings(usual).values()}
    _mark(Q(pk__in=named) | Q(tenant__in=operators - {None}, is_default=True))


def hear_of_cards(operator_id: int) -> None:
    """Cards of the operator changed (a listener of ``drivers``)."""
    _mark(Q(tenant=operator_id))


def leave_piles(rows: Iterable[LocalListPile]) -> None:
    """No list counts for these locked piles any more: unless another one is found for them they are emptied."""
    for row in rows:
        if row.list_id is not None:
            row.list, row.kept_empty, row.due_at = None, True, clock.now()
        row.save(update_fields=["tenant", "list", "kept_empty", "due_at"])


def _set_default(row: LocalList, is_default: bool, actor: Actor) -> None:
    before = audit.snapshot(row)
    row.is_default, row.stale_at = is_default, clock.now()
    row.save(update_fields=["is_default", "stale_at"])
    audit.record(actor, "local_list.edited", row, before=before, after=audit.snapshot(row))
    _tell(row)


def _mark(which: Q) -> None:
    """Every change writes the mark, so that one which is not committed yet holds up whoever clears it.

    Whoever moves a pile of theirs may mark a list that only those above may change.
    """
    with unscoped(reason="a list is marked for the timer, not changed"):
        rows = LocalList.objects.filter(which).order_by("pk").select_for_update(of=("self",), no_key=True)
        LocalList.objects.filter(pk__in=[row.pk for row in rows]).update(stale_at=clock.now())


def _lock(local_list: LocalList) -> LocalList:
    return locks.locked(LocalList.objects.filter(pk=local_list.pk)).get()


def _assign(row: LocalList, fields: ListFields) -> None:
    if "name" in fields:
        row.name = fields["name"].strip()[:80]
    others = LocalList.objects.filter(tenant=row.tenant_id, name=row.name).exclude(pk=row.pk)
    if not row.name or others.exists():
        raise Refused(_("A list needs a name of its own."), code="name", field="name")
    row.rule = fields.get("rule", row.rule)
    row.refused_too = fields.get("refused_too", row.refused_too)
    if "groups" in fields:
        row.groups = _tags(fields["groups"], "groups")
    if "picked" in fields:
        row.picked = _tags(fields["picked"], "picked")
    if row.rule == ListRule.GROUPS and not row.groups:
        raise Refused(_("Name a group."), code="groups", field="groups")
    if row.rule == ListRule.PICKED:
        _require_known(row)


def _tags(typed: Sequence[str], field: str) -> list[str]:
    tags = list(dict.fromkeys(fold_tag(tag) for tag in typed if tag.strip()))
    if any(len(tag) > LONGEST_TAG for tag in tags):
        raise Refused(_("A card number has 1 to 20 characters."), code=field, field=field)
    return tags


def _require_known(row: LocalList) -> None:
    known = {fold_tag(card.uid) for card in card_facts(row.tenant_id, tags=set(row.picked))}
    unknown = [tag for tag in row.picked if tag not in known]
    if unknown:
        names = enumerated(unknown[:NAMED]) + (" …" if len(unknown) > NAMED else "")
        raise Refused(
            _("No card has this number: %(tags)s.") % {"tags": names}, code="picked", field="picked"
        )


def _tell(row: LocalList) -> None:
    live.publish("lists", f"locallist:{row.pk}", path_of_tenant(row.tenant_id))
