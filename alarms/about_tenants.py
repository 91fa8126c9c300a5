"""What pages about tenants show of alarms: asked for through their hooks."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from alarms import selectors
from alarms.models import AlarmClass
from alarms.permissions import AlarmPerm
from backoffice.kit.frame import Tab
from backoffice.kit.levels import Level
from backoffice.kit.scope import current_scope
from backoffice.kit.staff import Reader
from tenants.models import Tenant


def alarms_below(tenant: Tenant, reader: Reader) -> Sequence[Tab] | None:
    """The alarms of a tenant and of those below it that are not over: a list for each class that has any, else for failures."""
    if not reader.may(AlarmPerm.VIEW):
        return None
    counts = selectors.live_alarms_below(Level(tenant.level), tenant.pk)
    labels = {
        AlarmClass.SAFETY: _("Safety alarms"),
        AlarmClass.FAILURE: _("Failure alarms"),
        AlarmClass.STATION: _("Station alarms"),
    }
    shown = [one for one in labels if counts.get(one)] or [AlarmClass.FAILURE]
    own = tenant.pk == current_scope().tenant_id
    query = "" if own else f"?{urlencode({'tenant': tenant.code})}"
    return [
        Tab(labels[one], reverse(f"alarms.{one.value}") + query, counts.get(one, 0), "bad" if counts else "")
        for one in shown
    ]
