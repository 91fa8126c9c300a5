"""Who may do what: one table, role by level, read by people.

Each permission has four cells, one for each level from the manufacturer down; a cell lists the roles
by letter: O owner, M manager, F finance, E engineer, S support, A auditor. ``-`` is nobody. A
permission without a row, or with an unknown letter, stops start-up.
"""

from __future__ import annotations

from alarms.permissions import AlarmPerm
from backoffice.kit.levels import Level
from backoffice.kit.perms import Grants, Perm, Role
from drivers.permissions import DriverPerm
from finance.permissions import FinancePerm
from orders.permissions import OrderPerm
from reports.permissions import ReportPerm
from stations.permissions import StationPerm
from tenants.permissions import TenantPerm

LETTERS = {
    "O": Role.OWNER,
    "M": Role.MANAGER,
    "F": Role.FINANCE,
    "E": Role.ENGINEER,
    "S": Role.SUPPORT,
    "A": Role.AUDITOR,
}

# fmt: off
MATRIX: dict[Perm, tuple[str, str, str, str]] = {
    #                              manufacturer  dealer    operator  agency
    TenantPerm.VIEW:               ("OMFESA",   "OMFESA", "OMFESA", "OMFA"),
    TenantPerm.MANAGE:             ("OM",       "OM",     "OM",     "-"),
    TenantPerm.CLOSE:              ("O",        "O",      "O",      "-"),
    TenantPerm.PROFILE:            ("OM",       "OM",     "OM",     "OM"),
    TenantPerm.STAFF_VIEW:         ("OMA",      "OMA",    "OMA",    "OMA"),
    TenantPerm.STAFF_MANAGE:       ("O",        "O",      "O",      "O"),
    TenantPerm.AUDIT_VIEW:         ("OA",       "OA",     "OA",     "OA"),
    TenantPerm.EXPORT:             ("OMFA",     "OMFA",   "OMFA",   "OMFA"),
    TenantPerm.SETTINGS_VIEW:      ("OM",       "OM",     "OM",     "OM"),
    TenantPerm.SETTINGS:           ("O",        "O",      "O",      "O"),
    TenantPerm.PROCESSES:          ("O",        "-",      "-",      "-"),

    DriverPerm.VIEW:               ("-",        "-",      "OMFSA",  "-"),
    DriverPerm.SEE_PHONE:          ("-",        "-",      "OS",     "-"),
    DriverPerm.MANAGE:             ("-",        "-",      "OMS",    "-"),
    DriverPerm.SMS_VIEW:           ("-",        "-",      "OMSA",   "-"),
    DriverPerm.EXPORT:             ("-",        "-",      "OMA",    "-"),

    StationPerm.VIEW:              ("OMFESA",   "OMFESA", "OMFESA", "OMFESA"),
    StationPerm.MANAGE:            ("-",        "-",      "OME",    "-"),
    StationPerm.MODELS_MANAGE:     ("OME",      "-",      "-",      "-"),
    StationPerm.CREDENTIALS:       ("OE",       "-",      "OE",     "-"),
    StationPerm.AUTHORITY:         ("OE",       "-",      "-",      "-"),
    StationPerm.CLAIM:             ("OME",      "-",      "-",      "-"),
    StationPerm.TARIFF_VIEW:       ("OMFESA",   "OMFESA", "OMFESA", "OMFSA"),
    StationPerm.TARIFF_MANAGE:     ("-",        "-",      "OMF",    "-"),
    StationPerm.COMMAND_BASIC:     ("-",        "-",      "OMES",   "OMES"),
    StationPerm.COMMAND_ENGINEER:  ("OE",       "-",      "OE",     "-"),
    StationPerm.RESERVE:           ("-",        "-",      "OMES",   "-"),
    StationPerm.LIST_MANAGE:       ("-",        "-",      "OME",    "-"),
    StationPerm.FRAMES_VIEW:       ("OE",       "-",      "OMES",   "-"),
    StationPerm.EXPORT:            ("OMFEA",    "OMFEA",  "OMFEA",  "OMFA"),
    StationPerm.IMPORT:            ("OME",      "-",      "OME",    "-"),
    StationPerm.HANDOVER:          ("OME",      "OME",    "OME",    "-"),
    StationPerm.HANDOVER_STATIONS: ("-",        "-",      "OME",    "-"),
    StationPerm.RECEIVE:           ("-",        "OME",    "OME",    "OM"),

    FinancePerm.WALLET_VIEW:       ("-",        "-",      "OMFSA",  "-"),
    FinancePerm.WALLET_ADJUST:     ("-",        "-",      "OF",     "-"),
    FinancePerm.LEDGER_VIEW:       ("-",        "-",      "OFA",    "-"),
    FinancePerm.TOPUP_VIEW:        ("-",        "-",      "OMFSA",  "-"),
    FinancePerm.REFUND:            ("-",        "-",      "OF",     "-"),
    FinancePerm.CHANNEL_MANAGE:    ("-",        "-",      "O",      "-"),
    FinancePerm.EXPORT:            ("-",        "-",      "OFA",    "-"),

    AlarmPerm.VIEW:                ("OMESA",    "OMESA",  "OMESA",  "OMESA"),
    AlarmPerm.HANDLE:              ("OME",      "-",      "OMES",   "OMES"),
    AlarmPerm.EXPORT:              ("OMEA",     "OMEA",   "OMEA",   "OMEA"),

    OrderPerm.VIEW:                ("OMFESA",   "OMFESA", "OMFESA", "OMFESA"),
    OrderPerm.STOP:                ("-",        "-",      "OMES",   "OMES"),
    OrderPerm.FORCE_CLOSE:         ("-",        "-",      "OMS",    "-"),
    OrderPerm.CASE_VIEW:           ("OMFESA",   "OMFESA", "OMFESA", "OMFESA"),
    OrderPerm.CASE_DECIDE:         ("-",        "-",      "OMF",    "-"),
    OrderPerm.CASE_POLICY:         ("-",        "-",      "O",      "-"),
    OrderPerm.EXPORT:              ("OMFA",     "OMFA",   "OMFA",   "OMFA"),

    ReportPerm.OVERVIEW:           ("OMFESA",   "OMFESA", "OMFESA", "OMFESA"),
    ReportPerm.EXPORT:             ("OMFA",     "OMFA",   "OMFA",   "OMFA"),
    ReportPerm.BIG_SCREEN:         ("OMFESA",   "OMFESA", "OMFESA", "OMFESA"),
    ReportPerm.SHARE:              ("OM",       "OM",     "OM",     "OM"),
}
# fmt: on


def grants(level: Level, role: Role) -> Grants:
    """Everything a role may do at a level."""
    letter = next(key for key, value in LETTERS.items() if value == role)
    return frozenset(perm for perm, cells in MATRIX.items() if letter in cells[Level(level).depth])
