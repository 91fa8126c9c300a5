"""What a pile does that it should not, counted: one row a day for each kind of trouble and message."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, path_indexes
from stations.models.devices import Pile


class Trouble(PathOwned):
    """``kind``: a kind of remark of the gateway's reader, or ``refused``, ``callerror``, ``error``, ``takeover``.

    ``action``: the message it is about, or the reason of a refusal. ``example``: what the last one was.
    """

    pile = models.ForeignKey(
        Pile, models.DO_NOTHING, related_name="+", db_constraint=False, verbose_name=_("terminal")
    )
    day = models.DateField(_("day"))
    kind = models.CharField(_("trouble"), max_length=20)
    action = models.CharField(_("message"), max_length=60)
    count = models.PositiveBigIntegerField(_("times"), default=1)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))
    example = models.CharField(_("for example"), max_length=300, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("trouble with a terminal")
        verbose_name_plural = _("troubles with terminals")
        indexes = [
            *path_indexes("trouble", "-last_at", "-id"),
            BrinIndex(fields=["last_at"], name="trouble_last_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pile", "day", "kind", "action", "manufacturer", "dealer", "operator", "agency"],
                nulls_distinct=False,
                name="trouble_once_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.action}"
