"""Timers of stations, piles and commands. Each task is one call."""

from __future__ import annotations

from backoffice.kit.tasks import sweep
from stations import intake
from stations.services import certificates, signing, sweeps, upgrades


@sweep
def conclude_commands() -> None:
    sweeps.expire_commands()
    sweeps.time_out_commands()
    sweeps.miss_effects()


@sweep
def drop_lost_gateways() -> None:
    intake.drop_lost_gateways()


@sweep
def keep_traffic() -> None:
    sweeps.keep_partitions()
    sweeps.forget_history()


@sweep
def follow_security() -> None:
    signing.follow_requests()
    upgrades.follow_upgrades()


@sweep
def renew_certificates() -> None:
    certificates.renew_certificates()


SCHEDULE = {
    follow_security: 3.0,
    renew_certificates: 600.0,
    conclude_commands: 5.0,
    drop_lost_gateways: 15.0,
    keep_traffic: 3600.0,
}
