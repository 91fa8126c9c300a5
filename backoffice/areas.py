"""Every permission in words, area by area: what a tenant chooses from for a role of its own.

A permission without words cannot be chosen; a test holds that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _, pgettext_lazy

from alarms.permissions import AlarmPerm
from backoffice.kit.perms import Area
from drivers.permissions import DriverPerm
from finance.permissions import FinancePerm
from orders.permissions import OrderPerm
from reports.permissions import ReportPerm
from stations.permissions import StationPerm
from tenants.permissions import TenantPerm

OVERVIEW = Area(
    _("Overview and reports"),
    (
        (ReportPerm.OVERVIEW, _("See the overview and the reports")),
        (ReportPerm.EXPORT, _("Export reports")),
        (ReportPerm.BIG_SCREEN, _("See the big screen")),
        (ReportPerm.SHARE, _("Give links to the big screen away")),
    ),
)
ORDERS = Area(
    _("Orders"),
    (
        (OrderPerm.VIEW, _("See orders")),
        (OrderPerm.STOP, _("Stop and cancel orders")),
        (OrderPerm.FORCE_CLOSE, _("Close orders in the database")),
        (OrderPerm.CASE_VIEW, _("See abnormal cases")),
        (OrderPerm.CASE_DECIDE, _("Decide abnormal cases")),
        (OrderPerm.CASE_POLICY, _("Set who decides which abnormal cases")),
        (OrderPerm.EXPORT, _("Export orders and cases")),
    ),
)
FINANCE = Area(
    _("Finance"),
    (
        (FinancePerm.WALLET_VIEW, _("See wallets")),
        (FinancePerm.WALLET_ADJUST, _("Adjust balances")),
        (FinancePerm.TOPUP_VIEW, _("See top-ups")),
        (FinancePerm.REFUND, _("Refund")),
        (FinancePerm.LEDGER_VIEW, _("See the ledger")),
        (FinancePerm.CHANNEL_MANAGE, _("Set up payment channels")),
        (FinancePerm.EXPORT, _("Export finance")),
    ),
)
STATIONS = Area(
    _("Stations & piles"),
    (
        (StationPerm.VIEW, _("See stations and terminals")),
        (StationPerm.MANAGE, _("Change stations and terminals")),
        (StationPerm.TARIFF_VIEW, _("See tariffs")),
        (StationPerm.TARIFF_MANAGE, _("Change tariffs")),
        (StationPerm.COMMAND_BASIC, _("Start, stop, unlock and reset")),
        (StationPerm.COMMAND_ENGINEER, _("Configure and update terminals")),
        (StationPerm.RESERVE, _("Reserve connectors")),
        (StationPerm.LIST_MANAGE, _("Manage local lists")),
        (StationPerm.FRAMES_VIEW, _("Read the messages of terminals")),
        (StationPerm.CREDENTIALS, _("Manage passwords and certificates of terminals")),
        (StationPerm.AUTHORITY, _("Manage certificate authorities")),
        (StationPerm.MODELS_MANAGE, _("Manage models and firmware")),
        (StationPerm.CLAIM, _("Claim terminals that nobody registered")),
        (StationPerm.IMPORT, _("Import stations and terminals")),
        (StationPerm.HANDOVER, _("Offer terminals to the level below")),
        (StationPerm.HANDOVER_STATIONS, _("Offer stations to the level below")),
        (StationPerm.RECEIVE, _("Accept what the level above offers")),
        (StationPerm.EXPORT, _("Export stations and terminals")),
    ),
)
ALARMS = Area(
    _("Alarm centre"),
    (
        (AlarmPerm.VIEW, _("See alarms")),
        (AlarmPerm.HANDLE, _("Acknowledge and close alarms")),
        (AlarmPerm.EXPORT, _("Export alarms")),
    ),
)
USERS = Area(
    _("Users"),
    (
        (DriverPerm.VIEW, _("See drivers and cards")),
        (DriverPerm.MANAGE, _("Change drivers and cards")),
        (DriverPerm.SEE_PHONE, _("See phones whole, everywhere")),
        (DriverPerm.UNMASK, _("Show one phone once, with a reason")),
        (DriverPerm.SMS_VIEW, _("See the SMS log")),
        (DriverPerm.EXPORT, _("Export drivers and cards")),
    ),
)
TENANTS = Area(
    pgettext_lazy("area", "Tenants and staff"),
    (
        (TenantPerm.VIEW, _("See tenants")),
        (TenantPerm.MANAGE, _("Create and change tenants of the next level")),
        (TenantPerm.CLOSE, _("Close tenants of the next level")),
        (TenantPerm.PROFILE, _("Change the own tenant's profile")),
        (TenantPerm.STAFF_VIEW, _("See staff and roles")),
        (TenantPerm.STAFF_MANAGE, _("Manage staff and roles")),
        (TenantPerm.IMPERSONATE, _("Log in as staff of the levels below")),
        (TenantPerm.AUDIT_VIEW, _("See the audit log")),
        (TenantPerm.EXPORT, _("Export tenants, staff and the audit log")),
    ),
)
AREAS = (OVERVIEW, ORDERS, FINANCE, STATIONS, ALARMS, USERS, TENANTS)


def areas() -> Sequence[Area]:
    """In the order of the menu."""
    return AREAS
