"""The four levels of the tree, from the top. The order of the members is the order of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    MANUFACTURER = "manufacturer", _("Manufacturer")
    DEALER = "dealer", _("Dealer")
    OPERATOR = "operator", _("Operator")
    AGENCY = "agency", _("Agency")

    @property
    def depth(self) -> int:
        """0 for the manufacturer, 3 for the agency."""
        return list(Level).index(self)

    @property
    def below(self) -> Level | None:
        """The one level a tenant of this level may create."""
        members = list(Level)
        return members[self.depth + 1] if self.depth + 1 < len(members) else None

    @property
    def column(self) -> str:
        """The column of a fact that holds the ancestor of this level: ``operator_id``."""
        return f"{self.value}_id"


@dataclass(frozen=True, slots=True)
class Path:
    """The chain of tenants above and including an owner, as ids; None below the owner's level."""

    manufacturer_id: int
    dealer_id: int | None = None
    operator_id: int | None = None
    agency_id: int | None = None

    @classmethod
    def of(cls, ids: list[int]) -> Self:
        """``ids`` from the root down, one to four of them."""
        return cls(*ids)

    @property
    def ids(self) -> list[int]:
        return [
            i
            for i in (self.manufacturer_id, self.dealer_id, self.operator_id, self.agency_id)
            if i is not None
        ]

    @property
    def is_unbroken(self) -> bool:
        """Whether no level between the root and the owner is left out."""
        columns = [self.manufacturer_id, self.dealer_id, self.operator_id, self.agency_id]
        return None not in columns[: len(self.ids)]

    @property
    def owner_id(self) -> int:
        return self.ids[-1]

    def as_columns(self) -> dict[str, int | None]:
        """Keyword arguments for a model that keeps its path."""
        return {level.column: getattr(self, level.column) for level in Level}

    def as_row(self) -> tuple[int, int | None, int | None, int | None]:
        """The four columns in the order of the levels, for set-based SQL."""
        return self.manufacturer_id, self.dealer_id, self.operator_id, self.agency_id
