"""Excel that comes in: declared once, with template, preview, and an import that happens whole or not at all.

See ``docs/imports.md``.
"""

from backoffice.kit.imports.columns import BadCell, Column, choice, decimal, text, whole
from backoffice.kit.imports.declaration import Fault, Import, Plan, Row, Sender, named, register, registered

__all__ = [
    "BadCell",
    "Column",
    "Fault",
    "Import",
    "Plan",
    "Row",
    "Sender",
    "choice",
    "decimal",
    "named",
    "register",
    "registered",
    "text",
    "whole",
]
