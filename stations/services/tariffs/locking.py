"""A tariff under its lock: everything that changes it begins here."""

from __future__ import annotations

from django.utils.translation import gettext as _

from backoffice.kit import locks
from backoffice.kit.errors import Refused
from stations.models import Tariff, TariffStatus


def lock_tariff(tariff: Tariff) -> Tariff:
    """Lock a tariff of the scope's own. Those of levels above are seen and not written."""
    row = locks.locked(Tariff.objects.filter(pk=tariff.pk)).get()
    if not row.in_scope():
        raise Refused(_("This tariff belongs to somebody else."), code="foreign")
    return row


def require_active(tariff: Tariff) -> None:
    if tariff.status != TariffStatus.ACTIVE:
        raise Refused(_("This tariff is retired."), code="retired")
