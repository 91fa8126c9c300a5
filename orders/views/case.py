"""One case: what was found, what each decision would do, and who decided what."""

from __future__ import annotations

from contextlib import nullcontext
from zoneinfo import ZoneInfo

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.kit.figures import energy_text, money_text
from backoffice.kit.frame import Action
from backoffice.kit.pages import attempt, detail_page, form_question, question_page, requires, row_or_404
from backoffice.kit.staff import Reader
from finance.forms import MoneyForm
from orders import selectors, tones
from orders.forms import AssignForm, CorrectForm
from orders.models import Decision
from orders.panels import case as parts, order as order_parts
from orders.permissions import OrderPerm
from orders.resources import CASES
from orders.resources.cases import ACCEPT
from orders.services import deciding, effects
from orders.states import UNDECIDED, CaseState, ChargeState
from orders.views.order import refundable
from orders.wording import rule_words
from stations.permissions import StationPerm

NEIGHBOURS = (
    "order__driver",
    "order__transaction",
    "order__pile",
    "order__connector__pile__model",
    "order__station",
    "station",
    "pile",
    "transaction",
    "agency",
    "operator",
)


def page_of(case):
    return reverse("orders.case", args=[case.number])


@requires(OrderPerm.CASE_VIEW)
def case(request, number):
    """The evidence in words, the money before and after, and the trail of what was done."""
    row = _case(number)
    reader = Reader.of(request)
    ways = _ways(row, reader)  # to pages that read times in the zone of the reader
    with _clock_of(row):
        return _shown(request, row, reader, ways)


def _ways(row, reader):
    """To what the terminal said around the order, and to have it send its log of that time."""
    if row.order is None:
        return {}
    return {
        "conversation": order_parts.messages_link(row.order, reader),
        "log": parts.log_link(row, reader),
    }


def _shown(request, row, reader, ways):
    """The page, in the zone in force."""
    whole_tags = reader.may(StationPerm.FRAMES_VIEW)
    return detail_page(
        request,
        "orders/case.html",
        title=row.number,
        back=CASES.back(),
        badges=_badges(row),
        subtitle=f"{row.code} · {rule_words(row.code)}",
        actions=_actions(row, reader),
        live=["cases"],
        case=row,
        why=parts.why(row),
        findings=parts.findings(row, whole_tags=whole_tags),
        raw=parts.raw(row, whole_tags=whole_tags),
        amounts=parts.amounts(row),
        proposal=parts.proposal(row),
        asked=parts.asked(row),
        alarms=parts.alarms(row, reader),
        profile=order_parts.profile_of_case(row),
        others=[one for one in order_parts.case_lines(row.order, reader) if one[0].pk != row.pk]
        if row.order
        else [],
        history=selectors.trail_of(row),
        **ways,
    )


@requires(OrderPerm.CASE_DECIDE)
@require_POST
def take(request, number):
    """Put one's name on it."""
    row = _case(number)
    return question_page(
        request,
        title=_("Take %(case)s") % {"case": row.number},
        do=lambda _reason: deciding.take_case(row, actor=request.actor),
        then=page_of(row),
        reason=False,
    )


