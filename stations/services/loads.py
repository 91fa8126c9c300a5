"""Load groups: what piles of a station share, and when they are to be shared anew.

A group belongs to the owner of its station. Nothing here speaks to a pile: ``resharing`` does, as
soon as a change is committed.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import path_of_tenant
from backoffice.kit.tasks import nudge
from stations.models import ChargingProfile, Connector, LoadGroup, LoadShare, Pile, Station, StationStatus
from stations.profiles import TENTH
from stations.selectors.charging import group_of_pile, members_of
from stations.services import profiles

TASK = "stations.tasks.share_loads"
MOST = Decimal(100_000)


class GroupFields(TypedDict, total=False):
    """What staff set of a group; figures in its unit. ``piles`` counts where it is not the whole station."""

    name: str
    on: bool
    whole: bool
    piles: Collection[Pile]
    unit: str
    limit: Decimal
    phases: int
    least: Decimal
    safety: Decimal


@transaction.atomic
def create_group(station: Station, *, actor: Actor, **fields: Unpack[GroupFields]) -> LoadGroup:
    """A group of a station of the scope. Raises Refused: ``closed``, ``name_taken``, ``members``, ``figures``."""
    place = locks.locked(Station.objects.filter(pk=station.pk)).get()
    if place.status == StationStatus.CLOSED:
        raise Refused(_("This station is closed."), code="closed")
    at = clock.now()
    row = LoadGroup(tenant_id=place.tenant_id, station=place, created_at=at, changed_at=at)
    _assign(row, fields)
    audit.record(actor, "load_group.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def edit_group(group: LoadGroup, *, actor: Actor, **fields: Unpack[GroupFields]) -> LoadGroup:
    """Change a group. Switched off, its piles are told to forget its limits. Raises as ``create_group``."""
    locks.hold(lock_of(group.pk))
    row = locks.locked(LoadGroup.objects.filter(pk=group.pk)).select_related("station").get()
    before = audit.snapshot(row)
    if "unit" in fields and fields["unit"] != row.unit and LoadShare.objects.filter(group=row).exists():
        raise Refused(
            _("While vehicles charge here, the unit stays: switch the group off first."),
            code="figures",
            field="unit",
        )
    _assign(row, fields)
    audit.record(actor, "load_group.edited", row, before=before, after=audit.snapshot(row))
    return row


def note_change(pile: Pile) -> None:
    """A charge began or ended at a pile: if a group shares its power, share it anew once this is committed."""
    if group_of_pile(pile) is not None:
        nudge(TASK)


@transaction.atomic
def note_stop(pile: Pile, transaction_id: int) -> None:
    """A transaction is over: its own profiles are gone with it, and its share is free."""
    profiles.end_with_transaction(pile, transaction_id)
    note_change(pile)


def leave_group(pile: Pile, *, actor: Actor) -> None:
    """A pile goes to another station: what its group told it does not follow it, as far as it can be heard."""
    LoadShare.objects.filter(pile=pile).delete()
    held = ChargingProfile.objects.filter(pile=pile, group__isnull=False)
    keys = list(held.filter(state__in=profiles.OPEN).values_list("pk", flat=True))
    held.update(group=None)
    for row in ChargingProfile.objects.filter(pk__in=keys):
        forget_quietly(row, actor=actor)


def forget_quietly(row: ChargingProfile, *, actor: Actor) -> None:
    """Clear a profile where the pile can be asked to; else it stays listed as installed."""
    try:
        with transaction.atomic():
            profiles.clear_profile(row, actor=actor, reason="load_group")
    except Refused:
        return


def lock_of(group_id: int) -> str:
    """The lock under which a group is shared, one at a time."""
    return f"stations.load:{group_id}"


def announce(group: LoadGroup) -> None:
    """Tell the pages that a group looks different."""
    live.publish("loads", audit.reference(group), path_of_tenant(group.tenant_id))


def _assign(row: LoadGroup, fields: GroupFields) -> None:
    chosen = fields.get("piles")
    for name, value in fields.items():
        if name != "piles":
            setattr(row, name, value)
    row.name = row.name.strip()
    _require_figures(row)
    beside = LoadGroup.objects.filter(station=row.station_id).exclude(pk=row.pk)
    if beside.filter(name=row.name).exists():
        raise Refused(_("This name is taken."), code="name_taken", field="name")
    if beside.filter(whole=True).exists() or (row.whole and beside.exists()):
        raise Refused(
            _("A group of the whole station has no other beside it."), code="members", field="whole"
        )
    row.changed_at = clock.now()
    row.save()
    if chosen is not None or row.whole:
        _choose(row, () if row.whole else chosen or ())
    _require_safe(row)
    announce(row)
    nudge(TASK)


def _choose(row: LoadGroup, chosen: Collection[Pile]) -> None:
    keys = {pile.pk for pile in chosen}
    piles = locks.locked(Pile.objects.filter(pk__in=keys, station=row.station_id))
    if len(list(piles)) != len(keys):
        raise Refused(_("All terminals stand at the same station."), code="members", field="piles")
    if piles.filter(load_group__isnull=False).exclude(load_group=row).exists():
        raise Refused(_("A terminal belongs to one group only."), code="members", field="piles")
    Pile.objects.filter(load_group=row).exclude(pk__in=keys).update(load_group=None)
    Pile.objects.filter(pk__in=keys).update(load_group=row)


def _require_figures(row: LoadGroup) -> None:
    if not row.name:
        raise Refused(_("A group needs a name."), code="figures", field="name")
    for name in ("limit", "least", "safety"):
        value = getattr(row, name)
        if not 0 <= value <= MOST or value % TENTH:
            raise Refused(_("Not below 0, with at most one decimal."), code="figures", field=name)
    if not row.limit:
        raise Refused(_("A limit is above 0."), code="figures", field="limit")
    if row.least > row.limit:
        raise Refused(_("Not above the limit."), code="figures", field="least")
    if row.phases not in {1, 2, 3}:
        raise Refused(_("1 to 3 phases."), code="figures", field="phases")


def _require_safe(row: LoadGroup) -> None:
    """Terminals that cannot hear us stay within the limit together, whatever starts there."""
    count = Connector.objects.filter(pile__in=members_of(row).values("pk"), number__gt=0).count()
    if not count and not row.whole:
        raise Refused(_("Choose the terminals of the group."), code="members", field="piles")
    if row.safety * count > row.limit:
        most = (row.limit / count).quantize(TENTH, "ROUND_DOWN")
        message = _("%(count)d connectors without word from us would pass the limit: at most %(most)s each.")
        raise Refused(message % {"count": count, "most": most}, code="figures", field="safety")
