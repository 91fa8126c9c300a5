"""Cards: handed out, changed, given to another driver."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit.frame import Action
from backoffice.kit.pages import form_page, form_question, requires, row_or_404
from backoffice.kit.staff import Reader
from drivers import forms, selectors, services
from drivers.permissions import DriverPerm
from drivers.resources import CARDS
from drivers.unmasking import phone_for
from drivers.views.drivers import page_of


@requires(DriverPerm.MANAGE)
def issue(request):
    """A new card, for the driver whose page one came from, for a phone, or for nobody yet."""
    chosen = request.GET.get("driver")
    driver = row_or_404(selectors.drivers(), pk=chosen) if chosen else None
    form = forms.NewCardForm(request.POST or None)
    if driver is not None:
        del form.fields["phone"]
    operator_id = driver.tenant_id if driver is not None else request.membership.tenant_id
    here = page_of(driver) if driver is not None else CARDS.url

    def save(data):
        fields = form.written()
        phone = fields.pop("phone", "")
        owner = driver or services.known_driver(operator_id, phone)
        return services.issue_card(operator_id, actor=request.actor, driver=owner, **fields)

    return form_page(
        request,
        form,
        title=_("Card for %(name)s") % {"name": driver} if driver else _("Issue a card"),
        save=save,
        then=lambda _card: here,
        done=_("The card is issued."),
        back=CARDS.back(),
        cancel_url=here,
    )


@requires(DriverPerm.MANAGE)
def card(request, pk):
    """What is known of a card."""
    row = row_or_404(selectors.cards().select_related("driver"), pk=pk)
    form = forms.CardForm(request.POST or None, instance=row)
    return form_page(
        request,
        form,
        title=_("Card %(number)s") % {"number": row.uid},
        save=lambda _data: services.edit_card(row, actor=request.actor, **form.written()),
        then=lambda _card: CARDS.url,
        done=_("Saved."),
        back=CARDS.back(),
        cancel_url=CARDS.url,
        template="drivers/card.html",
        card=row,
        owner=phone_for(Reader.of(request), row.driver) if row.driver else "",
        hand_over=Action(
            _("Give to another driver…"), reverse("drivers:card_driver", args=[pk]), icon="switch", asks=True
        ),
    )


@requires(DriverPerm.MANAGE)
def hand_over(request, pk):
    """The card is another driver's from now on, or nobody's."""
    row = row_or_404(selectors.cards(), pk=pk)
    return form_question(
        request,
        forms.HandOverForm(request.POST or None),
        title=_("Card %(number)s") % {"number": row.uid},
        text=_("Charges with this card are paid by its driver. What runs now is not touched."),
        save=lambda data: _give(row, data["phone"], request.actor),
        then=reverse("drivers:card", args=[pk]),
        submit_label=_("Give"),
    )


def _give(row, phone, actor):
    return services.edit_card(row, actor=actor, driver=services.known_driver(row.tenant_id, phone))
