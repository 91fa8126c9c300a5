"""Answers to the kit's hooks, and the lists of this room."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import jobs, lists, menu, references, search
from backoffice.kit.lists.filters import subtree_of_tenant
from backoffice.kit.scope import path_of_tenant
from tenants import entering, resources, selectors
from tenants.permissions import TenantPerm
from tenants.rules import Retention
from tenants.search import TENANTS
from tenants.services import telling

path_of_tenant.provide(selectors.path_of)
subtree_of_tenant.provide(selectors.subtree_ids)
jobs.enter_as.provide(entering.enter_as)
jobs.days_kept.provide(lambda tenant_id: selectors.set_for(Retention, tenant_id).values.jobs_days)
jobs.ended.listen(telling.tell_of_job)
menu.add("tenants:profile", _("Personal centre"), perm=None, place=menu.Place("personal", 10))
menu.add(
    "tenants:settings",
    pgettext_lazy("menu", "Settings"),
    perm=TenantPerm.SETTINGS_VIEW,
    place=menu.Place("system", 10),
)
for resource in resources.LISTS:
    lists.register(resource)
search.register(TENANTS)
references.add_names("tenant", selectors.tenants, perm=None)
