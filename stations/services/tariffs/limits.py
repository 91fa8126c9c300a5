"""What a price list may hold: how dear a kWh is at most, and what each day needs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.money import minor_digits
from stations.daytypes import MOST_DATES, MOST_TYPES, DayKind, DayType, clashes, read_types
from stations.models import ServiceCeiling, TariffVersion
from stations.selectors.price_lists import BANDS, FEES, PRICES, used_bands
from stations.selectors.tariffs import service_ceiling
from stations.slots import SlotError, parse_codes
from stations.tariff import TariffError, read_windows
from tenants.models import Tenant

_DEAREST = Decimal(100)


class VersionFields(TypedDict, total=False):
    """A price list. Prices are major units per kWh, money of the idle fee and the hold minor units.

    ``days`` are day types as JSON (``stations.daytypes``), ``idle_free`` pairs of times.
    """

    valid_from: datetime
    valid_to: datetime | None
    codes: str
    days: list[dict[str, Any]]
    sharp_electricity: Decimal
    sharp_service: Decimal
    peak_electricity: Decimal
    peak_service: Decimal
    flat_electricity: Decimal
    flat_service: Decimal
    valley_electricity: Decimal
    valley_service: Decimal
    idle_grace_min: int
    idle_per_minute: int
    idle_cap: int | None
    idle_free: list[list[str]]
    min_hold: int


@transaction.atomic
def set_ceiling(tenant: Tenant, *, actor: Actor, amount: Decimal | None) -> ServiceCeiling | None:
    """The highest service fee per kWh in tariffs of the agencies below; None lifts it.

    Versions that are approved keep their prices. Raises Refused: ``wrong_level``, ``price``.
    """
    owner = Tenant.objects.get(pk=tenant.pk)
    if Level(owner.level) is not Level.OPERATOR:
        raise Refused(_("An operator sets it for its agencies."), code="wrong_level")
    locks.hold(f"stations.tariffs:{owner.pk}")
    row = ServiceCeiling.objects.filter(tenant=owner).first()
    before = audit.snapshot(row) if row is not None else {}
    if amount is None:
        if row is not None:
            audit.record(actor, "tariff.ceiling_lifted", row, before=before)
            row.delete()
        return None
    if amount < 0:
        raise Refused(_("A fee is not negative."), code="price", field="amount")
    row = row or ServiceCeiling(tenant=owner)
    row.amount = amount
    row.save()
    audit.record(actor, "tariff.ceiling_set", row, before=before, after=audit.snapshot(row))
    return row


def dearest(currency: str) -> Decimal:
    """A price per kWh in major units above this is a slip of the finger."""
    limits: dict[int, Decimal] = settings.TARIFF_DEAREST
    return limits.get(minor_digits(currency), _DEAREST)


def assign_fields(version: TariffVersion, fields: VersionFields) -> None:
    """Set what staff wrote, and what lists sum up of it. Raises Refused with the field that is wrong."""
    for name, value in fields.items():
        setattr(version, name, value)
    types = _require_days(version)
    _require_prices(version)
    if version.valid_to is not None and version.valid_to <= version.valid_from:
        raise Refused(_("It would end before it begins."), code="validity", field="valid_to")
    if version.idle_cap is not None and version.idle_cap < version.idle_per_minute:
        raise Refused(_("The limit is less than one minute costs."), code="idle_cap", field="idle_cap")
    try:
        read_windows(version.idle_free)
    except TariffError:
        raise Refused(_("Free hours have a beginning and an end."), code="hours", field="idle_free") from None
    used = used_bands(version.codes, types)
    totals = [sum(getattr(version, f"{BANDS[band]}_{fee}") for fee in FEES) for band in used]
    version.bands = "".join(band.value for band in used)
    version.lowest, version.highest = Decimal(min(totals)), Decimal(max(totals))


def _require_days(version: TariffVersion) -> tuple[DayType, ...]:
    try:
        parse_codes(version.codes)
    except SlotError:
        raise Refused(_("Each of the 48 half hours needs a band."), code="codes", field="codes") from None
    try:
        types = read_types(version.days)
    except SlotError:
        raise Refused(_("Each of the 48 half hours needs a band."), code="codes", field="days") from None
    if len(types) > MOST_TYPES:
        raise Refused(_("There are too many day types."), code="too_many", field="days")
    for one in types:
        _require_cover(one)
    for clash in clashes(types):
        words = {"first": clash.first.name, "second": clash.second.name}
        message = _("“%(first)s” and “%(second)s” claim the same days. A day has one type.") % words
        raise Refused(message, code="clash", field="days")
    return types


def _require_cover(one: DayType) -> None:
    """A type that would never count, or has no name, is a slip."""
    if not one.name.strip():
        raise Refused(_("A day type needs a name."), code="name", field="days")
    covers = {
        DayKind.WEEKDAYS: bool(one.weekdays),
        DayKind.SEASON: one.season is not None,
        DayKind.HOLIDAYS: True,
        DayKind.DATES: bool(one.dates),
    }
    if not covers[one.kind]:
        raise Refused(_("“%(name)s” names no day.") % {"name": one.name}, code="no_day", field="days")
    if len(one.dates) > MOST_DATES:
        raise Refused(_("There are too many days in it."), code="too_many", field="days")


def _require_prices(version: TariffVersion) -> None:
    top = dearest(version.tariff.currency)
    for name in PRICES:
        if not 0 <= getattr(version, name) <= top:
            message = _("A price per kWh lies between 0 and %(dearest)s.") % {"dearest": top}
            raise Refused(message, code="price", field=name)
    ceiling = service_ceiling(version.tenant_id)
    if ceiling is None:
        return
    for name in PRICES:
        if name.endswith("_service") and getattr(version, name) > ceiling.amount:
            message = _(
                "The service fee of agencies is at most %(amount)s per kWh, as %(owner)s has set."
            ) % {
                "amount": ceiling.amount.normalize(),
                "owner": ceiling.tenant.name,
            }
            raise Refused(message, code="ceiling", field=name)
