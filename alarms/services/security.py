"""Alarms about certificates, about upgrades of security, and about those who try to get in.

Each is found by looking at the rows, or told by the room that writes them; what is over is cleared by the same look.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from alarms import selectors
from alarms.catalogue import CATALOGUE, DEGRADED, INFORMATION, OUT_OF_SERVICE
from alarms.events import Relief, Sighting, Target
from alarms.models import Alarm, AlarmSource
from alarms.services.book import keep
from alarms.services.raising import raise_alarm
from backoffice.kit import clock
from stations.models import Certificate, SecurityUpgrade, SigningRequest
from stations.selectors import expiring_certificates, piles_knocked_at

EXPIRING, SECURITY = "T07", "T08"
SERIAL_CODE, UPGRADE_CODE, KNOCKING_CODE = "certificate", "upgrade", "door"
FIRST_NOTICE, SECOND_NOTICE = timedelta(days=30), timedelta(days=7)
MOST_KNOCKS = 10
KNOCKS_WITHIN = timedelta(minutes=20)
AT_ONCE = 1000


@transaction.atomic
def watch_certificates() -> None:
    """T07 thirty and seven days before the certificate of a pile ends, and when it has; over once there is a newer one."""
    at = clock.now()
    ending = list(expiring_certificates(at + FIRST_NOTICE)[:AT_ONCE])
    told = {alarm.pile_id: alarm for alarm in selectors.live_alarms(EXPIRING).filter(pile__isnull=False)}
    worse = [
        one for one in ending if one.pile_id not in told or told[one.pile_id].severity > _severity(one, at)
    ]
    keep([_notice(one, at) for one in worse])
    still = {one.pile_id for one in ending}
    over = [alarm for pile_id, alarm in told.items() if pile_id not in still and len(ending) < AT_ONCE]
    keep([_relief(alarm) for alarm in over])


@transaction.atomic
def watch_doors() -> None:
    """T08 where somebody tries again and again to come in as a pile, until it has been quiet for a while."""
    known = selectors.live_alarms(SECURITY).filter(vendor_error_code=KNOCKING_CODE, pile__isnull=False)
    told = {alarm.pile_id: alarm for alarm in known}
    knocked = piles_knocked_at(clock.now() - KNOCKS_WITHIN, at_least=MOST_KNOCKS)
    for pile, attempts in knocked:
        if pile.pk not in told:
            raise_alarm(
                SECURITY, pile=pile, vendor_error_code=KNOCKING_CODE, info=f"{attempts} ×", severity=DEGRADED
            )
    quiet = told.keys() - {pile.pk for pile, _ in knocked}
    keep([_relief(alarm) for pile_id, alarm in told.items() if pile_id in quiet])


def hear_of_failed_signing(request: SigningRequest) -> None:
    """A pile gets no certificate: an operator must look, the pile is told nothing (white paper A02)."""
    raise_alarm(
        SECURITY, pile=request.pile, vendor_error_code=SERIAL_CODE, info=request.error, severity=DEGRADED
    )


def hear_of_signing(request: SigningRequest) -> None:
    """It has one after all."""
    _clear(request.pile_id, SERIAL_CODE)


def hear_of_failed_upgrade(upgrade: SecurityUpgrade) -> None:
    """A pile did not get to its new profile."""
    info = f"{upgrade.step}: {upgrade.error}"
    raise_alarm(SECURITY, pile=upgrade.pile, vendor_error_code=UPGRADE_CODE, info=info, severity=DEGRADED)


def hear_of_upgrade(upgrade: SecurityUpgrade) -> None:
    """It got there."""
    _clear(upgrade.pile_id, UPGRADE_CODE)


def _clear(pile_id: int, vendor_code: str) -> None:
    alarms = selectors.live_alarms(SECURITY).filter(pile=pile_id, vendor_error_code=vendor_code)
    keep([_relief(alarm) for alarm in alarms])


def _severity(certificate: Certificate, at: datetime) -> int:
    left = certificate.not_after - at
    if left <= timedelta(0):
        return OUT_OF_SERVICE
    return DEGRADED if left <= SECOND_NOTICE else INFORMATION


def _notice(certificate: Certificate, at: datetime) -> Sighting:
    return Sighting(
        target=Target.at_pile(certificate.pile),
        code=EXPIRING,
        severity=min(_severity(certificate, at), CATALOGUE[EXPIRING].severity),
        source=AlarmSource.HOUSE,
        at=at,
        info=f"{certificate.serial_number} {certificate.not_after:%Y-%m-%d}",
    )


def _relief(alarm: Alarm) -> Relief:
    target = Target(alarm.path, alarm.station_id or 0, alarm.pile_id, alarm.connector_number)
    return Relief(
        target=target,
        source=AlarmSource(alarm.source),
        at=clock.now(),
        code=alarm.code,
        vendor_code=alarm.vendor_error_code,
    )
