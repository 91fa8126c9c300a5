"""Piles by the thousand, as they come in a file: the same rules as for one, and a few statements for all of them.

A pile is known by its identity. One that is new gets connectors, codes and a password; one that is there is changed,
moved or left as it is, so the same file twice changes nothing the second time. Manufacturers and dealers keep piles in
their own store; operators put them on stations of their own and of their agencies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.audit import Change
from backoffice.kit.errors import Refused
from backoffice.kit.imports import Fault, Plan, Row, Sender
from backoffice.kit.levels import Level
from backoffice.kit.scope import unscoped
from stations import keys
from stations.credentials import SealedKey, match, new_key, seal
from stations.models import (
    Connector,
    CustodyKind,
    Life,
    Pile,
    PileModel,
    QrToken,
    Station,
    StationStatus,
    UnclaimedPile,
)
from stations.selectors.serials import fold, holders_of
from stations.services import custody, local_lists, moving, sites
from stations.services.import_places import Places
from stations.services.import_room import room_faults
from stations.snapshots import compare
from stations.tokens import new_token
from tenants.models import Tenant
from tenants.selectors import standings
from tenants.services.quotas import require_room

BATCH = 1_000
OWN = ("name", "serial", "model", "life")
"""What a file may change of a pile that is there."""


@dataclass(frozen=True, slots=True)
class Made:
    """A pile that was made: what whoever sets it up needs. ``key`` is told this once."""

    pile: Pile
    key: str
    tokens: tuple[QrToken, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Rows as they are to be written. A station None is the store of whoever sent them."""

    new: list[tuple[Mapping[str, Any], Station | None]] = field(default_factory=list)
    changed: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    moved: dict[int, Station] = field(default_factory=dict)


def check_piles(rows: Sequence[Row], sender: Sender) -> Plan:
    """What would become of each row under the scope of the sender. Writes nothing."""
    known = _Known(rows, sender)
    work, faults, unchanged = Work(), [], 0
    for row in rows:
        try:
            unchanged += not _place(row.values, known, work)
        except _Wrong as wrong:
            faults.append(Fault(row.number, str(wrong), wrong.column))
    faults += _quota(rows, work, known)
    faults += _serials(rows, known)
    changed = len(work.changed.keys() | work.moved.keys())
    return Plan(faults, new=len(work.new), changed=changed, unchanged=unchanged, work=work)


def write_piles(plan: Plan, sender: Sender) -> list[Made]:
    """Write what ``check_piles`` planned, in the transaction of the caller. Raises Refused where it cannot be."""
    work: Work = plan.work
    store: Station | None = None
    if any(station is None for _values, station in work.new):
        store = sites.store_of(Tenant.objects.get(pk=sender.tenant_id), actor=sender.actor)
    wanted = {station.pk for _values, station in work.new if station is not None}
    wanted |= {station.pk for station in work.moved.values()}
    stations = {
        row.pk: row for row in locks.locked(Station.objects.filter(pk__in=wanted)).select_related("tenant")
    }
    if len(stations) < len(wanted) or any(row.status == StationStatus.CLOSED for row in stations.values()):
        raise Refused(_("A station was closed in the meantime. Send the file again."), code="changed")
    _change(work, stations, sender.actor)
    placed = [(values, stations[place.pk] if place else store) for values, place in work.new]
    return _create([(values, place) for values, place in placed if place is not None], sender.actor)


class _Wrong(Exception):
    """Why a row is refused, and the column that is to blame."""

    def __init__(self, message: str, column: str = "identity") -> None:
        super().__init__(message)
        self.column = column


class _Known:
    """What is there of all that the rows name, read in a few statements."""

    def __init__(self, rows: Sequence[Row], sender: Sender) -> None:
        identities = [row.values["identity"] for row in rows]
        there = Pile.objects.filter(identity__in=identities).select_related("station", "tenant", "model")
        self.piles = {pile.identity: pile for pile in there}
        with unscoped(reason="identities are unique over the whole system"):
            taken = Pile.objects.filter(identity__in=identities).values_list("identity", flat=True)
            self.taken = set(taken) - self.piles.keys()
        counted = Connector.objects.filter(pile__in=there.values("pk"), number__gt=0)
        self.connectors = dict(counted.order_by().values_list("pile").annotate(count=Count("pk")))
        self.models: dict[str, PileModel] = {}
        for model in PileModel.objects.order_by("pk"):
            self.models[str(model).casefold()] = self.models[model.name.casefold()] = model
        self.tenant = Tenant.objects.get(pk=sender.tenant_id)
        self.keeps_store = Level(self.tenant.level) in {Level.MANUFACTURER, Level.DEALER}
        self.places = Places(rows)
        owners = {place.tenant_id for place in self.places.found} | {self.tenant.pk}
        self.active = {key for key, standing in standings(owners).items() if standing.active}


