"""Answers to the kit's hooks."""

from __future__ import annotations

from backoffice.kit.lists.filters import subtree_of_tenant
from backoffice.kit.scope import path_of_tenant
from tenants import selectors

path_of_tenant.provide(selectors.path_of)
subtree_of_tenant.provide(selectors.subtree_ids)
