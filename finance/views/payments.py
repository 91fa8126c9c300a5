"""A top-up in full, what goes back of it, and operators' channels."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.kit.figures import money_text
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.money import Money
from backoffice.kit.pages import detail_page, form_page, form_question, requires, row_or_404
from backoffice.kit.staff import Reader
from finance import forms, panels, selectors, services
from finance.models import RefundState, TopUpState
from finance.permissions import FinancePerm
from finance.resources import CHANNELS, TOP_UPS
from finance.wording import REFUND_TONES, TOP_UP_TONES, outcome_words


@requires(FinancePerm.TOPUP_VIEW)
def top_up(request, pk):
    """Where a payment stands, what the channel said about it, what went back."""
    row = row_or_404(selectors.top_ups().select_related("wallet__driver", "channel"), pk=pk)
    reader = Reader.of(request)
    return detail_page(
        request,
        "finance/top_up.html",
        title=row.number,
        back=TOP_UPS.back(),
        badges=[(row.get_state_display(), TOP_UP_TONES[TopUpState(row.state)])],
        actions=_actions(reader, row),
        facts=[
            Fact(_("Amount"), money_text(Money(row.amount, row.currency))),
            Fact(_("Refunded"), money_text(Money(row.refunded, row.currency))),
            Fact(_("Channel"), row.channel.name, note=row.channel_ref, big=False),
        ],
        top_up=row,
        refunds=[
            (refund, Money(refund.cash, refund.currency), REFUND_TONES[RefundState(refund.state)])
            for refund in selectors.refunds_of(row)
        ],
        notices=_notices(selectors.notices_about(f"topup:{row.number}")),
        journals=panels.about(f"topup:{row.number}") if reader.may(FinancePerm.LEDGER_VIEW) else None,
    )


@requires(FinancePerm.REFUND)
@require_POST
def ask_channel(request, pk):
    """Ask the channel now what became of a payment."""
    row = row_or_404(selectors.top_ups(), pk=pk)
    before = row.state
    after = services.ask_about(row.pk)
    if after.state == before == TopUpState.PENDING:
        messages.info(request, _("The channel has no news."))
    return HttpResponseRedirect(reverse("finance:top_up", args=[pk]))


@requires(FinancePerm.REFUND)
def refund(request, pk):
    """Send money of a top-up back to its source."""
    row = row_or_404(selectors.top_ups().select_related("wallet"), pk=pk)
    page = reverse("finance:top_up", args=[pk])
    limit = min(row.refundable, row.wallet.cash)
    return form_question(
        request,
        forms.MoneyForm(request.POST or None, currency=row.currency),
        title=f"{_('Refund to the source')} · {row.number}",
        text=_("At most %(limit)s: what is left of it, and in the wallet.")
        % {"limit": money_text(Money(limit, row.currency))},
        save=lambda data: services.refund_top_up(row, actor=request.actor, **data),
        then=page,
        submit_label=_("Refund"),
    )


@requires(FinancePerm.CHANNEL_MANAGE)
def channel(request, pk):
    """A contract with a provider and the last it reported. Its secrets are never shown."""
    row = row_or_404(selectors.channels(), pk=pk)
    reader = Reader.of(request)
    return detail_page(
        request,
        "finance/channel.html",
        title=row.name,
        back=CHANNELS.back(),
        badges=[(_("In use"), "charging") if row.enabled else (_("Out of use"), "offline")],
        subtitle=row.get_kind_display(),
        actions=[
            Action(_("Edit"), reverse("finance:channel_edit", args=[row.pk]), icon="edit", get=True),
            *CHANNELS.buttons(row, reader),
        ],
        profile=[
            (_("Merchant number"), row.merchant),
            (_("Smallest top-up"), money_text(Money(row.minimum, row.currency))),
            (_("Largest top-up"), money_text(Money(row.maximum, row.currency))),
            (_("Address for reports"), services.notify_url(row)),
            (_("Keys of the provider"), ", ".join(sorted(row.platform_keys)) or "–"),
        ],
        notices=_notices(selectors.notices_of(row)),
    )


@requires(FinancePerm.CHANNEL_MANAGE)
def channel_edit(request, pk):
    """Name and limits."""
    row = row_or_404(selectors.channels(), pk=pk)
    page = reverse("finance:channel", args=[pk])
    initial = {
        "name": row.name,
        "minimum": Money(row.minimum, row.currency).decimal,
        "maximum": Money(row.maximum, row.currency).decimal,
    }
    return form_page(
        request,
        forms.ChannelForm(request.POST or None, currency=row.currency, initial=initial),
        title=_("Edit %(name)s") % {"name": row.name},
        save=lambda data: services.edit_channel(row, actor=request.actor, **data),
        then=lambda _row: page,
        done=_("Saved."),
        back=Link(row.name, page),
        cancel_url=page,
    )


@requires(FinancePerm.CHANNEL_MANAGE)
def connect(request):
    """Sign up at the sandbox."""
    if not settings.SANDBOX_PAYMENTS:
        raise Http404
    return form_page(
        request,
        forms.ConnectForm(request.POST or None),
        title=_("Connect the sandbox"),
        save=lambda data: services.connect_sandbox(
            request.membership.tenant_id,
            currency=request.locality.currency,
            name=data["name"],
            actor=request.actor,
        ),
        then=lambda row: reverse("finance:channel", args=[row.pk]),
        done=_("Connected. Drivers can pay now."),
        back=CHANNELS.back(),
        cancel_url=CHANNELS.url,
    )


def _actions(reader, row):
    found = []
    if reader.may(FinancePerm.REFUND) and row.state == TopUpState.PENDING:
        address = reverse("finance:ask_channel", args=[row.pk])
        found.append(Action(_("Ask the channel"), address, icon="refresh"))
    if reader.may(FinancePerm.REFUND) and row.state == TopUpState.PAID:
        refused = "" if min(row.refundable, row.wallet.cash) else _("Nothing of it is left in the wallet.")
        address = reverse("finance:refund", args=[row.pk])
        found.append(
            Action(_("Refund to the source…"), address, icon="arrow-left", asks=True, refused=refused)
        )
    return found


def _notices(rows):
    return [(row, outcome_words(row.outcome)) for row in rows]
