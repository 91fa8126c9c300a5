"""Price lists, their versions, and where they count."""

from stations.selectors.price_lists import BANDS, FEES, PRICES
from stations.services.tariffs.assignment import (
    apply_assignments,
    assign_in_bulk,
    assign_tariff,
    assignable,
    cancel_assignment,
)
from stations.services.tariffs.limits import VersionFields, dearest, set_ceiling
from stations.services.tariffs.lists import (
    COPIED,
    copy_tariff,
    create_tariff,
    make_default,
    rename_tariff,
    retire_tariff,
)
from stations.services.tariffs.versions import (
    approve_version,
    bands_for_nothing,
    edit_version,
    is_own_work,
    needs_second_person,
    return_version,
    submit_version,
    withdraw_version,
    write_version,
)

__all__ = [
    "BANDS",
    "COPIED",
    "FEES",
    "PRICES",
    "VersionFields",
    "apply_assignments",
    "approve_version",
    "assign_in_bulk",
    "assign_tariff",
    "assignable",
    "bands_for_nothing",
    "cancel_assignment",
    "copy_tariff",
    "create_tariff",
    "dearest",
    "edit_version",
    "is_own_work",
    "make_default",
    "needs_second_person",
    "rename_tariff",
    "retire_tariff",
    "return_version",
    "set_ceiling",
    "submit_version",
    "withdraw_version",
    "write_version",
]