def _place(values: Mapping[str, Any], known: _Known, work: Work) -> bool:
    """Put the row where it belongs in the work; whether anything becomes of it. Raises _Wrong."""
    model = _model(values, known)
    pile = known.piles.get(values["identity"])
    if pile is None:
        if values["identity"] in known.taken:
            raise _Wrong(_("This identity is taken."))
        if values.get("life") == Life.RETIRED:
            raise _Wrong(_("A pile is retired on its own page."), "life")
        station = _station(values, None, known)
        work.new.append(({**values, "model": model}, station))
        return True
    _require_ours(pile, values, known)
    fields = {name: values[name] for name in ("serial", "life") if name in values}
    if values.get("name"):
        fields["name"] = values["name"]
    if not fields.get("life", "x"):
        del fields["life"]
    if "model" in values:
        fields["model"] = model
    fields = {name: value for name, value in fields.items() if getattr(pile, name) != value}
    station = _station(values, pile, known)
    if not fields and station is None:
        return False
    if pile.life == Life.RETIRED:
        raise _Wrong(_("This pile is retired."))
    if fields.get("life") == Life.RETIRED:
        raise _Wrong(_("A pile is retired on its own page."), "life")
    if fields:
        work.changed[pile.pk] = fields
    if station is not None:
        work.moved[pile.pk] = station
    return True


def _model(values: Mapping[str, Any], known: _Known) -> PileModel | None:
    name = values.get("model")
    if not name:
        return None
    found = known.models.get(name.casefold())
    if found is None:
        raise _Wrong(_("There is no model of this name."), "model")
    return found


def _station(values: Mapping[str, Any], pile: Pile | None, known: _Known) -> Station | None:
    """Where the row wants the pile; None where it stays, or for a new one in the store."""
    code, name = values.get("station_code"), values.get("station")
    if not code and not name:
        if pile is None:
            _require_active(known.tenant.pk, known, "station")
        return None
    column = "station_code" if code else "station"
    if pile is not None and (
        pile.station.code == (code or "").upper() or (not code and pile.station.name == name)
    ):
        return None
    try:
        station = known.places.named(code, name)
    except LookupError as nothing:
        raise _Wrong(str(nothing), column) from nothing
    if known.keeps_store and station.tenant_id != known.tenant.pk:
        raise _Wrong(_("Terminals are put on stations by their operator."), column)
    if station.status == StationStatus.CLOSED:
        raise _Wrong(_("This station is closed."), column)
    _require_active(station.tenant_id, known, column)
    return station


def _require_active(tenant_id: int, known: _Known, column: str) -> None:
    if tenant_id not in known.active:
        raise _Wrong(_("Its owner, or somebody above, is not active."), column)


def _require_ours(pile: Pile, values: Mapping[str, Any], known: _Known) -> None:
    if known.keeps_store and pile.tenant_id != known.tenant.pk:
        raise _Wrong(_("It belongs to %(name)s.") % {"name": pile.tenant.name})
    count, here = values.get("connectors"), known.connectors.get(pile.pk, 0)
    if count is not None and count != here:
        message = _("It has %(count)d connectors; that is not changed by an import.")
        raise _Wrong(message % {"count": here}, "connectors")
    key = values.get("password")
    if key and match(key.encode(), SealedKey(pile.key_salt, pile.key_hash)) is None:
        raise _Wrong(_("It has another password. A new one is made on its own page."), "password")


def _quota(rows: Sequence[Row], work: Work, known: _Known) -> Iterator[Fault]:
    """What there is no room for: new piles, and those that come to another owner."""
    numbers = {row.values["identity"]: row.number for row in rows}
    new: dict[int, list[int]] = defaultdict(list)
    for values, station in work.new:
        owner = known.tenant.pk if station is None else station.tenant_id
        new[owner].append(numbers[values["identity"]])
    yield from room_faults("terminals", new, known.tenant.pk)
    moved: dict[tuple[int, int], list[int]] = defaultdict(list)
    for pile in known.piles.values():
        target = work.moved.get(pile.pk)
        if target is not None and target.tenant_id != pile.tenant_id:
            moved[target.tenant_id, pile.tenant_id].append(numbers[pile.identity])
    for (receiver, giver), lines in moved.items():
        try:
            require_room(receiver, terminals=len(lines), moved_from=giver)
        except Refused as refused:
            yield from (Fault(number, str(refused.message), "station_code") for number in lines)


def _serials(rows: Sequence[Row], known: _Known) -> Iterator[Fault]:
    """Serials that two terminals would have, in the file or with what is there.

    Two that have had the same for long, and keep it, are no fault of the file.
    """

    def brings_one(row: Row) -> bool:
        pile = known.piles.get(row.values["identity"])
        return pile is None or fold(pile.serial) != fold(row.values["serial"])

    stated = [row for row in rows if "serial" in row.values]
    spoken_of = {row.values["identity"] for row in stated}
    there = holders_of(row.values["serial"] for row in stated if brings_one(row))
    first: dict[str, Row] = {}
    for row in stated:
        serial = fold(row.values["serial"])
        if not serial:
            continue
        holder = first.setdefault(serial, row)
        if holder is not row and (brings_one(row) or brings_one(holder)):
            words = _("This stands in row %(row)d already.") % {"row": holder.number}
            yield Fault(row.number, words, "serial")
        elif brings_one(row):
            others = [pile for pile in there.get(serial, ()) if pile.identity not in spoken_of]
            if others:
                yield Fault(row.number, _("%(name)s has this serial.") % {"name": others[0].name}, "serial")


