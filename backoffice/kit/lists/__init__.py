"""List pages: declared once, with filters, columns, Excel, actions and generated tests. See ``docs/lists.md``."""

from backoffice.kit.lists import columns, filters
from backoffice.kit.lists.actions import RowAction
from backoffice.kit.lists.filters import ListFilters
from backoffice.kit.lists.resource import BulkPage, PageAction, Resource, Tab, named, register, registered
from backoffice.kit.lists.table import ListTable
from backoffice.kit.menu import Place

__all__ = [
    "BulkPage",
    "ListFilters",
    "ListTable",
    "PageAction",
    "Place",
    "Resource",
    "RowAction",
    "Tab",
    "columns",
    "filters",
    "named",
    "register",
    "registered",
]
