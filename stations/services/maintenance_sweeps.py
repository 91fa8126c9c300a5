"""What time does to maintenance windows: piles go out of operation when they begin, and come back when they end.

Charges that run are left to end: a pile answers Scheduled and goes out after them (OCPP 1.6 §5.2). A window is handled
in a transaction of its own and takes turns with staff; a sweep that dies is done again. What became of each pile stands
in its commands and nowhere else.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet

from backoffice.kit import clock, locks
from backoffice.kit.actor import timer
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from stations import maintenance
from stations.maintenance import Note, Result, Return, Standing, Step
from stations.models import (
    Command,
    Intent,
    Life,
    Maintenance,
    MaintenancePile,
    MaintenanceState,
    Pile,
)
from stations.services.asking import outcome_of
from stations.services.commands import send_command
from stations.services.maintenance import add_piles, announce, hold_station, turn_back
from stations.states import MAINTENANCE, NEVER_SENT, UNKNOWN_OUTCOME

log = logging.getLogger(__name__)

BATCH = 200
CLOCK = timer("maintenance")
Half = Literal["out", "back"]


def keep_maintenance() -> int:
    """Begin, follow and end what is due; how many windows were looked at."""
    due = Maintenance.objects.filter(state=MaintenanceState.PLANNED, starts_at__lte=clock.now())
    under_way = Maintenance.objects.filter(state__in=[MaintenanceState.RUNNING, MaintenanceState.ENDING])
    handled = 0
    for rows in (due, under_way):
        for key, station in list(rows.order_by("starts_at", "pk").values_list("pk", "station")[:BATCH]):
            try:
                with transaction.atomic():
                    hold_station(station)
                    _advance(locks.locked(Maintenance.objects.filter(pk=key)).get())
                handled += 1
            except Exception:
                log.exception("maintenance window %s could not be kept", key)
    return handled


def _advance(window: Maintenance) -> None:
    now = clock.now()
    if window.state == MaintenanceState.PLANNED:
        if window.starts_at > now:
            return
        _begin(window, now)
    if window.state == MaintenanceState.RUNNING:
        if window.ends_at <= now:
            _turn(window)
        else:
            _follow_out(window, now)
    if window.state == MaintenanceState.ENDING:
        _follow_back(window, now)


def _begin(window: Maintenance, now: datetime) -> None:
    if window.ends_at <= now:
        _to(window, MaintenanceState.MISSED)
        return
    window.started_at = now
    _to(window, MaintenanceState.RUNNING)
    _take_in(window, list(_here(window) if window.whole else _named(window)))


def _take_in(window: Maintenance, piles: list[Pile]) -> None:
    """Piles that are in a window from now on."""
    if piles:
        add_piles(window, piles)
    for item in _items(window):
        if item.pile in piles:
            _remember(item)


def _turn(window: Maintenance) -> None:
    _to(window, MaintenanceState.ENDING)
    turn_back(window)


def _follow_out(window: Maintenance, now: datetime) -> None:
    if window.whole:
        _take_in(window, list(_here(window).exclude(pk__in=_named(window))))
    for item in _items(window):
        if item.pile.station_id != window.station_id:
            _send_home(item, window, now)
        elif not item.settled:
            step, note = maintenance.step_out(_standing(item, item.out_command, now))
            _take(item, window, "out", step, note, now)


def _follow_back(window: Maintenance, now: datetime) -> None:
    items = _items(window)
    for item in items:
        if not item.settled:
            _send_home(item, window, now)
    if all(item.settled for item in items):
        window.ended_at = now
        _to(window, MaintenanceState.DONE)


def _send_home(item: MaintenancePile, window: Maintenance, now: datetime) -> None:
    """One step of the way back of a pile whose window is over, or that is no longer here."""
    back = Return(
        was_operative=item.was_operative,
        went_out=item.out_command is not None,
        held_elsewhere=_other_window(item) is not None,
        out_by_hand=_out_by_hand(item),
        overdue=now - (window.cancelled_at or window.ends_at),
    )
    step, note = maintenance.step_back(_standing(item, item.back_command, now), back)
    _take(item, window, "back", step, note, now)


def _take(
    item: MaintenancePile, window: Maintenance, half: Half, step: Step, note: Note | None, now: datetime
) -> None:
    before = (item.note, item.settled, item.tries)
    item.note = note or (item.note if step is Step.WAIT else "")
    item.settled = step is Step.SETTLE
    if step is Step.ASK:
        item.tries, item.tried_at = item.tries + 1, now
        try:
            with transaction.atomic():
                _ask(item, window, half)
        except Refused as refused:
            item.note = Note.OFFLINE if refused.code == "offline" else Note.REFUSED
    if before != (item.note, item.settled, item.tries):
        item.save(update_fields=["note", "settled", "tries", "tried_at", "out_command", "back_command"])
        announce(window)


def _ask(item: MaintenancePile, window: Maintenance, half: Half) -> None:
    command = send_command(
        item.pile,
        action="ChangeAvailability",
        payload={
            "connectorId": 0,
            "type": (Intent.INOPERATIVE if half == "out" else Intent.OPERATIVE).value,
        },
        actor=CLOCK,
        reason=window.reason,
        about=_about(window),
    )
    if half == "out":
        item.out_command = command
    else:
        item.back_command = command


def _standing(item: MaintenancePile, command: Command | None, now: datetime) -> Standing:
    return Standing(
        online=item.pile.online,
        retired=item.pile.life == Life.RETIRED,
        result=_result(command),
        tries=item.tries,
        since=None if item.tried_at is None else now - item.tried_at,
    )


def _result(command: Command | None) -> Result:
    if command is None:
        return "none"
    outcome = outcome_of(command)
    if outcome is None:
        return "open"
    if outcome.ok:
        return "done"
    return "unknown" if command.state in {*UNKNOWN_OUTCOME, *NEVER_SENT} else "refused"


def _remember(item: MaintenancePile) -> None:
    """What was wanted of a pile before; what another window took out of operation was in operation before that one."""
    other = _other_window(item)
    item.was_operative = other.was_operative if other else item.pile.intent == Intent.OPERATIVE
    item.save(update_fields=["was_operative"])


def _other_window(item: MaintenancePile) -> MaintenancePile | None:
    """The same pile in another window that runs."""
    beside = MaintenancePile.objects.filter(
        pile=item.pile, window__state=MaintenanceState.RUNNING, window__station=item.pile.station_id
    )
    return beside.exclude(pk=item.pk).order_by("pk").first()


def _out_by_hand(item: MaintenancePile) -> bool:
    """Whether somebody took the pile out of operation since it went out here."""
    if item.out_command is None or item.back_command is not None:
        return False
    last = (
        Command.objects.filter(
            pile=item.pile, action="ChangeAvailability", payload__connectorId=0, pk__gt=item.out_command.pk
        )
        .exclude(about__startswith="maintenance:")
        .order_by("-pk")
        .first()
    )
    return last is not None and last.payload.get("type") == Intent.INOPERATIVE


def _here(window: Maintenance) -> QuerySet[Pile]:
    return Pile.objects.filter(station=window.station_id).exclude(life=Life.RETIRED).order_by("pk")


def _named(window: Maintenance) -> QuerySet[Pile]:
    return Pile.objects.filter(pk__in=MaintenancePile.objects.filter(window=window).values("pile"))


def _items(window: Maintenance) -> list[MaintenancePile]:
    rows = MaintenancePile.objects.filter(window=window)
    return list(rows.select_related("pile", "out_command", "back_command").order_by("pile", "pk"))


def _to(window: Maintenance, state: MaintenanceState) -> None:
    window.state = move(MAINTENANCE, window.state, state)
    window.save(update_fields=["state", "started_at", "ended_at"])
    announce(window)


def _about(window: Maintenance) -> str:
    return f"maintenance:{window.pk}"
