"""What this room asks of the rooms above it, and tells them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils.functional import Promise

from backoffice.kit.frame import Action
from backoffice.kit.hooks import Hook, Listeners, Questions
from backoffice.kit.staff import Reader
from ocpp_gateway.wire import FrameSeen, PileRecord, Replayed
from stations.models import Command, Pile, SecurityUpgrade, SigningRequest, Station
from stations.samples import Sample, SampleBill
from stations.sessions import RunningSession
from stations.tariff import TariffSnapshot

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

station_actions: Questions[[Station, Reader], Action] = Questions("station_actions")
"""Answered by rooms that have more about a station, for a reader who may see it: a button at the head of its page."""

pile_actions: Questions[[Pile, Reader], Action] = Questions("pile_actions")
"""The same for a pile."""

running_sessions: Hook[[Collection[int]], Sequence[RunningSession]] = Hook("running_sessions")
"""Answers the transactions that run at the piles of these ids, one for each connector; provided by ``orders``."""

price_sample: Hook[[Sample, TariffSnapshot], SampleBill] = Hook("price_sample")
"""Bills a session that is only thought of by a price list; provided by ``orders``."""

replay: Hook[[PileRecord, Sequence[FrameSeen]], list[Replayed]] = Hook("replay")
"""Speaks recorded calls once more to a session that stores nothing; provided by the frame, which knows the gateway."""
