"""A driver's wallet in full, a journal in full, and what people do to a balance."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _, pgettext

from backoffice.kit import references
from backoffice.kit.figures import money_text
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.money import Money
from backoffice.kit.pages import detail_page, form_question, requires, row_or_404
from backoffice.kit.staff import Reader
from drivers.unmasking import asking, phone_for
from finance import forms, panels, selectors, services
from finance.forms import Adjustment
from finance.models import TopUpState
from finance.permissions import FinancePerm
from finance.resources import ENTRIES, WALLETS
from finance.wording import TOP_UP_TONES, driver_words


@requires(FinancePerm.WALLET_VIEW)
def wallet(request, pk):
    """Balance, ledger history, open holds, arrears, last top-ups."""
    row = row_or_404(selectors.wallets().select_related("driver"), pk=pk)
    reader = Reader.of(request)
    return detail_page(
        request,
        "finance/wallet.html",
        title=_whose(row),
        back=WALLETS.back(),
        subtitle=row.currency,
        actions=_actions(reader, row),
        facts=[
            Fact(label, money_text(Money(figure, row.currency)))
            for label, figure in (
                (_("Cash"), row.cash),
                (_("Bonus"), row.bonus),
                (_("Held for open orders"), row.held),
                (_("Arrears"), row.arrears),
            )
        ],
        driver=_driver(reader, row.driver),
        holds=[(hold, Money(hold.amount, hold.currency)) for hold in selectors.open_holds_of(row)],
        debts=[(debt, Money(debt.open, debt.currency)) for debt in selectors.debts_of(row)],
        top_ups=[
            (top_up, Money(top_up.amount, top_up.currency), TOP_UP_TONES[TopUpState(top_up.state)])
            for top_up in selectors.top_ups_of(row)
        ]
        if reader.may(FinancePerm.TOPUP_VIEW)
        else None,
        journals=panels.of_wallet(row) if reader.may(FinancePerm.LEDGER_VIEW) else None,
        all_entries=Link(_("All entries"), f"{ENTRIES.url}?subject={row.subject}"),
    )


@requires(FinancePerm.LEDGER_VIEW)
def journal(request, pk):
    """One journal with all its lines."""
    row = row_or_404(selectors.journals().select_related("reversal_of", "reversal"), pk=pk)
    panel = panels.panels(selectors.journal_pages([row]))[0]
    return detail_page(
        request,
        "finance/journal.html",
        title=panel.title,
        back=ENTRIES.back(),
        subtitle=_("journal %(number)s") % {"number": row.pk},
        journals=[panel],
        about=_about(Reader.of(request), row),
        reverses=row.reversal_of,
        reversed_by=getattr(row, "reversal", None),
    )


@requires(FinancePerm.WALLET_ADJUST)
def adjust(request, pk):
    """Take in or pay out cash at the desk, give or take back bonus."""
    row = row_or_404(selectors.wallets().select_related("driver"), pk=pk)
    form = forms.AdjustForm(request.POST or None, currency=row.currency)
    return form_question(
        request,
        form,
        title=f"{_('Adjust the balance')} · {_whose(row)}",
        text=_("Free now: %(cash)s cash, %(bonus)s bonus.")
        % {
            "cash": money_text(Money(row.cash, row.currency)),
            "bonus": money_text(Money(row.bonus, row.currency)),
        },
        save=lambda data: _adjust(row, request.actor, **data),
        then=reverse("finance:wallet", args=[pk]),
        submit_label=_("Book"),
    )


@requires(FinancePerm.REFUND)
def pay_out(request, pk):
    """Send cash back to where it came from."""
    row = row_or_404(selectors.wallets().select_related("driver"), pk=pk)
    form = forms.MoneyForm(request.POST or None, currency=row.currency)
    return form_question(
        request,
        form,
        title=f"{_('Refund to the source')} · {_whose(row)}",
        text=_("Cash in the wallet: %(cash)s. The newest top-up goes back first.")
        % {"cash": money_text(Money(row.cash, row.currency))},
        save=lambda data: services.refund_wallet(row, actor=request.actor, **data),
        then=reverse("finance:wallet", args=[pk]),
        submit_label=_("Refund"),
    )


def _adjust(row, actor, *, kind, amount, reason, key):
    service = (
        services.adjust_balance if kind in {Adjustment.CASH_IN, Adjustment.CASH_OUT} else services.give_bonus
    )
    sign = 1 if kind in {Adjustment.CASH_IN, Adjustment.BONUS_GIVEN} else -1
    return service(row, amount=sign * amount, actor=actor, reason=reason, key=key)


def _whose(row):
    return driver_words(row.driver.name, row.driver_id)


def _actions(reader, row):
    found = []
    if reader.may(FinancePerm.WALLET_ADJUST):
        address = reverse("finance:adjust", args=[row.pk])
        found.append(Action(_("Adjust…"), address, icon="edit", asks=True))
    if reader.may(FinancePerm.REFUND):
        address = reverse("finance:pay_out", args=[row.pk])
        refused = "" if row.cash else _("There is no cash in the wallet.")
        found.append(
            Action(_("Refund to the source…"), address, icon="arrow-left", asks=True, refused=refused)
        )
    return found + asking(reader, row.driver, back=reverse("finance:wallet", args=[row.pk]))


def _driver(reader, driver):
    phone = phone_for(reader, driver)
    return [
        (pgettext("person", "Name"), driver.name or "–"),
        (_("Phone"), phone),
        (_("State"), driver.get_status_display()),
    ]


def _about(reader, row):
    return [
        (_("About"), references.cell(row.about, reader) or "–"),
        (_("Note"), row.memo or "–"),
        (_("By"), references.in_words(row.actor_ref)),
    ]
