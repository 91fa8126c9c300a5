"""Stations as they come in a file: the same rules as for one, and a few statements for all of them.

A station is known by its code. Its owner is named once, when it is new; later it changes hands by a transfer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.audit import Change
from backoffice.kit.errors import Refused
from backoffice.kit.imports import Fault, Plan, Row, Sender
from backoffice.kit.levels import Level
from backoffice.kit.scope import unscoped
from stations.models import Station, StationStatus
from stations.services.import_room import room_faults
from stations.services.sites import OWNERS
from tenants.models import Tenant
from tenants.selectors import standings

BATCH = 500
OWN = (
    "name",
    "status",
    "city",
    "address",
    "latitude",
    "longitude",
    "timezone",
    "hotline",
    "power_limit_kw",
)
"""What a file may say of a station."""

_FIXED = frozenset({StationStatus.CLOSED, StationStatus.STORE})


@dataclass(frozen=True, slots=True)
class Work:
    """Rows as they are to be written."""

    new: list[tuple[Mapping[str, Any], Tenant]] = field(default_factory=list)
    changed: dict[int, Mapping[str, Any]] = field(default_factory=dict)


class _Wrong(Exception):
    def __init__(self, message: str, column: str = "code") -> None:
        super().__init__(message)
        self.column = column


def check_stations(rows: Sequence[Row], sender: Sender) -> Plan:
    """What would become of each row under the scope of the sender. Writes nothing."""
    known = _Known(rows, sender)
    work, faults, unchanged = Work(), [], 0
    for row in rows:
        try:
            unchanged += not _place(row.values, known, work)
        except _Wrong as wrong:
            faults.append(Fault(row.number, str(wrong), wrong.column))
    numbers = {row.values["code"]: row.number for row in rows}
    new: dict[int, list[int]] = defaultdict(list)
    for values, owner in work.new:
        new[owner.pk].append(numbers[values["code"]])
    faults += room_faults("stations", new, sender.tenant_id)
    return Plan(faults, new=len(work.new), changed=len(work.changed), unchanged=unchanged, work=work)


def write_stations(plan: Plan, sender: Sender) -> None:
    """Write what ``check_stations`` planned, in the transaction of the caller. Raises Refused where it cannot be."""
    work: Work = plan.work
    rows = {row.pk: row for row in locks.locked(Station.objects.filter(pk__in=work.changed))}
    if any(row.status in _FIXED for row in rows.values()):
        raise Refused(_("A station was closed in the meantime. Send the file again."), code="changed")
    before = {key: audit.snapshot(row) for key, row in rows.items()}
    for key, fields in work.changed.items():
        for name, value in fields.items():
            setattr(rows[key], name, value)
    Station.objects.bulk_update(list(rows.values()), OWN, batch_size=BATCH)
    edited = (Change(row, before[key], audit.snapshot(row)) for key, row in rows.items())
    audit.record_all(sender.actor, "station.edited", edited, reason=_("Excel import"))
    now = clock.now()
    made = [
        Station(tenant=owner, code=values["code"], created_at=now, **_fields(values))
        for values, owner in work.new
    ]
    try:
        with transaction.atomic():
            Station.objects.bulk_create(made, batch_size=BATCH)
    except IntegrityError as taken:
        raise Refused(_("A code was taken in the meantime. Send the file again."), code="changed") from taken
    audit.record_all(
        sender.actor, "station.created", (Change(row, None, audit.snapshot(row)) for row in made)
    )


class _Known:
    """What is there of all that the rows name, read in a few statements."""

    def __init__(self, rows: Sequence[Row], sender: Sender) -> None:
        codes = [row.values["code"] for row in rows]
        there = Station.objects.filter(code__in=codes).select_related("tenant")
        self.stations = {station.code: station for station in there}
        with unscoped(reason="codes are unique over the whole system"):
            taken = Station.objects.filter(code__in=codes).values_list("code", flat=True)
            self.taken = set(taken) - self.stations.keys()
        self.tenant = Tenant.objects.get(pk=sender.tenant_id)
        words = {word for row in rows if (word := row.values.get("owner"))}
        owners = Tenant.objects.filter(
            Q(name__in=words) | Q(code__in=[word.upper() for word in words]),
            level__in=[level.value for level in OWNERS],
        )
        self._owners: dict[str, set[Tenant]] = defaultdict(set)
        for owner in owners:
            self._owners[owner.name].add(owner)
            self._owners[owner.code].add(owner)
        found = [owner.pk for owner in owners]
        self.active = {key for key, one in standings([*found, self.tenant.pk]).items() if one.active}

    def owner(self, word: str) -> Tenant:
        if not word:
            if Level(self.tenant.level) not in OWNERS:
                raise _Wrong(_("Stations belong to operators and agencies."), "owner")
            return self.tenant
        found = self._owners.get(word) or self._owners.get(word.upper()) or set()
        if not found:
            raise _Wrong(_("There is no operator or agency of this name."), "owner")
        if len(found) > 1:
            raise _Wrong(_("Several are called so. Give the code of the agency."), "owner")
        return next(iter(found))


def _place(values: Mapping[str, Any], known: _Known, work: Work) -> bool:
    station = known.stations.get(values["code"])
    if station is None:
        if values["code"] in known.taken:
            raise _Wrong(_("This code is taken."))
        owner = known.owner(values.get("owner", ""))
        if owner.pk not in known.active:
            raise _Wrong(_("Its owner, or somebody above, is not active."), "owner")
        if values.get("status") in _FIXED:
            raise _Wrong(_("A new station is planned, live or in maintenance."), "status")
        _require_both(values.get("latitude"), values.get("longitude"))
        work.new.append((values, owner))
        return True
    named = values.get("owner")
    if named and named not in {station.tenant.name, station.tenant.code}:
        message = _("It belongs to %(name)s. A station changes hands by a transfer.")
        raise _Wrong(message % {"name": station.tenant.name}, "owner")
    fields = {name: value for name, value in _fields(values).items() if getattr(station, name) != value}
    if not fields:
        return False
    if station.status == StationStatus.STORE:
        raise _Wrong(_("This is a store, where terminals lie that stand nowhere yet."))
    if station.status == StationStatus.CLOSED:
        raise _Wrong(_("This station is closed."))
    if fields.get("status") in _FIXED:
        raise _Wrong(_("A station is closed on its own page."), "status")
    latitude, longitude = (fields.get(name, getattr(station, name)) for name in ("latitude", "longitude"))
    _require_both(latitude, longitude)
    work.changed[station.pk] = fields
    return True


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: values[name] for name in OWN if name in values}
    if not fields.get("status", "x"):
        del fields["status"]
    return fields


def _require_both(latitude: Any, longitude: Any) -> None:
    if (latitude is None) != (longitude is None):
        raise _Wrong(_("Give both coordinates, or none."), "latitude")
