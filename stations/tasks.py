"""Timers of stations, piles and commands. Each task is one call."""

from __future__ import annotations

from backoffice.kit.tasks import sweep
from stations import intake
from stations.services import sweeps


@sweep
def conclude_commands() -> None:
    sweeps.expire_commands()
    sweeps.lose_commands()
    sweeps.time_out_commands()
    sweeps.miss_effects()


@sweep
def drop_lost_gateways() -> None:
    intake.drop_lost_gateways()


@sweep
def keep_traffic() -> None:
    sweeps.keep_partitions()
    sweeps.forget_history()


SCHEDULE = {conclude_commands: 5.0, drop_lost_gateways: intake.LOOK_EVERY_S, keep_traffic: 3600.0}
