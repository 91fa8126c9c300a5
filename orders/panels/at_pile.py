"""What the page of a pile shows of orders: the charges that run there with their curves, and the last ones."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.kit import audit, cells, figures
from backoffice.kit.money import Money
from backoffice.kit.staff import Reader
from orders import history, labels, selectors, tones
from orders.models import ChargingOrder
from orders.panels.curve import curve_of
from orders.panels.stale import reading_action
from orders.permissions import OrderPerm
from orders.states import Stage
from stations.hooks import Part
from stations.models import Pile

NEWEST = 10
MOST_RUNNING = 4
"""Curves on one page; a pile with more connectors shows the newest."""


def running_at_pile(pile: Pile, reader: Reader) -> Part | None:
    """A curve for each charge that runs."""
    if not reader.may(OrderPerm.VIEW):
        return None
    rows = list(selectors.running_orders_of_pile(pile)[:MOST_RUNNING])
    sessions = [_session(row, pile, reader) for row in rows]
    context = {"sessions": sessions, "live": _live(pile, rows)}
    return Part("orders/_running_at_pile.html", context, order=10)


def last_orders_of_pile(pile: Pile, reader: Reader) -> Part | None:
    """The newest orders."""
    if not reader.may(OrderPerm.VIEW):
        return None
    lines = []
    for row in selectors.staged_orders(selectors.orders_of_pile(pile))[:NEWEST]:
        stage = Stage(row.stage)  # type: ignore[attr-defined]
        lines.append((row, labels.STAGE[stage], tones.STAGE[stage], Money(row.total, row.currency)))
    all_url = f"{reverse('orders.history')}?{urlencode({'terminal': pile.identity})}"
    live = _live(pile, [row for row, *_words in lines if row.settled_at is None])
    return Part("orders/_of_pile.html", {"orders": lines, "all_url": all_url, "live": live}, order=60)


def _live(pile: Pile, rows: Sequence[ChargingOrder]) -> str:
    """What tells of news: these orders, and the pile where another one begins."""
    orders = (f"orders={history.reference(row)}" for row in rows)
    return " ".join([f"connectors={audit.reference(pile)}", *orders])


def _session(row: ChargingOrder, pile: Pile, reader: Reader) -> dict[str, object]:
    """One charge: its figures now, its curve as far as it has one, and a question where its reading is old."""
    stage = Stage(row.stage)  # type: ignore[attr-defined]
    letter, back = row.connector.letter, reverse("stations:pile", args=[pile.pk])
    return {
        "order": row,
        "letter": letter,
        "title": _("Charge at %(letter)s") % {"letter": letter},
        "curve": curve_of(row),
        "ask": reading_action(row, reader, online=pile.online, back=back),
        "badge": cells.badge(labels.STAGE[stage], tones.STAGE[stage]),
        "figures": [
            (_("Power"), _power(row.power_w)),
            (_("Energy"), f"{figures.energy_text(row.energy_wh)}{figures.NBSP}kWh"),
            (_("SoC"), f"{row.soc}{figures.NBSP}%" if row.soc is not None else "–"),
            (_("Fee so far"), figures.money_text(Money(row.total, row.currency))),
            (_("Measured"), cells.ago(row.last_sample_at) if row.last_sample_at else "–"),
        ],
    }


def _power(watts: int | None) -> str:
    return "–" if watts is None else f"{figures.number_text(Decimal(watts) / 1000, 1)}{figures.NBSP}kW"
