"""Charging profiles, load groups and what piles said that they can take."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from backoffice.kit import clock
from stations import hooks
from stations.allotments import share_profile
from stations.composite import Installed
from stations.features import SMART_CHARGING
from stations.models import (
    ChargingProfile,
    Command,
    Life,
    LoadGroup,
    LoadShare,
    Pile,
    ProfileState,
    Reshare,
    Station,
)
from stations.profiles import Means, Profile
from stations.reported import read_means
from stations.sessions import RunningSession
from stations.states import UNANSWERED

PROFILE_ACTIONS = ("SetChargingProfile", "ClearChargingProfile", "GetCompositeSchedule")
WITHOUT = frozenset({"NotSupported", "NotImplemented"})
"""CALLERRORs by which a pile says that it has no smart charging (OCPP 1.6 errata 3.38)."""

WITHOUT_FOR = timedelta(days=1)
"""What a pile lacked is asked for again after this time: its firmware may be new."""

ANSWERS_READ = 10
LOOK_EVERY = timedelta(seconds=30)
"""A group is looked at so often although nothing was reported: vehicles take less, and limits run out."""


def profiles() -> QuerySet[ChargingProfile]:
    """Profiles of the scope."""
    return ChargingProfile.objects.select_related("pile__station", "group")


def profiles_of(pile_id: int) -> QuerySet[ChargingProfile]:
    """What was ever sent to one pile, the newest first."""
    rows = ChargingProfile.objects.filter(pile=pile_id).select_related("set_command", "clear_command")
    return rows.order_by("-created_at", "-pk")


def open_profiles(pile_id: int) -> QuerySet[ChargingProfile]:
    """Those of a pile that are installed, or may be."""
    return ChargingProfile.objects.filter(
        pile=pile_id, state__in=[ProfileState.WANTED, ProfileState.INSTALLED]
    )


def installed_profiles(pile_id: int) -> list[Installed]:
    """What a pile obeys as far as it said so: profiles of staff, and the shares of load groups."""
    rows = ChargingProfile.objects.filter(pile=pile_id, state=ProfileState.INSTALLED).order_by("pk")
    found = [Installed(Profile.from_json(row.content), row.connector_number) for row in rows]
    shares = LoadShare.objects.filter(pile=pile_id, obeys__isnull=False).select_related("group")
    return found + [
        Installed(share_profile(share, share.obeys, until=share.obeys_until), share.connector_number)
        for share in shares
        if share.obeys is not None
    ]


def means_of(pile: Pile) -> Means:
    """What a pile can take, by the newest answers to GetConfiguration that speak of it."""
    answers = Command.objects.filter(pile=pile, action="GetConfiguration", answered_at__isnull=False)
    settings: dict[str, str] = {}
    for answer in answers.order_by("-created_at").values_list("answer", flat=True)[:ANSWERS_READ]:
        for entry in answer.get("configurationKey", ()):
            settings.setdefault(entry["key"], str(entry.get("value", "")))
    return read_means(settings)


def piles_without_profiles(pile_ids: Collection[int]) -> set[int]:
    """Which of the piles said lately that they have no smart charging."""
    last = (
        Command.objects.filter(
            pile__in=pile_ids, action__in=PROFILE_ACTIONS, answered_at__gt=clock.now() - WITHOUT_FOR
        )
        .order_by("pile", "-answered_at", "-pk")
        .distinct("pile")
        .values_list("pile", "error")
    )
    return {pile_id for pile_id, error in last if error in WITHOUT}


def takes_limit_at_start(pile: Pile) -> bool:
    """Whether a start may carry a limit: the pile says that it can keep one, and no load group gives it its share."""
    return (
        SMART_CHARGING in (pile.feature_profiles or ())
        and not piles_without_profiles([pile.pk])
        and group_of_pile(pile) is None
    )


def composites_of(pile_id: int) -> QuerySet[Command]:
    """What a pile was asked of its composite schedule, the newest first."""
    asked = Command.objects.filter(pile=pile_id, action="GetCompositeSchedule")
    return asked.order_by("-created_at", "-pk")


def sessions_at(pile_id: int) -> list[RunningSession]:
    """The transactions that run at one pile, by connector."""
    return sorted(hooks.running_sessions([pile_id]), key=lambda session: session.connector_number)


def load_groups() -> QuerySet[LoadGroup]:
    """Load groups of the scope."""
    return LoadGroup.objects.select_related("station__tenant", "tenant")


def load_groups_of(station: Station) -> QuerySet[LoadGroup]:
    """The groups of a station, by name."""
    return LoadGroup.objects.filter(station=station).order_by("name", "pk")


def load_states_of(station: Station) -> QuerySet[LoadGroup]:
    """The same with what is ``given`` of their limit now, in their unit, and to how many ``sessions``."""
    shares = LoadShare.objects.filter(group=OuterRef("pk")).order_by().values(one=Value(1))
    given = Subquery(shares.annotate(given=Sum("share")).values("given"))
    sessions = Subquery(shares.annotate(count=Count("pk")).values("count"))
    return load_groups_of(station).annotate(
        given=Coalesce(given, Value(Decimal(0))), sessions=Coalesce(sessions, 0)
    )


def group_of_pile(pile: Pile) -> LoadGroup | None:
    """The group that shares the power of a pile now."""
    mine = Q(whole=True) | Q(pk=pile.load_group_id)
    return LoadGroup.objects.filter(mine, station=pile.station_id, on=True).order_by("pk").first()


def members_of(group: LoadGroup) -> QuerySet[Pile]:
    """The piles of a group, with their connectors."""
    return members_of_groups([group]).prefetch_related("connectors")


def members_of_groups(groups: Iterable[LoadGroup]) -> QuerySet[Pile]:
    """The piles of several groups. A pile that left the station of its group is no member."""
    belongs = Q(pk__in=[])
    for group in groups:
        here = Q(station=group.station_id)
        belongs |= here if group.whole else here & Q(load_group=group.pk)
    return (
        Pile.objects.filter(belongs)
        .exclude(life=Life.RETIRED)
        .select_related("model", "tenant")
        .order_by("name", "pk")
    )


def shares_of(group: LoadGroup) -> QuerySet[LoadShare]:
    """What the running sessions of a group have, by pile and connector."""
    rows = LoadShare.objects.filter(group=group).select_related("pile", "command", "group")
    return rows.order_by("pile__name", "connector_number", "pk")


def reshares_of(group: LoadGroup) -> QuerySet[Reshare]:
    """The history of a group, the newest first."""
    return Reshare.objects.filter(group=group).order_by("-at", "-pk")


def groups_to_share() -> list[int]:
    """Groups in which something changed since they were last shared. A handful of queries for all of them.

    A start or a stop shows by the sessions themselves, so a lost nudge delays it by one round only.
    """
    at = clock.now()
    waiting = Q(shared_at__isnull=True) | Q(changed_at__gt=F("shared_at"))
    groups = list(LoadGroup.objects.filter(on=True))
    due = set(LoadGroup.objects.filter(waiting).values_list("pk", flat=True))
    due |= {group.pk for group in groups if group.shared_at and group.shared_at < at - LOOK_EVERY}
    due |= set(
        LoadShare.objects.filter(asked__isnull=False, failed_at__isnull=True)
        .exclude(command__state__in=[state.value for state in UNANSWERED])
        .values_list("group", flat=True)
    )
    quiet = [group for group in groups if group.pk not in due]
    return sorted(due | _changed(quiet))


def _changed(groups: list[LoadGroup]) -> set[int]:
    """Those where a pile came or went, or whose sessions are not those that have shares."""
    if not groups:
        return set()
    whole = {group.station_id: group for group in groups if group.whole}
    named = {group.pk: group for group in groups if not group.whole}
    group_of: dict[int, LoadGroup] = {}
    found: set[int] = set()
    for pile in members_of_groups(groups):
        group = whole.get(pile.station_id) or named[pile.load_group_id or 0]
        group_of[pile.pk] = group
        moments = [at for at in (pile.connected_at, pile.disconnected_at) if at is not None]
        if group.shared_at is None or any(at > group.shared_at for at in moments):
            found.add(group.pk)
    runs: dict[int, set[int]] = {group.pk: set() for group in groups}
    for session in hooks.running_sessions(list(group_of)):
        runs[group_of[session.pile_id].pk].add(session.transaction_id)
    has: dict[int, set[int]] = {group.pk: set() for group in groups}
    shares: Any = LoadShare.objects.filter(group__in=runs).values_list("group", "transaction_id")
    for group_id, transaction_id in shares:
        has[group_id].add(transaction_id)
    return found | {key for key in runs if runs[key] != has[key]}
