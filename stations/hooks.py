"""What this room asks of the rooms above it, and tells them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from backoffice.kit.frame import Action
from backoffice.kit.hooks import Hook, Listeners, Questions
from backoffice.kit.staff import Reader
from ocpp_gateway.wire import FrameSeen, PileRecord, Replayed
from stations.models import Command, Pile, SecurityUpgrade, SigningRequest, Station
from stations.samples import Sample, SampleBill
from stations.sessions import RunningSession, StationDay
from stations.tariff import TariffSnapshot


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page: a template that is given ``part`` (the context). ``beside``: in the narrow column."""

    template: str
    context: dict[str, Any]
    order: int = 50
    beside: bool = False


command_finished: Listeners[[Command]] = Listeners("command_finished")
"""The pile answered, or never will. Runs in the transaction that recorded it; tells each command once."""

effect_missing: Listeners[[Command]] = Listeners("effect_missing")
"""The pile agreed, and what it agreed to was not seen in time. Tells each command once."""

signing_failed: Listeners[[SigningRequest]] = Listeners("signing_failed")
"""A pile gets no certificate, or not yet: nobody can sign, it cannot be delivered, or the pile refused it. May tell one twice."""

signing_succeeded: Listeners[[SigningRequest]] = Listeners("signing_succeeded")
"""A pile took its certificate."""

upgrade_failed: Listeners[[SecurityUpgrade]] = Listeners("upgrade_failed")
"""A pile did not get to the profile that it was meant to; it is let in as before."""

upgrade_succeeded: Listeners[[SecurityUpgrade]] = Listeners("upgrade_succeeded")
"""A pile got there, perhaps later than it was waited for."""

retiring_blockers: Questions[[int], str | Promise] = Questions("retiring_blockers")
"""Answered with one sentence each by whatever still needs the pile of this id: open orders."""

open_orders_at: Questions[[Collection[int]], Mapping[int, int]] = Questions("open_orders_at")
"""Answered with how many orders have not ended at the piles of these ids, without those where there is none."""

station_actions: Questions[[Station, Reader], Action] = Questions("station_actions")
"""Answered by rooms that have more about a station, for a reader who may see it: a button at the head of its page."""

pile_actions: Questions[[Pile, Reader], Action] = Questions("pile_actions")
"""The same for a pile."""

station_parts: Questions[[Station, Reader], Part] = Questions("station_parts")
"""Answered by rooms that know more about a station, for a reader who may see it: its open alarms."""

pile_parts: Questions[[Pile, Reader], Part] = Questions("pile_parts")
"""The same for a pile: the charge that runs, its orders, its alarms."""

station_day: Hook[[Station, date], StationDay] = Hook("station_day")
"""What was settled at a station on a day of its own clock; provided by ``reports`` from its totals."""

station_totals: Hook[[Collection[date]], QuerySet[Any]] = Hook("station_totals")
"""The totals of these days, each row with its ``station``, ``day`` and ``currency`` and the figures that
``StationDay.of`` adds up; provided by ``reports``."""

stations_with_alarms: Hook[[], Q] = Hook("stations_with_alarms")
"""Which stations have an open alarm, as a condition on stations; provided by ``alarms``."""

open_alarms: Hook[[], QuerySet[Any]] = Hook("open_alarms")
"""What is wrong now in the scope, each row with its ``station`` and its ``pile``; provided by ``alarms``."""

map_actions: Questions[[Reader], Action] = Questions("map_actions")
"""The same for the live map, of what this reader may open."""

running_sessions: Hook[[Collection[int]], Sequence[RunningSession]] = Hook("running_sessions")
"""Answers the transactions that run at the piles of these ids, one for each connector; provided by ``orders``."""

alarmed_stations: Hook[[Reader, int], QuerySet[Any] | None] = Hook("alarmed_stations")
"""Answers the keys of stations with an open alarm of this severity or a worse one (1 is danger), for a reader who
may see alarms; None for one who may not. Provided by ``alarms``."""

replay: Hook[[PileRecord, Sequence[FrameSeen]], list[Replayed]] = Hook("replay")
"""Speaks recorded calls once more to a session that stores nothing; provided by the frame, which knows the gateway."""

price_sample: Hook[[Sample, TariffSnapshot], SampleBill] = Hook("price_sample")
"""Bills a session that is only thought of by a price list; provided by ``orders``."""
