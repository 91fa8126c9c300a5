"""Answers to the kit's hooks, and the lists of this room."""

from __future__ import annotations

from backoffice.kit import jobs, lists, search
from backoffice.kit.lists.filters import subtree_of_tenant
from backoffice.kit.scope import path_of_tenant
from tenants import resources, selectors, workplaces
from tenants.search import TENANTS

path_of_tenant.provide(selectors.path_of)
subtree_of_tenant.provide(selectors.subtree_ids)
jobs.enter_as.provide(workplaces.enter_as)
for resource in resources.LISTS:
    lists.register(resource)
search.register(TENANTS)