def _change(work: Work, stations: Mapping[int, Station], actor: Actor) -> None:
    chosen = Pile.objects.filter(pk__in=work.changed.keys() | work.moved.keys())
    piles = {pile.pk: pile for pile in locks.locked(chosen).select_related("tariff", "station")}
    if any(pile.life == Life.RETIRED for pile in piles.values()):
        raise Refused(_("A pile was retired in the meantime. Send the file again."), code="changed")
    before = {key: audit.snapshot(pile) for key, pile in piles.items()}
    for key, fields in work.changed.items():
        for name, value in fields.items():
            setattr(piles[key], name, value)
    Pile.objects.bulk_update([piles[key] for key in work.changed], OWN, batch_size=BATCH)
    compare([piles[key] for key, fields in work.changed.items() if "model" in fields])
    there: dict[int, list[Pile]] = defaultdict(list)
    for key, station in work.moved.items():
        there[station.pk].append(piles[key])
    for station_id in sorted(there):
        moving.put_on_station(there[station_id], stations[station_id], actor=actor, note=_("Excel import"))
    for life, kind in custody.LIVES.items():
        came = [piles[key] for key, fields in work.changed.items() if fields.get("life") == life]
        custody.note_custody(came, kind, actor=actor, note=_("Excel import"))
    _record(actor, "pile.moved", piles, work.moved, before)
    _record(actor, "pile.edited", piles, work.changed.keys() - work.moved.keys(), before)


def _record(
    actor: Actor,
    action: str,
    piles: Mapping[int, Pile],
    keys: Iterable[int],
    before: Mapping[int, dict[str, Any]],
) -> None:
    changes = (Change(piles[key], before[key], audit.snapshot(piles[key])) for key in keys)
    audit.record_all(actor, action, changes, reason=_("Excel import"))


def _create(rows: Sequence[tuple[Mapping[str, Any], Station]], actor: Actor) -> list[Made]:
    now = clock.now()
    piles: list[Pile] = []
    secrets: list[str] = []
    for values, station in rows:
        pile = Pile(
            tenant=station.tenant,
            station=station,
            identity=values["identity"],
            name=values.get("name") or values["identity"],
            serial=values.get("serial", ""),
            model=values["model"],
            life=moving.life_at(values.get("life") or Life.IN_SERVICE, station),
            created_at=now,
        )
        secrets.append(values.get("password") or new_key())
        keys.set_key(pile, seal(secrets[-1]))
        piles.append(pile)
    try:
        with transaction.atomic():
            Pile.objects.bulk_create(piles, batch_size=BATCH)
    except IntegrityError as taken:
        message = _("An identity was taken in the meantime. Send the file again.")
        raise Refused(message, code="changed") from taken
    codes = _equip(piles, [values.get("connectors") for values, _station in rows])
    audit.record_all(actor, "pile.created", (Change(pile, None, audit.snapshot(pile)) for pile in piles))
    for kind in (CustodyKind.REGISTERED, CustodyKind.STOCKED):
        in_stock = kind is CustodyKind.STOCKED
        here = [pile for pile in piles if (pile.life == Life.IN_STOCK) is in_stock]
        custody.note_custody(here, kind, actor=actor, note=_("Excel import"))
    for start in range(0, len(piles), BATCH):
        compare(piles[start : start + BATCH])
    with unscoped(reason="a claimed identity waits nowhere any more"):
        UnclaimedPile.objects.filter(identity__in=[pile.identity for pile in piles]).delete()
    local_lists.mark_stations(list({station.pk: station for _values, station in rows}.values()))
    return [Made(pile, key, tuple(codes[pile.pk])) for pile, key in zip(piles, secrets, strict=True)]


def _equip(piles: Sequence[Pile], counts: Sequence[int | None]) -> dict[int, list[QrToken]]:
    """Give new piles their connectors and codes; the codes by pile, in the order of the connectors."""
    now = clock.now()
    connectors = [
        Connector(
            tenant_id=pile.tenant_id,
            pile=pile,
            number=number,
            type=pile.model.connector_type if pile.model else "",
            created_at=now,
        )
        for pile, count in zip(piles, counts, strict=True)
        for number in range(1, (count or (pile.model.connector_count if pile.model else 1)) + 1)
    ]
    Connector.objects.bulk_create(connectors, batch_size=BATCH)
    tokens = [
        QrToken(tenant_id=gun.tenant_id, token=new_token(), connector=gun, created_at=now)
        for gun in connectors
    ]
    QrToken.objects.bulk_create(tokens, batch_size=BATCH)
    found: dict[int, list[QrToken]] = defaultdict(list)
    for token in tokens:
        found[token.connector.pile_id].append(token)
    return found
