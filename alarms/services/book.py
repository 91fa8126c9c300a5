"""The book of alarms: the one place where they are raised and cleared.

There is one live row per key, whoever tells of it at the same time: the keys are locked first, then the
rows, both in one order, and a unique constraint stands behind. What comes back within half an hour after it
was cleared is the same row, opened again. Events that change nothing write nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q

from alarms.catalogue import CATALOGUE
from alarms.events import Event, Relief, Sighting
from alarms.models import LIVE, Alarm, AlarmState
from alarms.states import ALARM, REOPENS_WITHIN
from backoffice.kit import audit, live, locks
from backoffice.kit.machines import move

CHANGING = [
    "severity",
    "source",
    "error_code",
    "info",
    "about",
    "state",
    "count",
    "reopened",
    "suppressed",
    "last_seen_at",
    "acknowledged_at",
    "cleared_at",
]
ROWS_AT_ONCE = 500

Place = tuple[int | None, int | None, int | None]
"""Station where there is no pile, pile, connector."""


@transaction.atomic(savepoint=False)
def keep(events: Sequence[Event]) -> list[Alarm]:
    """Take events in their order, in a handful of statements. Returns the alarms that they touched."""
    if not events:
        return []
    page = _Page(_lock(events))
    for event in events:
        page.take(event)
    page.save()
    return page.touched()


def _lock(events: Sequence[Event]) -> list[Alarm]:
    keys = {event.key for event in events if isinstance(event, Sighting)}
    locks.hold_all(f"alarms.key:{key}" for key in keys)
    wanted = Q(pk__in=[])
    if keys:
        back_to = min(event.at for event in events) - REOPENS_WITHIN
        wanted |= Q(key__in=keys) & (LIVE | Q(state=AlarmState.CLEARED, cleared_at__gte=back_to))
    reliefs = [event for event in events if isinstance(event, Relief)]
    said_by = LIVE & Q(source__in={event.source for event in reliefs})
    targets = {event.target for event in reliefs}
    if piles := {target.pile_id for target in targets if target.pile_id is not None}:
        wanted |= said_by & Q(pile__in=piles)
    if stations := {target.station_id for target in targets if target.pile_id is None}:
        wanted |= said_by & Q(station__in=stations, pile__isnull=True)
    return list(locks.locked(Alarm.objects.filter(wanted)))


class _Page:
    """The rows that a batch of events is about, changed in memory and written at the end."""

    def __init__(self, rows: Iterable[Alarm]) -> None:
        self._by_key: defaultdict[str, list[Alarm]] = defaultdict(list)
        self._by_place: defaultdict[Place, list[Alarm]] = defaultdict(list)
        self._new: list[Alarm] = []
        self._changed: dict[int, Alarm] = {}
        self._told: dict[str, Alarm] = {}
        for row in rows:
            self._enter(row)

    def take(self, event: Event) -> None:
        if isinstance(event, Relief):
            self._relieve(event)
            return
        alarm = self._row_of(event)
        if alarm is None:
            self._new.append(_new_alarm(event))
            self._enter(self._new[-1])
        elif alarm.is_live:
            self._repeat(alarm, event)
        else:
            self._reopen(alarm, event)

    def save(self) -> None:
        """Write what changed and tell it once the transaction has committed."""
        Alarm.objects.bulk_create(self._new, batch_size=ROWS_AT_ONCE)
        Alarm.objects.bulk_update(self._changed.values(), CHANGING, batch_size=ROWS_AT_ONCE)
        announce([*self._new, *self._told.values()])

    def touched(self) -> list[Alarm]:
        return [*self._new, *self._changed.values()]

    def _enter(self, row: Alarm) -> None:
        self._by_key[row.key].append(row)
        self._by_place[_place(row.station_id, row.pile_id, row.connector_number)].append(row)

    def _row_of(self, event: Sighting) -> Alarm | None:
        """The live row of the key, else the one that was cleared last and may come back."""
        known = self._by_key[event.key]
        live_one = next((row for row in known if row.is_live), None)
        if live_one is not None:
            return live_one
        cleared = [
            row for row in known if row.cleared_at is not None and event.at - row.cleared_at <= REOPENS_WITHIN
        ]
        return max(cleared, key=lambda row: row.last_seen_at, default=None)

    def _relieve(self, event: Relief) -> None:
        target = event.target
        for alarm in self._by_place[_place(target.station_id, target.pile_id, target.connector)]:
            if _ends(event, alarm):
                alarm.state = move(ALARM, alarm.state, AlarmState.CLEARED)
                alarm.cleared_at = event.at
                self._note(alarm, news=True)

    def _repeat(self, alarm: Alarm, event: Sighting) -> None:
        news = event.severity < alarm.severity
        alarm.count += 1
        alarm.severity = min(alarm.severity, event.severity)
        self._see(alarm, event, news=news)

    def _reopen(self, alarm: Alarm, event: Sighting) -> None:
        alarm.state = move(ALARM, alarm.state, AlarmState.OPEN)
        alarm.cleared_at = alarm.acknowledged_at = None
        alarm.severity = event.severity
        alarm.count += 1
        alarm.reopened += 1
        self._see(alarm, event, news=True)

    def _see(self, alarm: Alarm, event: Sighting, *, news: bool) -> None:
        alarm.source = event.source
        alarm.last_seen_at = max(alarm.last_seen_at, event.at)
        alarm.error_code = event.error_code[:60] or alarm.error_code
        alarm.info = event.info[:300] or alarm.info
        alarm.about = event.about[:80] or alarm.about
        self._note(alarm, news=news)

    def _note(self, alarm: Alarm, *, news: bool) -> None:
        if alarm._state.adding:
            return
        self._changed[alarm.pk] = alarm
        if news:
            self._told[alarm.key] = alarm


def _ends(event: Relief, alarm: Alarm) -> bool:
    """Whether an alarm at the place of a relief is what is over."""
    of_this_kind = alarm.is_live and alarm.source == event.source and alarm.code == (event.code or alarm.code)
    return of_this_kind and event.vendor_code in {None, alarm.vendor_error_code}


def _place(station_id: int | None, pile_id: int | None, connector: int | None) -> Place:
    """A pile that moved to another station is the same place still."""
    return (station_id if pile_id is None else None), pile_id, connector


def announce(alarms: Iterable[Alarm]) -> None:
    """Tell the pages that show these alarms, once the transaction has committed."""
    rows = list(alarms)
    if rows:
        transaction.on_commit(
            lambda: live.send(live.Event("alarms", audit.reference(row), row.path) for row in rows),
            robust=True,
        )


def _new_alarm(event: Sighting) -> Alarm:
    return Alarm(
        **event.target.path.as_columns(),
        key=event.key,
        code=event.code,
        alarm_class=CATALOGUE[event.code].alarm_class,
        severity=event.severity,
        source=event.source,
        station_id=event.target.station_id,
        pile_id=event.target.pile_id,
        connector_number=event.target.connector,
        error_code=event.error_code[:60],
        vendor_error_code=event.vendor_error_code[:120],
        info=event.info[:300],
        about=event.about[:80],
        first_seen_at=event.at,
        last_seen_at=event.at,
    )
