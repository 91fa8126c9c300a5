"""Pages about one row that are no lists: how to make the row and the address, for the matrix.

Every view with ``requires`` whose address takes an argument is declared here by its URL name, else the
suite fails. A page that takes arguments but shows no row of a tenant is named in ``NO_ROW`` with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from alarms.models import Alarm
from alarms.permissions import AlarmPerm
from backoffice.checks import addresses, is_guarded
from backoffice.kit.levels import Level
from backoffice.kit.lists import registered
from backoffice.kit.lists.views import names_of
from backoffice.kit.models import AuditEntry, ImportFile, Job
from backoffice.kit.perms import Perm, Role, granted
from drivers.models import Card, Driver
from drivers.permissions import DriverPerm
from finance.models import Journal, PaymentChannel, TopUp, Wallet
from finance.permissions import FinancePerm
from orders.models import Case, ChargingOrder
from orders.permissions import OrderPerm
from stations.models import (
    Campaign,
    CertificateAuthority,
    ChargingProfile,
    Command,
    ConfigurationTemplate,
    Connector,
    Firmware,
    FirmwareJob,
    Handover,
    LoadGroup,
    LocalList,
    Maintenance,
    Pile,
    PileModel,
    Reservation,
    Station,
    StationPhoto,
    Tariff,
    TariffVersion,
    TemplateKey,
    UnclaimedPile,
    UploadedFile,
    UploadJob,
    VendorMessage,
)
from stations.permissions import StationPerm
from tenants.models import ApiToken, Contact, CustomRole, Membership, Paper, Tenant
from tenants.permissions import TenantPerm
from tests.factories.rows import make_row


@dataclass(frozen=True)
class Page:
    """One page. ``key`` is the attribute in its address, with ``more`` behind it; ``found`` answers for the viewer's own row."""

    model: type[models.Model]
    key: str = "pk"
    more: tuple[Any, ...] = ()
    perm: Perm | None = None
    method: str = "get"
    found: frozenset[int] = frozenset({200})
    over: Callable[[Membership], dict[str, Any]] = field(default=lambda _viewer: {})

    def make(self, tenant: Tenant, viewer: Membership) -> Any:
        """A row of the tenant's."""
        return make_row(self.model, tenant, **self.over(viewer))

    def arguments(self, row: Any) -> list[Any]:
        return [getattr(row, self.key), *self.more]

    def role_at(self, level: Level) -> Role | None:
        """A role that may open the page at this level."""
        return next((role for role in Role if self.perm is None or self.perm in granted(level, role)), None)


def _own(viewer: Membership) -> dict[str, Any]:
    return {"owner_ref": f"staff:{viewer.user_id}", "params": {"zone": "UTC"}}


def _own_membership(viewer: Membership) -> dict[str, Any]:
    return {"membership": viewer, "lists": ["tenants"]}


def _sent(viewer: Membership) -> dict[str, Any]:
    return {"owner_ref": f"staff:{viewer.user_id}", "name": "stations.piles"}


