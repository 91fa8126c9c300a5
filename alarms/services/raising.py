"""Alarms that other rooms raise and clear: a charge that cannot be stopped, a meter that runs backwards."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from alarms.catalogue import CATALOGUE
from alarms.events import Relief, Sighting, Target
from alarms.models import Alarm, AlarmSource
from alarms.services.book import keep
from backoffice.kit import clock
from stations.models import Pile, Station


@transaction.atomic
def raise_alarm(
    code: str,
    *,
    pile: Pile | None = None,
    station: Station | None = None,
    connector_number: int | None = None,
    vendor_error_code: str = "",
    info: str = "",
    about: str = "",
    severity: int | None = None,
) -> Alarm:
    """It is so now. Give either the pile, with or without a connector, or the station.

    While it is live, a second time counts; ``severity`` defaults to the catalogue's. Raises KeyError for a code
    that is not in the catalogue.
    """
    sighting = Sighting(
        target=_target(pile, station, connector_number),
        code=code,
        severity=severity or CATALOGUE[code].severity,
        source=AlarmSource.HOUSE,
        at=clock.now(),
        vendor_error_code=vendor_error_code,
        info=info,
        about=about,
    )
    return keep([sighting])[0]


@transaction.atomic
def clear_alarm(
    code: str,
    *,
    pile: Pile | None = None,
    station: Station | None = None,
    connector_number: int | None = None,
    at: datetime | None = None,
) -> int:
    """It is over: what was raised with ``raise_alarm`` at this place. How many that cleared."""
    relief = Relief(
        target=_target(pile, station, connector_number),
        source=AlarmSource.HOUSE,
        at=at or clock.now(),
        code=code,
    )
    return len(keep([relief]))


def _target(pile: Pile | None, station: Station | None, connector: int | None) -> Target:
    if pile is not None:
        return Target.at_pile(pile, connector)
    if station is not None:
        return Target.at_station(station)
    raise TypeError("an alarm is at a pile or at a station")
