"""Piles that cannot be heard. One alarm per outage, found by looking at the rows, so a restart misses nothing.

A pile that never connected is no alarm. When most piles of a station are gone, the station's own alarm says
so, and those of its piles stay in the book as parts of it.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from alarms import selectors
from alarms.catalogue import CATALOGUE, OUT_OF_SERVICE
from alarms.events import Relief, Sighting, Target
from alarms.models import Alarm, AlarmSource, AlarmState
from alarms.services.book import announce, keep
from alarms.states import ALARM, REOPENS_WITHIN
from backoffice.kit import clock, locks
from backoffice.kit.machines import move
from stations.selectors import listening_since, places

OFFLINE, STATION_OFFLINE, SECURITY = "F01", "T01", "T08"
FEWEST_OF_STATION = 3
SHARE_OF_STATION = 0.5
AT_ONCE = 2000


def watch_presence() -> None:
    """Clear what is back, raise what is gone, make worse what lasts, and sum up per station.

    While no gateway has listened for long enough nobody is gone: piles need a moment to come back after
    an outage of ours.
    """
    clear_returned()
    listening = listening_since()
    if listening is not None and listening > clock.ago(seconds=settings.OFFLINE_ALARM_AFTER_S):
        return
    raise_lost()
    worsen_lasting()
    sum_up_stations()


@transaction.atomic
def clear_returned() -> int:
    """F01 of piles that are here again, or no longer in service."""
    found = selectors.returned_alarms(OFFLINE)[:AT_ONCE]
    return len(keep([_relief(alarm) for alarm in found]))


@transaction.atomic
def raise_lost() -> int:
    """F01 of piles that have been gone for longer than OFFLINE_ALARM_AFTER_S."""
    since = clock.ago(seconds=settings.OFFLINE_ALARM_AFTER_S)
    lost = list(selectors.lost_piles(since, without_alarm=OFFLINE).values_list("pk", flat=True)[:AT_ONCE])
    return len(
        keep(
            [
                Sighting(
                    target=Target.at_place(place),
                    code=OFFLINE,
                    severity=CATALOGUE[OFFLINE].severity,
                    source=AlarmSource.PRESENCE,
                    at=clock.now(),
                )
                for place in places(lost).values()
            ]
        )
    )


@transaction.atomic
def worsen_lasting() -> int:
    """F01 that lasts, or hit a charge, is no longer only a nuisance."""
    since = clock.ago(seconds=settings.OFFLINE_ALARM_WORSE_AFTER_S)
    rows = list(locks.locked(selectors.lasting_alarms(OFFLINE, since, milder_than=OUT_OF_SERVICE)))
    for row in rows:
        row.severity = OUT_OF_SERVICE
    Alarm.objects.bulk_update(rows, ["severity"], batch_size=AT_ONCE)
    announce(rows)
    return len(rows)


@transaction.atomic
def sum_up_stations() -> None:
    """T01 where more than half of a station's piles, and at least three, are gone."""
    since = clock.ago(seconds=settings.OFFLINE_ALARM_AFTER_S)
    dark = {
        count.station.pk: count
        for count in selectors.lost_by_station(since)
        if count.lost >= FEWEST_OF_STATION and count.lost > count.known * SHARE_OF_STATION
    }
    known = selectors.live_alarms(STATION_OFFLINE)
    over = [_relief(alarm) for alarm in known if alarm.station_id not in dark]
    keep(over)
    already = selectors.stations_told(STATION_OFFLINE, {pk: count.last_lost_at for pk, count in dark.items()})
    keep(
        [
            Sighting(
                target=Target.at_station(count.station),
                code=STATION_OFFLINE,
                severity=CATALOGUE[STATION_OFFLINE].severity,
                source=AlarmSource.PRESENCE,
                at=clock.now(),
                info=f"{count.lost} / {count.known}",
            )
            for pk, count in dark.items()
            if pk not in already
        ]
    )
    selectors.parts_of_station(OFFLINE, STATION_OFFLINE, suppressed=False).update(suppressed=True)
    selectors.parts_of_station(OFFLINE, STATION_OFFLINE, suppressed=True).update(suppressed=False)


@transaction.atomic
def close_cleared() -> int:
    """What was cleared and did not come back is done with; danger waits for a person."""
    rows = list(locks.locked(selectors.cleared_for_good(clock.now() - REOPENS_WITHIN))[:AT_ONCE])
    for row in rows:
        row.state = move(ALARM, row.state, AlarmState.CLOSED)
        row.closed_at = clock.now()
    Alarm.objects.bulk_update(rows, ["state", "closed_at"], batch_size=AT_ONCE)
    announce(rows)
    return len(rows)


@transaction.atomic
def clear_quiet() -> int:
    """Takeovers of a connection that have stopped."""
    quiet = [
        alarm
        for alarm in selectors.live_alarms(SECURITY)
        if alarm.source == AlarmSource.PRESENCE and alarm.last_seen_at < clock.now() - timedelta(minutes=30)
    ]
    return len(keep([_relief(alarm) for alarm in quiet]))


def _relief(alarm: Alarm) -> Relief:
    target = Target(alarm.path, alarm.station_id or 0, alarm.pile_id, alarm.connector_number)
    return Relief(target=target, source=AlarmSource.PRESENCE, at=clock.now(), code=alarm.code)
