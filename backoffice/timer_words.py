"""What each timer does, in words. One that has none yet is called by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words

TITLES: Final[Mapping[str, Promise]] = {
    "alarms.tasks.put_away": _("Clear and close alarms that are over"),
    "alarms.tasks.tell_staff": _("Tell staff of alarms"),
    "alarms.tasks.watch_presence": _("Look for terminals that fell silent"),
    "alarms.tasks.watch_security": _("Look at the door and at certificates"),
    "backoffice.tasks.forget_sessions": _("Forget sessions that ended"),
    "backoffice.tasks.tidy_jobs": _("Tidy jobs and their files"),
    "drivers.tasks.forget_codes": _("Forget sign-in codes"),
    "drivers.tasks.send_messages": _("Send text messages"),
    "finance.sandbox.tasks.deliver": _("Deliver notices of the sandbox"),
    "finance.tasks.ask_top_ups": _("Ask what became of payments"),
    "finance.tasks.send_refunds": _("Send refunds"),
    "orders.tasks.finish_orders": _("Finish orders"),
    "orders.tasks.follow_facts": _("Make orders of what terminals report"),
    "orders.tasks.follow_running": _("Follow running charges"),
    "orders.tasks.keep_samples": _("Keep room for readings, forget old ones"),
    "orders.tasks.prove_books": _("Prove the books"),
    "orders.tasks.watch_timers": _("Give up starts, repeat stops"),
    "reports.tasks.check_totals": _("Compare the totals of days with the orders"),
    "reports.tasks.refresh_totals": _("Keep the totals of days"),
    "stations.tasks.advance_campaigns": _("Move bulk actions on"),
    "stations.tasks.assign_tariffs": _("Assign tariffs that are due"),
    "stations.tasks.conclude_commands": _("End commands without an answer"),
    "stations.tasks.drop_lost_gateways": _("Look for lost gateways"),
    "stations.tasks.expire_handovers": _("End hand-overs that nobody accepted"),
    "stations.tasks.follow_files": _("Follow updates and uploads"),
    "stations.tasks.follow_security": _("Sign certificates, follow upgrades"),
    "stations.tasks.follow_settings": _("Read settings again and compare them"),
    "stations.tasks.forget_files": _("Forget uploaded files"),
    "stations.tasks.keep_maintenance": _("Begin and end maintenance"),
    "stations.tasks.keep_reservations": _("End reservations"),
    "stations.tasks.keep_traffic": _("Keep room for frames, forget old ones"),
    "stations.tasks.renew_certificates": _("Have certificates renewed"),
    "stations.tasks.share_loads": _("Share the power of load groups"),
    "stations.tasks.sync_lists": _("Keep local lists in step"),
    "tenants.tasks.expire_contracts": _("End contracts"),
}


def title_of(name: str) -> Words:
    """What the timer does; its name without its room where nobody said it."""
    return TITLES.get(name) or name.rpartition(".")[2].replace("_", " ")