@requires(OrderPerm.CASE_DECIDE)
def ask_pile(request, number):
    """Have the pile send its meter values again."""
    row = _case(number)
    return question_page(
        request,
        title=f"{_('Ask the pile')} · {row.pile.name if row.pile else row.number}",
        text=_("It is asked for its meter values now (TriggerMessage). The case waits for the answer."),
        do=lambda reason: deciding.ask_pile(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=_("Asked. What becomes of it stands under “Commands” on the page of the terminal."),
        submit_label=_("Ask"),
    )


@requires(OrderPerm.CASE_DECIDE)
def accept(request, number):
    """The figures stand."""
    row = _case(number)
    return question_page(
        request,
        title=_("Accept %(case)s as it is") % {"case": row.number},
        text=ACCEPT.text,
        consequences=parts.consequences_of_standing(row.order) if row.order else [],
        do=lambda reason: deciding.accept_case(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=ACCEPT.done,
        submit_label=_("Accept"),
    )


@requires(OrderPerm.CASE_DECIDE)
def waive(request, number):
    """The driver pays nothing."""
    row = _case(number)
    return question_page(
        request,
        title=_("Waive %(case)s") % {"case": row.number},
        text=_("The whole bill becomes a discount that the operator bears, now and later."),
        consequences=parts.consequences_of_waiving(row.order) if row.order else [],
        do=lambda reason: deciding.waive_case(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=_("Decided, or proposed where it takes a second person."),
        submit_label=_("Waive"),
        danger=True,
    )


@requires(OrderPerm.CASE_DECIDE)
def void(request, number):
    """There was nothing to find."""
    row = _case(number)
    return question_page(
        request,
        title=_("%(case)s is no finding") % {"case": row.number},
        text=_("The rule was wrong here. The figures stand, as with accepting."),
        consequences=parts.consequences_of_standing(row.order) if row.order else [],
        do=lambda reason: deciding.void_case(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=_("Decided."),
        submit_label=_("No finding"),
    )


@requires(OrderPerm.CASE_DECIDE)
def write_off(request, number):
    """Give up what is owed."""
    row = _case(number)
    return question_page(
        request,
        title=_("Write off what %(case)s left unpaid") % {"case": row.number},
        text=_("The driver owes it no longer, and it becomes a loss of the operator."),
        consequences=parts.consequences_of_writing_off(row.order) if row.order else [],
        do=lambda reason: deciding.write_off_case(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=_("Decided, or proposed where it takes a second person."),
        submit_label=_("Write off"),
        danger=True,
    )


@requires(OrderPerm.CASE_DECIDE)
def approve(request, number):
    """As the second person."""
    row = _case(number)
    return question_page(
        request,
        title=_("Approve what is proposed for %(case)s") % {"case": row.number},
        text=_("It is done at once. Both names stand in the audit log."),
        consequences=[
            _("%(label)s: %(value)s") % {"label": label, "value": value}
            for label, value in parts.proposal(row)
        ],
        do=lambda _reason: deciding.approve_case(row, actor=request.actor),
        then=page_of(row),
        done=_("Approved and done."),
        submit_label=_("Approve"),
        reason=False,
    )


@requires(OrderPerm.CASE_DECIDE)
def send_back(request, number):
    """Not like this: the case is in review again."""
    row = _case(number)
    return question_page(
        request,
        title=_("Send %(case)s back") % {"case": row.number},
        text=_("Nothing of the proposal is done; the case is in review again."),
        do=lambda reason: deciding.return_case(row, actor=request.actor, reason=reason),
        then=page_of(row),
        done=_("Sent back."),
        submit_label=_("Send back"),
    )


@requires(OrderPerm.CASE_DECIDE)
def assign(request, number):
    """Give it to somebody."""
    row = _case(number)
    form = AssignForm(request.POST or None, people=people_of(request), initial={"person": row.assignee_ref})
    if request.method == "POST" and form.is_valid():
        deciding.assign_case(row, **form.chosen, actor=request.actor)
        return HttpResponseRedirect(page_of(row))
    context = {"title": _("Who looks at %(case)s?") % {"case": row.number}, "form": form}
    return render(
        request, "kit/confirm.html", context | {"submit_label": _("Assign"), "cancel_url": page_of(row)}
    )


def people_of(request):
    """Those of the reader's own tenant who may decide."""
    own = request.lineage[-1]
    return selectors.deciders(own.id, own.level)


@requires(OrderPerm.CASE_DECIDE)
def refund(request, number):
    """Give back what was paid, or a part of it."""
    row = _case(number)
    left = refundable(row.order) if row.order else None
    return form_question(
        request,
        MoneyForm(
            request.POST or None,
            currency=row.currency or request.locality.currency,
            initial={"amount": str(left.decimal)} if left else {},
        ),
        title=_("Decide %(case)s by a refund") % {"case": row.number},
        text=_("To the driver's wallet, at most %(amount)s.") % {"amount": money_text(left) if left else "–"},
        save=lambda data: deciding.refund_case(
            row, amount=data["amount"], reason=data["reason"], actor=request.actor
        ),
        then=page_of(row),
        submit_label=_("Refund"),
    )


@requires(OrderPerm.CASE_DECIDE)
def correct(request, number):
    """Bill by another final register: first what that changes, then the decision."""
    row = _case(number)
    form = CorrectForm(request.POST or None, initial=_register(row))
    shown = []
    if request.method == "POST" and form.is_valid():
        if form.is_seen:
            attempt(form, lambda: _correct(row, form.cleaned_data, request.actor))
            if form.is_valid():
                return HttpResponseRedirect(page_of(row))
        else:
            shown = _preview(row, form)
    return render(request, "kit/confirm.html", _question(row, form, shown))


def _preview(row, form):
    """What the register would change, and the form that remembers that it was shown."""
    wanted = form.cleaned_data["meter_stop"]
    correction = attempt(form, lambda: effects.preview_correction(row.order, meter_stop=wanted))
    if correction is None:
        return []
    form.data = form.data.copy()
    form.data["seen"] = str(wanted)
    return parts.consequences_of(row.order, correction)


def _question(row, form, shown):
    return {
        "title": _("Correct %(case)s") % {"case": row.number},
        "text": _("This is what changes; press again to decide it.")
        if shown
        else _("Where did the meter really end? First you see what that changes."),
        "consequences": shown,
        "form": form,
        "cancel_url": page_of(row),
        "submit_label": _("Correct") if shown else _("Show what changes"),
    }


def _correct(row, data, actor):
    return deciding.correct_case(row, meter_stop=data["meter_stop"], reason=data["reason"], actor=actor)


def _register(row):
    """The register that counts now."""
    stop = row.order.meter_stop if row.order else None
    return {"meter_stop": energy_text(stop)} if stop is not None else {}


def _clock_of(row):
    """The station's time, where the case has a station with one of its own."""
    zone = row.order.zone if row.order else row.station.timezone if row.station else ""
    return timezone.override(ZoneInfo(zone)) if zone else nullcontext()


def _case(number):
    return row_or_404(selectors.cases().select_related(*NEIGHBOURS), number=number)


def _badges(row):
    found = [(row.get_state_display(), tones.CASE[CaseState(row.state)])]
    return [*found, (Decision(row.decision).label, "plain")] if row.decision else found


def _actions(row, reader):
    """What may still be decided, and by whom: nothing once it was."""
    if row.state not in UNDECIDED or not reader.may(OrderPerm.CASE_DECIDE):
        return []

    def to(name, label, icon, refused="", **more):
        address = reverse(f"orders.case_{name}", args=[row.number])
        return Action(label, address, icon=icon, refused=refused, **more)

    if row.state == CaseState.TO_APPROVE:
        own = row.proposal["by_ref"] == reader.actor.ref
        refused = _("A second person has to approve this.") if own else ""
        return [
            to("approve", _("Approve…"), "check", refused, asks=True, tone="primary"),
            to("return", _("Withdraw…") if own else _("Send back…"), "arrow-left", asks=True),
        ]
    ended = row.order is not None and row.order.charge_state == ChargeState.ENDED
    unbilled = "" if ended and row.order.transaction_id else _("There is no finished order to change.")
    unpaid = (
        "" if row.order is not None and refundable(row.order) else _("Nothing was paid that could go back.")
    )
    unowed = "" if row.order is not None and row.order.arrears else _("Nothing is owed for this order.")
    offline = "" if row.pile is not None and row.pile.online else _("The terminal is offline")
    found = [
        to("assign", _("Assign…"), "person", asks=True),
        to("ask", _("Ask the pile…"), "message", offline, asks=True),
    ]
    if row.assignee_ref != reader.actor.ref:
        found.insert(0, to("take", _("Take"), "person"))
    return [
        *found,
        to("accept", _("Accept…"), "check", asks=True),
        to("correct", _("Correct…"), "edit", unbilled, asks=True),
        to("refund", _("Refund…"), "arrow-left", unpaid, asks=True),
        to("waive", _("Waive…"), "close-circle", unbilled, asks=True, tone="stop"),
        to("write_off", _("Write off…"), "close-circle", unowed, asks=True, tone="stop"),
        to("void", _("No finding…"), "close", asks=True),
    ]