PAGES: dict[str, Page] = {
    "jobs.job": Page(Job, "public_id", over=_own),
    "jobs.file": Page(Job, "public_id", over=_own, found=frozenset({404})),
    "jobs.cancel": Page(Job, "public_id", over=_own, method="post", found=frozenset({302})),
    "jobs.seen": Page(Job, "public_id", over=_own, method="post", found=frozenset({302})),
    "jobs.discard": Page(Job, "public_id", over=_own, method="post", found=frozenset({302})),
    "tenants:token_revoke": Page(ApiToken, over=_own_membership),
    "jobs.again": Page(Job, "public_id", over=_own, method="post", found=frozenset({302})),
    "imports.file": Page(ImportFile, "public_id", over=_sent, perm=StationPerm.IMPORT),
    "imports.faults": Page(ImportFile, "public_id", over=_sent, perm=StationPerm.IMPORT),
    "imports.start": Page(
        ImportFile,
        "public_id",
        over=_sent,
        perm=StationPerm.IMPORT,
        method="post",
        found=frozenset({302}),
    ),
    "finance:wallet": Page(Wallet, perm=FinancePerm.WALLET_VIEW),
    "finance:adjust": Page(Wallet, perm=FinancePerm.WALLET_ADJUST),
    "finance:pay_out": Page(Wallet, perm=FinancePerm.REFUND),
    "finance:journal": Page(Journal, perm=FinancePerm.LEDGER_VIEW),
    "finance:top_up": Page(TopUp, perm=FinancePerm.TOPUP_VIEW),
    "finance:ask_channel": Page(TopUp, perm=FinancePerm.TOPUP_VIEW, method="post", found=frozenset({302})),
    "finance:refund": Page(TopUp, perm=FinancePerm.REFUND),
    "finance:channel": Page(PaymentChannel, perm=FinancePerm.CHANNEL_MANAGE),
    "finance:channel_edit": Page(PaymentChannel, perm=FinancePerm.CHANNEL_MANAGE),
    "tenants:tenant": Page(Tenant, perm=TenantPerm.VIEW),
    "tenants:edit": Page(Tenant, perm=TenantPerm.PROFILE),
    "tenants:submit": Page(Tenant, perm=TenantPerm.PROFILE, method="post", found=frozenset({302})),
    "tenants:move": Page(Tenant, perm=TenantPerm.MANAGE),
    "tenants:places": Page(Tenant, perm=TenantPerm.MANAGE),
    "tenants:close": Page(Tenant, perm=TenantPerm.CLOSE, found=frozenset({403})),
    "tenants:quotas": Page(Tenant, perm=TenantPerm.VIEW),
    "tenants:staff_of": Page(Tenant, perm=TenantPerm.STAFF_VIEW),
    "tenants:trail": Page(Tenant, perm=TenantPerm.AUDIT_VIEW),
    "tenants:contacts": Page(Tenant, perm=TenantPerm.VIEW),
    "tenants:contact_new": Page(Tenant, perm=TenantPerm.PROFILE),
    "tenants:contact_edit": Page(Contact, perm=TenantPerm.PROFILE),
    "tenants:contact_remove": Page(Contact, perm=TenantPerm.PROFILE),
    "tenants:papers": Page(Tenant, perm=TenantPerm.PROFILE),
    "tenants:paper_new": Page(Tenant, perm=TenantPerm.PROFILE),
    "tenants:paper": Page(Paper, perm=TenantPerm.PROFILE),
    "tenants:paper_remove": Page(Paper, perm=TenantPerm.PROFILE),
    "tenants:brand": Page(Tenant, perm=TenantPerm.VIEW),
    "tenants:logo_new": Page(Tenant, perm=TenantPerm.PROFILE),
    "tenants:logo_remove": Page(Tenant, perm=TenantPerm.PROFILE, method="post", found=frozenset({302})),
    "tenants:first_owner": Page(Tenant, perm=TenantPerm.STAFF_MANAGE),
    "tenants:member": Page(Membership, perm=TenantPerm.STAFF_VIEW),
    "tenants:member_edit": Page(Membership, perm=TenantPerm.STAFF_MANAGE),
    "tenants:act_as": Page(Membership, perm=TenantPerm.IMPERSONATE),
    "tenants:role": Page(CustomRole, perm=TenantPerm.STAFF_VIEW),
    "tenants:role_edit": Page(CustomRole, perm=TenantPerm.STAFF_MANAGE),
    "audit.entry": Page(AuditEntry, perm=TenantPerm.AUDIT_VIEW),
    "stations:station": Page(Station, perm=StationPerm.VIEW),
    "stations:map_card": Page(Station, perm=StationPerm.VIEW),
    "stations:station_edit": Page(Station, perm=StationPerm.MANAGE),
    "stations:station_tariff": Page(Station, perm=StationPerm.TARIFF_MANAGE),
    "stations:station_transfer": Page(Station, perm=StationPerm.MANAGE),
    "stations:station_close": Page(Station, perm=StationPerm.MANAGE),
    "stations:station_labels": Page(Station, perm=StationPerm.MANAGE),
    "stations:station_history": Page(Station, perm=StationPerm.VIEW),
    "stations:station_photos": Page(Station, perm=StationPerm.VIEW),
    "stations:station_maintenance": Page(Station, perm=StationPerm.VIEW),
    "stations:maintenance_new": Page(Station, perm=StationPerm.MANAGE),
    "stations:maintenance_cancel": Page(Maintenance, perm=StationPerm.MANAGE),
    "stations:photo": Page(StationPhoto, perm=StationPerm.VIEW),
    "stations:photo_edit": Page(StationPhoto, perm=StationPerm.MANAGE),
    "stations:photo_move": Page(
        StationPhoto, more=("later",), perm=StationPerm.MANAGE, method="post", found=frozenset({302})
    ),
    "stations:photo_delete": Page(StationPhoto, perm=StationPerm.MANAGE),
    "stations:pile_history": Page(Pile, perm=StationPerm.VIEW),
    "stations:pile": Page(Pile, perm=StationPerm.VIEW),
    "stations:pile_edit": Page(Pile, perm=StationPerm.MANAGE),
    "stations:pile_move": Page(Pile, perm=StationPerm.MANAGE),
    "stations:pile_retire": Page(Pile, perm=StationPerm.MANAGE),
    "stations:pile_tariff": Page(Pile, perm=StationPerm.TARIFF_MANAGE),
    "stations:pile_key": Page(Pile, perm=StationPerm.CREDENTIALS),
    "stations:pile_open": Page(Pile, perm=StationPerm.CREDENTIALS),
    "stations:pile_labels": Page(Pile, perm=StationPerm.MANAGE),
    "stations:pile_messages": Page(Pile, perm=StationPerm.FRAMES_VIEW),
    "stations:pile_charging": Page(Pile, perm=StationPerm.VIEW),
    "stations:profile_new": Page(Pile, perm=StationPerm.COMMAND_ENGINEER),
    "stations:profile_clear": Page(Pile, perm=StationPerm.COMMAND_ENGINEER),
    "stations:profile_ask": Page(Pile, perm=StationPerm.COMMAND_ENGINEER),
    "stations:profile_forget": Page(ChargingProfile, perm=StationPerm.COMMAND_ENGINEER),
    "stations:handover": Page(Handover, perm=StationPerm.VIEW),
    "stations:handover_accept": Page(Handover, perm=StationPerm.RECEIVE),
    "stations:handover_decline": Page(Handover, perm=StationPerm.RECEIVE),
    "stations:handover_withdraw": Page(Handover, perm=StationPerm.HANDOVER),
    "stations:load_group_new": Page(Station, perm=StationPerm.MANAGE),
    "stations:load_group": Page(LoadGroup, perm=StationPerm.VIEW),
    "stations:load_group_edit": Page(LoadGroup, perm=StationPerm.MANAGE),
    "stations:pile_messages_download": Page(Pile, perm=StationPerm.FRAMES_VIEW),
    "stations:pile_messages_replay": Page(Pile, perm=StationPerm.FRAMES_VIEW),
    "stations:ask": Page(Pile, more=("Reset",), perm=StationPerm.COMMAND_BASIC),
    "stations:ask_for": Page(
        Pile, more=("status", 1), perm=StationPerm.COMMAND_BASIC, method="post", found=frozenset({302})
    ),
    "stations:claim": Page(UnclaimedPile, perm=StationPerm.CLAIM),
    "stations:connector_edit": Page(Connector, perm=StationPerm.MANAGE),
    "stations:connector_code": Page(Connector, perm=StationPerm.MANAGE),
    "stations:tariff": Page(Tariff, perm=StationPerm.TARIFF_VIEW),
    "stations:tariff_rename": Page(Tariff, perm=StationPerm.TARIFF_MANAGE),
    "stations:tariff_default": Page(Tariff, perm=StationPerm.TARIFF_MANAGE),
    "stations:tariff_retire": Page(Tariff, perm=StationPerm.TARIFF_MANAGE),
    "stations:tariff_copy": Page(Tariff, perm=StationPerm.TARIFF_MANAGE),
    "stations:tariff_compare": Page(Tariff, perm=StationPerm.TARIFF_VIEW),
    "stations:tariff_assign": Page(Tariff, perm=StationPerm.TARIFF_MANAGE),
    "stations:version": Page(TariffVersion, perm=StationPerm.TARIFF_VIEW),
    "stations:version_submit": Page(TariffVersion, perm=StationPerm.TARIFF_MANAGE),
    "stations:version_return": Page(TariffVersion, perm=StationPerm.TARIFF_MANAGE),
    "stations:version_new": Page(Tariff, perm=StationPerm.TARIFF_MANAGE),
    "stations:version_edit": Page(TariffVersion, perm=StationPerm.TARIFF_MANAGE),
    "stations:version_approve": Page(TariffVersion, perm=StationPerm.TARIFF_MANAGE),
    "stations:version_withdraw": Page(TariffVersion, perm=StationPerm.TARIFF_MANAGE),
    "stations:command": Page(Command, perm=StationPerm.VIEW),
    "stations:pile_configuration": Page(Pile, perm=StationPerm.VIEW),
    "stations:configuration_read": Page(
        Pile, perm=StationPerm.COMMAND_ENGINEER, method="post", found=frozenset({302})
    ),
    "stations:configuration_change": Page(Pile, perm=StationPerm.COMMAND_ENGINEER),
    "stations:configuration_push": Page(Pile, perm=StationPerm.COMMAND_ENGINEER),
    "stations:template": Page(ConfigurationTemplate, perm=StationPerm.VIEW),
    "stations:template_want": Page(ConfigurationTemplate, perm=StationPerm.COMMAND_ENGINEER),
    "stations:template_read": Page(ConfigurationTemplate, perm=StationPerm.COMMAND_ENGINEER),
    "stations:template_push": Page(ConfigurationTemplate, perm=StationPerm.COMMAND_ENGINEER),
    "stations:wanted_edit": Page(TemplateKey, perm=StationPerm.COMMAND_ENGINEER),
    "stations:wanted_drop": Page(TemplateKey, perm=StationPerm.COMMAND_ENGINEER),
    "stations:campaign": Page(Campaign, perm=StationPerm.VIEW),
    "stations:campaign_pause": Page(
        Campaign, perm=StationPerm.COMMAND_BASIC, method="post", found=frozenset({302})
    ),
    "stations:campaign_resume": Page(
        Campaign, perm=StationPerm.COMMAND_BASIC, method="post", found=frozenset({302})
    ),
    "stations:campaign_stop": Page(Campaign, perm=StationPerm.COMMAND_BASIC),
    "stations:campaign_again": Page(
        Campaign, perm=StationPerm.COMMAND_BASIC, method="post", found=frozenset({302})
    ),
    "stations:pile_files": Page(Pile, perm=StationPerm.VIEW),
    "stations:pile_update": Page(Pile, perm=StationPerm.COMMAND_ENGINEER),
    "stations:pile_fetch": Page(Pile, perm=StationPerm.COMMAND_ENGINEER),
    "stations:firmware": Page(Firmware, perm=StationPerm.VIEW),
    "stations:firmware_release": Page(Firmware, perm=StationPerm.MODELS_MANAGE),
    "stations:firmware_withdraw": Page(Firmware, perm=StationPerm.MODELS_MANAGE),
    "stations:firmware_roll_out": Page(Firmware, perm=StationPerm.COMMAND_ENGINEER),
    "stations:ask_update": Page(
        FirmwareJob, perm=StationPerm.COMMAND_ENGINEER, method="post", found=frozenset({302})
    ),
    "stations:ask_upload": Page(
        UploadJob, perm=StationPerm.COMMAND_ENGINEER, method="post", found=frozenset({302})
    ),
    "stations:uploaded_file": Page(UploadedFile, perm=StationPerm.FRAMES_VIEW),
    "stations:pile_access": Page(Pile, perm=StationPerm.VIEW),
    "stations:pile_list": Page(Pile, more=("full",), perm=StationPerm.LIST_MANAGE),
    "stations:reserve": Page(Pile, perm=StationPerm.RESERVE),
    "stations:reservation_extend": Page(Reservation, perm=StationPerm.RESERVE),
    "stations:reservation_cancel": Page(Reservation, perm=StationPerm.RESERVE),
    "stations:local_list": Page(LocalList, perm=StationPerm.VIEW),
    "stations:local_list_edit": Page(LocalList, perm=StationPerm.LIST_MANAGE),
    "stations:local_list_default": Page(LocalList, perm=StationPerm.LIST_MANAGE),
    "stations:local_list_delete": Page(LocalList, perm=StationPerm.LIST_MANAGE),
    "stations:station_list": Page(Station, perm=StationPerm.VIEW),
    "stations:station_assign_list": Page(Station, perm=StationPerm.LIST_MANAGE),
    "stations:model_edit": Page(PileModel, perm=StationPerm.MODELS_MANAGE),
    "stations:pile_security": Page(Pile, perm=StationPerm.CREDENTIALS),
    "stations:pile_upgrade": Page(Pile, perm=StationPerm.CREDENTIALS),
    "stations:pile_upgrade_cancel": Page(Pile, perm=StationPerm.CREDENTIALS, found=frozenset({302})),
    "stations:pile_profile": Page(Pile, perm=StationPerm.CREDENTIALS),
    "stations:pile_renew": Page(Pile, perm=StationPerm.CREDENTIALS),
    "stations:pile_install_root": Page(Pile, perm=StationPerm.CREDENTIALS),
    "stations:pile_roots_read": Page(
        Pile,
        more=("CentralSystemRootCertificate",),
        perm=StationPerm.CREDENTIALS,
        method="post",
        found=frozenset({302}),
    ),
    "stations:pile_root_forget": Page(
        Pile,
        more=("CentralSystemRootCertificate", 0),
        perm=StationPerm.CREDENTIALS,
        found=frozenset({404}),
    ),
    "stations:authority_root": Page(CertificateAuthority, perm=StationPerm.AUTHORITY),
    "stations:vendor_message_edit": Page(VendorMessage, perm=StationPerm.MODELS_MANAGE),
}

