"""Filters of lists. A value that makes no sense gets a message at its field; all the other filters still apply.

Each filter knows its query names and how to say its value in words, for the chips above the rows and
the filter sheet of the workbook.
"""

from backoffice.kit.lists.filters.base import Cases, Choice, Filter, Phone, Search, Text, YesNo
from backoffice.kit.lists.filters.form import ListFilters, NoFilters
from backoffice.kit.lists.filters.ranges import Amount, Between, Period
from backoffice.kit.lists.filters.relations import Related, Subtree, subtree_of_tenant
from backoffice.kit.lists.filters.words import Lookup

__all__ = [
    "Amount",
    "Between",
    "Cases",
    "Choice",
    "Filter",
    "ListFilters",
    "Lookup",
    "NoFilters",
    "Period",
    "Phone",
    "Related",
    "Search",
    "Subtree",
    "Text",
    "YesNo",
    "subtree_of_tenant",
]
