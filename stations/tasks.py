"""Timers of stations, piles and commands. Each task is one call."""

from __future__ import annotations

from backoffice.kit.tasks import sweep
from stations import intake
from stations.services import (
    campaigns,
    certificates,
    file_sweeps,
    handovers,
    list_sync,
    maintenance_sweeps,
    reservations,
    resharing,
    settings,
    signing,
    sweeps,
    tariffs,
    upgrades,
)


@sweep
def conclude_commands() -> None:
    sweeps.expire_commands()
    sweeps.lose_commands()
    sweeps.time_out_commands()
    sweeps.miss_effects()


@sweep
def advance_campaigns() -> None:
    campaigns.advance_campaigns()


@sweep
def follow_settings() -> None:
    settings.read_again()
    settings.set_after_boot()
    settings.compare_again()


@sweep
def drop_lost_gateways() -> None:
    intake.drop_lost_gateways()


@sweep
def share_loads() -> None:
    resharing.share_loads()


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


@sweep
def sync_lists() -> None:
    list_sync.refresh_lists()
    list_sync.advance_piles()


@sweep
def keep_reservations() -> None:
    reservations.expire_due()
    reservations.ask_again()


@sweep
def assign_tariffs() -> None:
    tariffs.apply_assignments()


@sweep
def expire_handovers() -> None:
    handovers.expire_due()


@sweep
def follow_files() -> None:
    file_sweeps.ask_silent_updates()
    file_sweeps.stall_updates()
    file_sweeps.ask_silent_uploads()
    file_sweeps.stall_uploads()


@sweep
def forget_files() -> None:
    file_sweeps.forget_files()
    file_sweeps.clear_landing()


@sweep
def keep_maintenance() -> None:
    maintenance_sweeps.keep_maintenance()


SCHEDULE = {
    follow_security: 3.0,
    renew_certificates: 600.0,
    conclude_commands: 5.0,
    advance_campaigns: 2.0,
    follow_settings: 3.0,
    share_loads: 2.0,
    drop_lost_gateways: intake.LOOK_EVERY_S,
    keep_traffic: 3600.0,
    sync_lists: 2.0,
    keep_reservations: 5.0,
    assign_tariffs: 3.0,
    expire_handovers: 60.0,
    keep_maintenance: 5.0,
    follow_files: 60.0,
    forget_files: 3600.0,
}