for _name, _perm in {
    "order": OrderPerm.VIEW,
    "stop": OrderPerm.STOP,
    "close": OrderPerm.FORCE_CLOSE,
    "cancel": OrderPerm.STOP,
    "refund": FinancePerm.REFUND,
    "print": OrderPerm.VIEW,
}.items():
    PAGES[f"orders.{_name}"] = Page(ChargingOrder, "order_no", perm=_perm)
for _name in (
    "ask",
    "assign",
    "accept",
    "correct",
    "waive",
    "refund",
    "write_off",
    "void",
    "approve",
    "return",
):
    PAGES[f"orders.case_{_name}"] = Page(Case, "number", perm=OrderPerm.CASE_DECIDE)
PAGES["orders.case"] = Page(Case, "number", perm=OrderPerm.CASE_VIEW)
PAGES["orders.case_take"] = Page(
    Case, "number", perm=OrderPerm.CASE_DECIDE, method="post", found=frozenset({302})
)
for _one in ("safety", "failure", "station"):
    PAGES[f"alarms:{_one}"] = Page(
        Alarm, perm=AlarmPerm.VIEW, over=lambda _viewer, of=_one: {"alarm_class": of}
    )
for _name, _perm in {
    "driver": DriverPerm.VIEW,
    "edit": DriverPerm.MANAGE,
    "phone": DriverPerm.MANAGE,
    "show_phone": DriverPerm.UNMASK,
}.items():
    PAGES[f"drivers:{_name}"] = Page(Driver, perm=_perm)
for _name in ("card", "card_driver"):
    PAGES[f"drivers:{_name}"] = Page(Card, perm=DriverPerm.MANAGE)

NO_ROW: dict[str, str] = {
    "tenants:end_session": "a session is a person's, whatever tenant he works at; the name is that of one of his own",
    "processes.run": "a timer of the installation, by its name",
    "imports.upload": "where a file is sent; what is imported is told by its name",
    "imports.template": "an empty workbook",
    "stations:bulk_update": "about rows that are picked in the list of piles; the firmware is the manufacturer's",
    "stations:bulk_ask": "about rows that are picked in the list of piles, whatever the command",
}


def undeclared_pages() -> list[str]:
    """Guarded addresses with an argument that nobody declared here."""
    lists = {name for resource in registered() for name in names_of(resource)}
    return sorted(
        name
        for name, pattern in addresses()
        if is_guarded(pattern)
        and pattern.pattern.regex.groups
        and name not in lists
        and name not in PAGES
        and name not in NO_ROW
    )
