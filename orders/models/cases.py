"""Abnormal cases: what the rules found, who decided what, and what that did to the money."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes
from orders import labels
from orders.models.business import ChargingOrder
from orders.models.facts import LooseFact, Transaction
from orders.states import UNDECIDED, CaseState
from stations.models import Pile, Station

WAITING = sorted(state.value for state in UNDECIDED)


class Decision(models.TextChoices):
    ACCEPT = "accept", _("Accept as it is")
    CORRECT = "correct", _("Correct")
    WAIVE = "waive", _("Waive")
    REFUND = "refund", _("Refund")
    WRITE_OFF = "write_off", _("Write off")
    VOID = "void", _("No finding")
    AUTOMATIC = "automatic", _("Settled by rule")


SECOND_ABOVE = Decimal("200.00")
"""Major units of the order's currency (domain 2.5), where an operator says nothing else."""


class CasePolicy(TenantOwned):
    """How an operator decides cases. ``second_above``: a change of more money needs a second person, major units."""

    second_above = models.DecimalField(
        _("second person above"), max_digits=10, decimal_places=2, default=SECOND_ABOVE
    )

    class Meta(TenantOwned.Meta):
        verbose_name = _("rules for cases")
        verbose_name_plural = _("rules for cases")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="case_policy_once")]

    def __str__(self) -> str:
        return f"second person above {self.second_above}"


class Case(PathOwned):
    """One finding about one order, transaction or loose fact. ``code`` is of the list A01-A22.

    ``proposal``: the decision of a first person that waits for a second (``orders.second``), else empty.
    """

    number = models.CharField(_("case number"), max_length=24, unique=True)
    code = models.CharField(_("rule"), max_length=4, choices=labels.choices(labels.RULE))
    state = models.CharField(
        _("state"), max_length=12, choices=labels.choices(labels.CASE), default=CaseState.OPEN.value
    )
    order = models.ForeignKey(
        ChargingOrder, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("order")
    )
    transaction = models.ForeignKey(
        Transaction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("transaction"),
    )
    loose_fact = models.ForeignKey(LooseFact, models.PROTECT, null=True, blank=True, related_name="cases")
    station = models.ForeignKey(
        Station, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("station")
    )
    pile = models.ForeignKey(
        Pile, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("pile")
    )
    connector_number = models.PositiveIntegerField(_("connector"), null=True, blank=True)
    evidence = models.JSONField(_("evidence"), default=dict)
    amount_before = models.BigIntegerField(_("before"), null=True, blank=True)
    amount_after = models.BigIntegerField(_("after"), null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    assignee_ref = models.CharField(max_length=80, blank=True)
    assignee_label = models.CharField(_("assignee"), max_length=120, blank=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=120, blank=True)
    proposal = models.JSONField(default=dict, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True, default="", db_default="")
    opened_at = models.DateTimeField(_("opened"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    reopened = models.PositiveSmallIntegerField(default=0)

    class Meta(PathOwned.Meta):
        verbose_name = _("abnormal case")
        verbose_name_plural = _("abnormal cases")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "order"],
                condition=models.Q(order__isnull=False),
                name="case_once_per_order_and_rule",
            ),
            models.UniqueConstraint(
                fields=["code", "transaction"],
                condition=models.Q(order__isnull=True, transaction__isnull=False),
                name="case_once_per_transaction_and_rule",
            ),
            models.UniqueConstraint(
                fields=["code", "loose_fact"],
                condition=models.Q(order__isnull=True, transaction__isnull=True, loose_fact__isnull=False),
                name="case_once_per_loose_fact_and_rule",
            ),
        ]
        indexes = [
            *path_indexes("case", "-opened_at", "-id"),
            *path_indexes("case_todo", "-opened_at", "-id", where=models.Q(state__in=WAITING)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.number}"
