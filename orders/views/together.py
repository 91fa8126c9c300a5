"""Several cases at once, and the rules that one operator decides by."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from backoffice.kit.figures import money_text
from backoffice.kit.lists.views import picked_rows
from backoffice.kit.money import Money
from backoffice.kit.pages import form_page, requires
from orders import selectors
from orders.forms import PolicyForm, TogetherForm
from orders.permissions import OrderPerm
from orders.resources import CASES
from orders.services import together
from orders.services.policies import set_policy
from orders.services.together import MOST, Together
from orders.views.case import NEIGHBOURS, people_of
from orders.wording import rule_words

LABELS = {
    Together.ASSIGN: gettext_lazy("Assign to a person"),
    Together.ACCEPT: gettext_lazy("Accept as they are"),
    Together.REFUND: gettext_lazy("Refund what was paid"),
    Together.WAIVE: gettext_lazy("Waive"),
    Together.WRITE_OFF: gettext_lazy("Write off what is owed"),
    Together.VOID: gettext_lazy("No finding"),
}


@requires(OrderPerm.CASE_DECIDE)
@require_http_methods(["GET", "POST"])
def decide(request):
    """What is to be done to the ticked cases, what that comes to, and then what became of each."""
    rows = list(picked_rows(request, CASES).select_related(*NEIGHBOURS).order_by("pk")[: MOST + 1])
    if not rows:
        raise Http404
    sent = request.POST if "decision" in request.POST else None
    choices = [(one, words) for one, words in LABELS.items() if one is Together.ASSIGN or _fits(rows)]
    form = TogetherForm(sent, people=people_of(request), choices=choices)
    context = {"title": _title(rows), "back": CASES.back(), "form": form, "cancel_url": CASES.url}
    context |= {"picked": [row.pk for row in rows], "rule": rule_words(rows[0].code) if _fits(rows) else ""}
    if len(rows) > MOST:
        return render(request, "orders/together.html", context | {"too_many": MOST, "picked": []})
    if sent is None or not form.is_valid():
        return render(request, "orders/together.html", context)
    return _answer(request, rows, form, context)


def _answer(request, rows, form, context):
    """The consequences; when just these were shown, the deed."""
    wanted = Together(form.cleaned_data["decision"])
    if form.cleaned_data["seen"] == _seen(wanted, rows):
        given = form.chosen if wanted is Together.ASSIGN else {}
        results = together.decide_together(
            rows, wanted, actor=request.actor, reason=form.cleaned_data["reason"], **given
        )
        return render(request, "orders/together_done.html", context | {"results": results})
    form.data = form.data.copy()
    form.data["seen"] = _seen(wanted, rows)
    found = together.preview(rows, wanted)
    return render(request, "orders/together.html", context | {"preview": found, "lines": _lines(found)})


def _seen(wanted, rows):
    return f"{wanted}:{len(rows)}:{sum(row.pk for row in rows)}"


def _fits(rows):
    return together.one_rule(rows) and len(rows) <= MOST


def _title(rows):
    return ngettext("%(n)s case together", "%(n)s cases together", len(rows)) % {"n": len(rows)}


def _lines(found):
    """What it comes to, currency by currency."""
    return [
        _("For the drivers: %(before)s → %(after)s")
        % {"before": money_text(Money(one.before, currency)), "after": money_text(Money(one.after, currency))}
        for currency, one in found.sums.items()
    ]


@requires(OrderPerm.CASE_POLICY)
def policy(request):
    """Above what change of money a second person is needed."""
    tenant = request.membership.tenant
    return form_page(
        request,
        PolicyForm(request.POST or None, initial={"second_above": selectors.policy_of(tenant.pk)}),
        title=_("Rules for cases"),
        save=lambda data: set_policy(tenant, actor=request.actor, **data),
        then=lambda _row: reverse("orders.case_policy"),
        done=_("Saved."),
        cancel_url=CASES.url,
    )
