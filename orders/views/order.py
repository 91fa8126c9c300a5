"""One order in full, and what is done to it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.kit.figures import money_text
from backoffice.kit.frame import Action
from backoffice.kit.money import Money
from backoffice.kit.pages import detail_page, form_question, question_page, requires, row_or_404
from backoffice.kit.staff import Reader
from drivers.unmasking import asking
from finance import panels as ledger
from finance.forms import MoneyForm
from finance.permissions import FinancePerm
from orders import history, selectors
from orders.panels import order as parts
from orders.panels.bill import bill_panel
from orders.panels.curve import curve_of
from orders.panels.frames import frames_about
from orders.panels.stale import reading_action
from orders.panels.timeline import moments_of
from orders.permissions import OrderPerm
from orders.resources import CANCEL, FORCE_CLOSE, HISTORY, REALTIME, STOP
from orders.services.effects import refund_order, refundable as refundable_amount
from orders.services.starting import cancel_order
from orders.services.stopping import force_close, is_lost, stop_order
from orders.states import LIVE, NEVER_CHARGED, OPEN, WAITING, ChargeState


def page_of(order):
    return reverse("orders.order", args=[order.order_no])


@requires(OrderPerm.VIEW)
def order(request, order_no):
    """Figures, curve, bill, ledger, timeline, evidence and findings, in the station's time."""
    row = row_or_404(selectors.orders_in_full(), order_no=order_no)
    reader = Reader.of(request)
    messages = parts.messages_link(row, reader)
    listed = REALTIME if _is_under_way(row) else HISTORY
    request.shown_under = listed.name
    with timezone.override(ZoneInfo(row.zone)):
        return detail_page(
            request,
            "orders/order.html",
            title=row.order_no,
            back=listed.back(),
            badges=parts.badges(row),
            subtitle=parts.subtitle(row),
            actions=_actions(row, reader),
            live=["orders"] if row.idle_final_at is None and row.charge_state not in NEVER_CHARGED else [],
            messages_url=messages,
            utterances=frames_about(row, reader),
            **_content(row, reader),
        )


def _is_under_way(row):
    """Does it stand among the real-time orders?"""
    return row.charge_state in OPEN or (row.charge_state == ChargeState.ENDED and row.settled_at is None)


def _content(row, reader):
    """What stands below the head."""
    curve, cases = curve_of(row), parts.case_lines(row, reader)
    events = list(selectors.events_of(row))
    return {
        "order": row,
        "facts": parts.facts(row, reader),
        "notices": parts.notices(row, [case for case, _words, _tone in cases]),
        "curve": curve,
        "bill": bill_panel(row, events),
        "journals": ledger.about(history.reference(row)) if reader.may(FinancePerm.LEDGER_VIEW) else None,
        "moments": moments_of(row, events),
        "evidence": parts.evidence(row, curve, [case for case, _words, _tone in cases]),
        "money": parts.money(row, events),
        "wallet": parts.wallet_link(row, reader),
        "refunds": parts.refunds(row),
        "cases": cases,
        "places": parts.places(row),
    }


@requires(OrderPerm.STOP)
def stop(request, order_no):
    """Ask the pile to stop."""
    row = row_or_404(selectors.orders(), order_no=order_no)
    return question_page(
        request,
        title=_("Stop %(order)s") % {"order": row},
        text=STOP.text,
        do=lambda reason: stop_order(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=STOP.done,
        submit_label=_("Stop"),
        danger=True,
    )


@requires(OrderPerm.FORCE_CLOSE)
def close(request, order_no):
    """End an order whose pile is lost, in our books only."""
    row = row_or_404(selectors.orders(), order_no=order_no)
    return question_page(
        request,
        title=_("Close %(order)s in the database") % {"order": row},
        text=FORCE_CLOSE.text,
        do=lambda reason: force_close(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=FORCE_CLOSE.done,
        submit_label=_("Close"),
        danger=True,
    )


@requires(OrderPerm.STOP)
def cancel(request, order_no):
    """Give up before energy flows."""
    row = row_or_404(selectors.orders(), order_no=order_no)
    return question_page(
        request,
        title=_("Cancel %(order)s") % {"order": row},
        text=CANCEL.text,
        do=lambda reason: cancel_order(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=CANCEL.done,
        submit_label=_("Cancel the order"),
        danger=True,
    )


@requires(FinancePerm.REFUND)
def refund(request, order_no):
    """Give back part of what was paid, to the driver's wallet."""
    row = row_or_404(selectors.orders(), order_no=order_no)
    return form_question(
        request,
        MoneyForm(request.POST or None, currency=row.currency),
        title=_("Refund %(order)s") % {"order": row},
        text=_("To the driver's wallet, at most %(amount)s.") % {"amount": money_text(refundable(row))},
        save=lambda data: refund_order(row, actor=request.actor, **data),
        then=page_of(row),
        submit_label=_("Refund"),
    )


def refundable(row):
    """What of the order was paid and did not go back yet."""
    return Money(refundable_amount(row), row.currency)


def _actions(row, reader):
    """What this reader may do to the order as it stands."""
    lost = row.charge_state in LIVE and is_lost(row)
    offered = [
        (STOP, "orders.stop", row.charge_state in LIVE),
        (FORCE_CLOSE, "orders.close", lost),
        (CANCEL, "orders.cancel", row.charge_state in WAITING),
    ]
    found = [
        Action(one.label, reverse(name, args=[row.order_no]), icon=one.icon, tone=one.tone, asks=True)
        for one, name, fits in offered
        if fits and reader.may(one.perm)
    ]
    found.insert(0, Action(_("Print"), reverse("orders.print", args=[row.order_no]), icon="print", get=True))
    asks = reading_action(row, reader, online=row.pile.online, back=page_of(row))
    if asks is not None:
        found.append(asks)
    if reader.may(FinancePerm.REFUND) and row.settled_at is not None and row.driver_id is not None:
        refused = "" if refundable(row) else _("Nothing of it is left to refund.")
        address = reverse("orders.refund", args=[row.order_no])
        found.append(Action(_("Refund…"), address, icon="arrow-left", asks=True, refused=refused))
    return found + asking(reader, row.driver, back=page_of(row))
