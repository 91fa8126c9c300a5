"""Abnormal cases: what waits for a decision first, then what was decided, and what a rule settled by itself."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import figures
from backoffice.kit.frame import Empty
from backoffice.kit.lists import (
    BulkPage,
    ListFilters,
    ListTable,
    Place,
    Resource,
    RowAction,
    Tab,
    columns,
    filters,
)
from orders import labels, selectors, tones
from orders.models import Case, Decision
from orders.permissions import OrderPerm
from orders.resources.columns import Began, Lasting, Metered, driver, station
from orders.resources.filters import OrderNumber, account, agency, station as station_filter, terminal
from orders.services.deciding import accept_case, take_case
from orders.states import UNDECIDED, CaseState
from orders.wording import rule_words

SHORTER = {**labels.CASE, CaseState.TO_APPROVE: pgettext_lazy("case", "To approve")}
"""States as they fit into a column."""


def _is_decided(row: Case) -> bool:
    return row.state not in UNDECIDED


TAKE = RowAction(
    name="take",
    label=_("Take"),
    run=take_case,
    perm=OrderPerm.CASE_DECIDE,
    icon="person",
    bulk=True,
    done=_("Yours now."),
    hidden=_is_decided,
    needs=("state",),
)
ACCEPT = RowAction(
    name="accept",
    label=_("Accept as it is…"),
    run=accept_case,
    perm=OrderPerm.CASE_DECIDE,
    icon="check",
    reason=True,
    direct=True,
    bulk=True,
    text=_("The figures stand. An order whose money waited is settled by them."),
    done=_("Accepted."),
    hidden=_is_decided,
    needs=("state",),
)


def _energy(wh: int | None) -> str:
    """With its unit: on a card no head says what it is."""
    return "" if wh is None else f"{figures.energy_text(wh)}{figures.NBSP}kWh"


def _outcome(state: str, decision: str, assignee: str) -> str:
    """What was decided; until then, who has it. One that is open again keeps what was decided before, which does not hold."""
    return str(Decision(decision).label) if decision and CaseState(state) not in UNDECIDED else assignee


class CaseTable(ListTable):
    number = columns.Link(
        to="orders.case", key="number", head=_("Case"), second=columns.Text("agency__name", head=_("Agency"))
    )
    rule = columns.Text("code", show=rule_words, second=columns.Text("code", head=_("Code"), show=str))
    order_no = columns.Link(
        "order__order_no",
        to="orders.order",
        key="order__order_no",
        to_perm=OrderPerm.VIEW,
        head=_("Order"),
        css="c-who",
        second=columns.Energy("order__energy_wh", head=_("kWh"), show=_energy),
    )
    station = station("station__name", "pile__name", "connector_number")
    driver = driver("order__", second=columns.Text("order__plate"))
    amount_before = columns.Money(head=_("Before"), second=columns.Money("amount_after", head=_("After")))
    opened_at = Began(sort=True, second=Lasting("waited", head=_("Age")))
    state = columns.Badge(
        choices=SHORTER,
        tones=tones.CASE,
        second=columns.Text("state", "decision", "assignee_label", head=_("Assignee"), show=_outcome),
    )
    decision = columns.Text(shown=False)
    assignee_label = columns.Text(shown=False)
    decided_by = columns.Text(shown=False)
    approved_by = columns.Text(shown=False)
    reported = Metered(
        "order__transaction__meter_start",
        "order__transaction__meter_stop",
        head=_("kWh reported"),
        shown=False,
    )
    at_stake = columns.Money(head=_("Amount at stake"), shown=False)
    decided_at = columns.When(sort=True, shown=False)
    reason = columns.Text(shown=False)
    reopened = columns.Number(head=_("Reopened"), shown=False)
    operator = columns.Text("operator__name", head=_("Operator"), shown=False)


class CaseFilters(ListFilters):
    order_no = OrderNumber("order__order_no")
    agency = agency()
    account = account("order__")
    terminal = terminal()
    code = filters.Choice(label=_("Rule"))
    state = filters.Choice()
    decision = filters.Choice(choices=Decision)
    opened_at = filters.Period()
    station = station_filter()
    at_stake = filters.Amount(label=_("Amount at stake"))
    assignee = filters.Text("assignee_label")
    number = filters.Text()


CASES = Resource(
    name="orders.cases",
    path="orders/cases/",
    title=_("Abnormal orders"),
    model=Case,
    rows=selectors.case_list,
    table=CaseTable,
    filters=CaseFilters,
    view=OrderPerm.CASE_VIEW,
    export=OrderPerm.EXPORT,
    label="number",
    order=("-opened_at", "-id"),
    detail="orders.case",
    detail_key="number",
    inline_filters=5,
    tabs=(
        Tab(name="open", label=_("To decide"), rows=lambda: Q(state__in=UNDECIDED), kind="bad"),
        Tab(name="new", label=_("Nobody's yet"), rows=lambda: Q(state__in=UNDECIDED, assignee_ref="")),
        Tab(
            name="second",
            label=_("For a second person"),
            rows=lambda: Q(state=CaseState.TO_APPROVE),
            kind="warn",
        ),
        Tab(name="asked", label=_("Waiting for the pile"), rows=lambda: Q(state=CaseState.WAITING_DATA)),
        Tab(name="decided", label=_("Decided"), rows=lambda: Q(state=CaseState.DECIDED)),
        Tab(
            name="noted",
            label=_("Settled by rule"),
            rows=lambda: Q(state=CaseState.CLOSED, decision=Decision.AUTOMATIC),
        ),
    ),
    opens_at="open",
    actions=(ACCEPT, TAKE),
    bulk_pages=(
        BulkPage(
            label=_("Decide together…"),
            to="orders.cases_together",
            perms=frozenset({OrderPerm.CASE_DECIDE}),
            icon="check",
        ),
    ),
    live="cases",
    menu=Place(
        "orders",
        30,
        label=pgettext_lazy("menu", "Abnormal"),
        waiting=selectors.undecided_cases,
        count_kind="bad",
    ),
    empty=Empty(
        _("Nothing to decide"), _("What the rules find about orders stands here until somebody decides.")
    ),
)
