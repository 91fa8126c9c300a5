"""Three months of alarms that are over: what was wrong, for how long, who looked after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from alarms.catalogue import CATALOGUE, ERROR_CODES, INFORMATION
from alarms.events import Event, Relief, Sighting, Target
from alarms.models import Alarm, AlarmSource, AlarmState
from alarms.services import acknowledge_alarm, close_alarm, raise_alarm
from alarms.services.book import keep
from alarms.states import REOPENS_WITHIN
from backoffice.demo_data.companies import email_of
from backoffice.demo_data.masters import Masters
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.perms import Role
from tenants.models import User

A_DAY = 3
FAULTS = (
    ("ConnectorLockFailure", "LOCK-07", "Lock did not engage", 5),
    ("HighTemperature", "T-81", "Plug 92 °C", 2),
    ("GroundFailure", "RCD-1", "Residual current 38 mA", 1),
    ("OverVoltage", "U-440", "Bus 812 V", 1),
    ("UnderVoltage", "U-310", "Mains 172 V", 2),
    ("OverCurrentFailure", "I-9", "268 A", 1),
    ("PowerMeterFailure", "M-02", "No answer from meter", 2),
    ("PowerSwitchFailure", "K1", "Contactor does not close", 2),
    ("ReaderFailure", "RF-2", "Card reader does not answer", 4),
    ("EVCommunicationError", "PLC-3", "No pilot signal", 6),
    ("InternalError", "E-1204", "Power module 3 restarted", 4),
    ("WeakSignal", "", "RSSI -107 dBm", 5),
)
OF_STATIONS = (
    ("T02", "HZ-01", "Transformer at 97 % of its limit 变压器负载"),
    ("T03", "NB-02", "Cabinet 61 °C 机柜温度"),
    ("T07", "SZ-03", "Meter calibration ends in 21 days 计量检定到期"),
    ("T05", "NS-01", "4 abnormal orders within a day"),
    ("T06", "HZ-03", "Line loss 9.4 %"),
)
"""Alarms of whole stations that are open now."""


def tell(masters: Masters, begins: datetime, chance: Random) -> None:
    """Write them: most are closed, some were taken on before."""
    events: list[tuple[datetime, Event]] = []
    for number in range(A_DAY * (masters.now - begins).days):
        events += _fault(masters, begins, chance, number)
    keep([event for _at, event in sorted(events, key=lambda one: one[0])])
    _look_after(masters, chance)
    _stations(masters, chance)


def _fault(masters: Masters, begins: datetime, chance: Random, number: int) -> list[tuple[datetime, Event]]:
    """Something that was wrong with a connector for a while, or a pile that could not be heard.

    The first ones are one of each kind, so that a short past has them all.
    """
    connector = chance.choice(masters.connectors)
    since = begins + (masters.now - timedelta(hours=8) - begins) * chance.random()
    until = min(since + timedelta(minutes=chance.expovariate(1 / 90) + 2), masters.now - timedelta(hours=2))
    if number >= len(FAULTS) and chance.random() < 0.3:
        target = Target.at_pile(connector.pile)
        kind = CATALOGUE["F01"]
        away = Sighting(
            target=target, code=kind.code, severity=kind.severity, source=AlarmSource.PRESENCE, at=since
        )
        return [
            (since, away),
            (until, Relief(target=target, source=AlarmSource.PRESENCE, at=until, code=kind.code)),
        ]
    target = Target.at_pile(connector.pile, connector.number)
    (chosen,) = FAULTS[number : number + 1] or chance.choices(FAULTS, [fault[3] for fault in FAULTS])
    error, vendor_code, info, _weight = chosen
    kind = CATALOGUE[ERROR_CODES[error] or ""]
    is_warning = error in {"ReaderFailure", "WeakSignal", "EVCommunicationError"}
    said = Sighting(
        target=target,
        code=kind.code,
        severity=kind.warning if is_warning else kind.severity,
        source=AlarmSource.STATUS,
        at=since,
        error_code=error,
        vendor_error_code=vendor_code,
        info=info,
    )
    return [(since, said), (until, Relief(target=target, source=AlarmSource.STATUS, at=until))]


def _look_after(masters: Masters, chance: Random) -> None:
    """What was cleared is closed: what was dangerous by a person, the rest by itself."""
    rows = list(Alarm.objects.filter(state=AlarmState.CLEARED, cleared_at__lt=masters.now - REOPENS_WITHIN))
    quiet = []
    for alarm in rows:
        if alarm.severity > 1 and alarm.cleared_at is not None:
            alarm.state, alarm.closed_at = AlarmState.CLOSED, alarm.cleared_at + REOPENS_WITHIN
            if alarm.severity < INFORMATION and chance.random() < 0.4:
                alarm.acknowledged_at = alarm.first_seen_at + timedelta(minutes=chance.randrange(1, 9))
                alarm.acknowledged_by = _engineer(masters, alarm).label
            quiet.append(alarm)
        elif chance.random() < 0.9 and alarm.cleared_at is not None:
            with clock.frozen(alarm.cleared_at + timedelta(hours=chance.randrange(1, 7))):
                close_alarm(alarm, actor=_engineer(masters, alarm), reason="Checked on site 现场检查正常")
    fields = ["state", "closed_at", "acknowledged_at", "acknowledged_by"]
    Alarm.objects.bulk_update(quiet, fields, batch_size=500)


def _stations(masters: Masters, chance: Random) -> None:
    for code, site, info in OF_STATIONS:
        with clock.frozen(masters.now - timedelta(hours=chance.randrange(1, 30))):
            alarm = raise_alarm(code, station=masters.stations[site], info=info)
        if code == "T03":
            with clock.frozen(masters.now - timedelta(minutes=35)):
                acknowledge_alarm(alarm, actor=_engineer(masters, alarm))


def _engineer(masters: Masters, alarm: Alarm) -> Actor:
    """Somebody who would look after it: of the operator that is shown, or the owner of another."""
    code = next(code for code, tenant in masters.tenants.items() if tenant.pk == alarm.operator_id)
    emails = [email_of(role, code) for role in (Role.ENGINEER, Role.OWNER)]
    found = {user.email: user for user in User.objects.filter(email__in=emails)}
    user = next(found[email] for email in emails if email in found)
    return Actor(f"staff:{user.pk}", user.name)
