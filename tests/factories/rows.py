"""One row of any scoped model for any tenant, for tests that go over all models.

A row is only right as far as the database asks: what it means is the business of the rooms' own
factories. A room adds its models to ``PLAIN`` or writes ``@factory_for``; a model without is an error
at collection (``tests/scoping/test_matrix.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models

from alarms.models import Alarm
from backoffice.kit import clock
from backoffice.kit.models import AuditEntry, ImportFile, Job
from backoffice.kit.scope import PathOwned, TenantOwned, path_of_tenant, unscoped
from drivers.models import Card, Driver, DriverSession, SmsCode, SmsMessage
from finance.models import (
    Account,
    ChannelNotice,
    Debt,
    Hold,
    Journal,
    PaymentChannel,
    Posting,
    Refund,
    Settlement,
    TopUp,
    Wallet,
)
from orders.models import Case, CasePolicy, ChargingOrder, LooseFact, OrderEvent, Sample, Transaction
from reports.models import DayLoad, DayTotal, DirtyDay, ShareLink, StationTotal
from stations.models import (
    Campaign,
    CampaignPile,
    Certificate,
    CertificateAuthority,
    ChargingProfile,
    Command,
    ConfigurationKey,
    ConfigurationTemplate,
    Connector,
    Custody,
    Firmware,
    FirmwareJob,
    Frame,
    Handover,
    HandoverItem,
    LoadGroup,
    LoadShare,
    LocalList,
    LocalListPile,
    Maintenance,
    MaintenancePile,
    Pile,
    PileEvent,
    PileModel,
    QrToken,
    Reservation,
    Reshare,
    SecurityEvent,
    SecurityUpgrade,
    ServiceCeiling,
    SigningRequest,
    Station,
    StationPhoto,
    StatusEvent,
    Tariff,
    TariffAssignment,
    TariffVersion,
    TemplateKey,
    Trouble,
    UnclaimedPile,
    UploadedFile,
    UploadJob,
    VendorMessage,
)
from tenants.models import ApiToken, Contact, Holiday, Invitation, Membership, Paper, Tenant, User
from tests.factories.tenants import make_user
from tests.support.pictures import png

Factory = Callable[..., Any]

_factories: dict[type[models.Model], Factory] = {}
_numbers = count(1)

USUAL = {"phone": "+8613{:09d}", "currency": "CNY", "zone": "Asia/Shanghai", "codes": "V" * 48}
"""Values of columns that a plain number or word would not fit, by name."""


def factory_for(model: type[models.Model]) -> Callable[[Factory], Factory]:
    """Register ``make(tenant, **over)`` as the way to a row of this model."""

    def register(factory: Factory) -> Factory:
        _factories[model] = factory
        return factory

    return register


def factory_of(model: type[models.Model]) -> Factory:
    """Raises LookupError, which stops the collection of tests that need one."""
    if model not in _factories:
        raise LookupError(f"{model._meta.label} has no factory: add one to tests/factories/rows.py")
    return _factories[model]


def make_row(model: type[models.Model], tenant: Tenant, **over: Any) -> Any:
    """A row of the model that belongs to the tenant."""
    with unscoped(reason="test data"):
        return factory_of(model)(tenant, **over)


def filled(model: type[models.Model], tenant: Tenant, **over: Any) -> Any:
    """A row with every column filled that must be: words and numbers of its own, relations of the same tenant."""
    fields = dict(over)
    if issubclass(model, PathOwned):
        fields = path_of_tenant(tenant.pk).as_columns() | fields
    elif issubclass(model, TenantOwned):
        fields.setdefault("tenant", tenant)
    for field in model._meta.concrete_fields:
        if field.name not in fields and field.attname not in fields and _must_be_filled(field):
            fields[field.name] = _value_for(field, tenant)
    return model._base_manager.create(**fields)


def _must_be_filled(field: models.Field[Any, Any]) -> bool:
    blank_text = field.blank and isinstance(field, models.CharField | models.TextField)
    return not (field.primary_key or field.null or field.has_default() or blank_text)


def _value_for(field: Any, tenant: Tenant) -> Any:
    number = next(_numbers)
    if field.related_model is not None:
        return make_row(field.related_model, tenant)
    if field.name in USUAL:
        return USUAL[field.name].format(number)
    if field.choices:
        return field.choices[0][0]
    now = clock.now()
    day = now.date() - timedelta(days=number)
    plain: dict[type[models.Field[Any, Any]], Any] = {
        models.DateTimeField: now + timedelta(hours=1) if field.name in {"expires_at", "deadline"} else now,
        models.DateField: day,
        models.BooleanField: False,
        models.BinaryField: b"x",
        models.DecimalField: Decimal(number),
        models.IntegerField: number,
        models.TextField: f"{field.name} {number}",
    }
    kind = next((kind for kind in plain if isinstance(field, kind)), None)
    if kind is not None:
        return plain[kind]
    return f"{field.name}-{number}"[-field.max_length :]


PLAIN = (
    ApiToken,
    AuditEntry,
    CampaignPile,
    Card,
    Case,
    CasePolicy,
    Certificate,
    ChannelNotice,
    ChargingOrder,
    ChargingProfile,
    Command,
    ConfigurationKey,
    ConfigurationTemplate,
    Connector,
    Custody,
    Contact,
    DayTotal,
    Debt,
    DirtyDay,
    DriverSession,
    FirmwareJob,
    Frame,
    Handover,
    HandoverItem,
    Hold,
    Holiday,
    ImportFile,
    Invitation,
    Job,
    Journal,
    LoadGroup,
    LoadShare,
    LocalList,
    LocalListPile,
    LooseFact,
    MaintenancePile,
    Membership,
    OrderEvent,
    Pile,
    PileEvent,
    PileModel,
    QrToken,
    Reservation,
    Reshare,
    Sample,
    SecurityEvent,
    SecurityUpgrade,
    SigningRequest,
    SmsCode,
    SmsMessage,
    ServiceCeiling,
    Station,
    StationTotal,
    StatusEvent,
    Tariff,
    TariffVersion,
    TemplateKey,
    TopUp,
    Transaction,
    Trouble,
    UnclaimedPile,
    UploadJob,
    VendorMessage,
    Wallet,
)
for _model in PLAIN:
    factory_for(_model)(partial(filled, _model))

factory_for(CertificateAuthority)(partial(filled, CertificateAuthority, retired_at=clock.now()))
RESET = {"action": "Reset", "payload": {"type": "Soft"}}
factory_for(Campaign)(partial(filled, Campaign, kind="command", params=RESET, at_once=20))
factory_for(Alarm)(partial(filled, Alarm, severity=2))
factory_for(PaymentChannel)(partial(filled, PaymentChannel, minimum=1, maximum=100_000))
factory_for(DayLoad)(partial(filled, DayLoad, wh=[0] * 48))
factory_for(Refund)(partial(filled, Refund, cash=1))
factory_for(ShareLink)(
    lambda tenant, **over: filled(
        ShareLink, tenant, **{"shows": tenant, "expires_at": clock.now() + timedelta(days=7)} | over
    )
)
factory_for(Settlement)(
    partial(
        filled,
        Settlement,
        electricity=100,
        service=50,
        idle=0,
        discount=0,
        paid_cash=150,
        paid_bonus=0,
        arrears=0,
    )
)


@factory_for(Paper)
def paper_row(tenant: Tenant, **over: Any) -> Paper:
    """With a file that is there."""
    stored = default_storage.save("papers/row.pdf", ContentFile(b"%PDF-1.4 %%EOF"))
    return filled(Paper, tenant, **{"stored": stored, "media_type": "application/pdf"} | over)


@factory_for(Firmware)
def firmware_row(tenant: Tenant, **over: Any) -> Firmware:
    """With a file that is there."""
    return filled(Firmware, tenant, **{"file": ContentFile(b"firmware", "row.bin")} | over)


@factory_for(Maintenance)
def maintenance_row(tenant: Tenant, **over: Any) -> Maintenance:
    """Planned for the next hour."""
    return filled(Maintenance, tenant, **{"ends_at": clock.now() + timedelta(hours=1)} | over)


@factory_for(StationPhoto)
def photo_row(tenant: Tenant, **over: Any) -> StationPhoto:
    """With a picture that is there."""
    name = default_storage.save("stations/row.png", ContentFile(png()))
    return filled(StationPhoto, tenant, **{"file": name, "media_type": "image/png"} | over)


@factory_for(UploadedFile)
def uploaded_file_row(tenant: Tenant, **over: Any) -> UploadedFile:
    """With a file that is there."""
    return filled(UploadedFile, tenant, **{"file": ContentFile(b"log", "row.log")} | over)


@factory_for(TariffAssignment)
def tariff_change_row(tenant: Tenant, **over: Any) -> TariffAssignment:
    """Of a station: a change is of one thing."""
    return filled(TariffAssignment, tenant, **{"station": make_row(Station, tenant)} | over)


@factory_for(Driver)
def driver_row(tenant: Tenant, **over: Any) -> Driver:
    return filled(Driver, tenant, **{"name": f"Driver {next(_numbers)}"} | over)


@factory_for(Account)
def account_row(tenant: Tenant, **over: Any) -> Account:
    return filled(Account, tenant, **{"subject": f"row:{next(_numbers)}"} | over)


@factory_for(Posting)
def posting_row(tenant: Tenant, **over: Any) -> Posting:
    """One side of a journal that balances; the other side is the manufacturer's."""
    journal = make_row(Journal, tenant)
    top = Tenant.objects.get(pk=path_of_tenant(tenant.pk).manufacturer_id)
    filled(Posting, top, journal=journal, amount=-1)
    return filled(Posting, tenant, **{"journal": journal, "amount": 1} | over)


@factory_for(User)
def user_row(tenant: Tenant, **over: Any) -> User:
    return make_user(**over)


@factory_for(Tenant)
def tenant_row(tenant: Tenant, **over: Any) -> Tenant:
    """The tenant itself: a tenant is its own row."""
    return tenant


def scoped_without_factory() -> list[str]:
    """Scoped models that nobody can make a row of."""
    scoped = [model for model in apps.get_models() if issubclass(model, PathOwned | TenantOwned)]
    return sorted(model._meta.label for model in scoped if model not in _factories)
