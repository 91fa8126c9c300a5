"""Columns: one declaration makes the cell on the page and the typed cell of the workbook.

A column names the ORM paths that it needs and is given their values, never the row. So page and
export read the same values, no cell can start a query of its own, and which relations to join
follows from the columns that are shown.
"""

from backoffice.kit.lists.columns.base import Column
from backoffice.kit.lists.columns.moments import Ago, Day, When
from backoffice.kit.lists.columns.numbers import Bar, Duration, Energy, Money, Number, Online, Percent, Power
from backoffice.kit.lists.columns.words import About, Badge, Link, Phone, Text, YesNo

__all__ = [
    "About",
    "Ago",
    "Badge",
    "Bar",
    "Column",
    "Day",
    "Duration",
    "Energy",
    "Link",
    "Money",
    "Number",
    "Online",
    "Percent",
    "Phone",
    "Power",
    "Text",
    "When",
    "YesNo",
]
