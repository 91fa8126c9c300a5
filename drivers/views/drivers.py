"""One driver in full, and what staff do with the account."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _, pgettext

from backoffice.kit import cells
from backoffice.kit.frame import Action, Fact, Link
from backoffice.kit.pages import detail_page, form_page, form_question, requires, row_or_404
from backoffice.kit.staff import Reader
from drivers import forms, hooks, selectors, services
from drivers.models import CardStatus, DriverStatus, SmsState
from drivers.permissions import DriverPerm
from drivers.resources import CARD_TONES, DRIVER_TONES, DRIVERS, SMS_TONES
from drivers.unmasking import asking, phone_for

LATEST = 10


def page_of(driver):
    return reverse("drivers:driver", args=[driver.pk])


@requires(DriverPerm.VIEW)
def driver(request, pk):
    """Account, cards, where it is signed in, what was sent, and what other rooms know."""
    row = row_or_404(selectors.drivers(), pk=pk)
    reader = Reader.of(request)
    parts = sorted(hooks.driver_parts(row, reader), key=lambda part: part.order)
    messages = selectors.messages_to(row.phone)[:LATEST] if reader.may(DriverPerm.SMS_VIEW) else None
    return detail_page(
        request,
        "drivers/driver.html",
        title=row.name or phone_for(reader, row),
        back=DRIVERS.back(),
        badges=[(row.get_status_display(), DRIVER_TONES[DriverStatus(row.status)])],
        subtitle=phone_for(reader, row) if row.name else "",
        actions=_actions(row, reader),
        facts=[*_facts(row), *(fact for part in parts for fact in part.facts)],
        driver=row,
        parts=parts,
        cards=[(card, CARD_TONES[CardStatus(card.status)]) for card in selectors.cards_of(pk)],
        may_manage=reader.may(DriverPerm.MANAGE),
        sessions=selectors.sessions_of(pk)[:LATEST],
        messages_sent=messages and [(message, SMS_TONES[SmsState(message.state)]) for message in messages],
    )


@requires(DriverPerm.MANAGE)
def create(request):
    """An account for somebody who has none."""
    return form_page(
        request,
        forms.NewDriverForm(request.POST or None),
        title=_("New driver"),
        save=lambda data: services.create_driver(request.membership.tenant_id, actor=request.actor, **data),
        then=page_of,
        done=_("The account is open."),
        back=DRIVERS.back(),
        cancel_url=DRIVERS.url,
    )


@requires(DriverPerm.MANAGE)
def edit(request, pk):
    """Name, language, and whether several vehicles may charge at once."""
    row = row_or_404(selectors.drivers(), pk=pk)
    return form_page(
        request,
        forms.DriverForm(request.POST or None, instance=row),
        title=_("Edit %(name)s") % {"name": row},
        save=lambda data: services.edit_driver(row, actor=request.actor, **data),
        then=page_of,
        done=_("Saved."),
        back=Link(str(row), page_of(row)),
        cancel_url=page_of(row),
    )


@requires(DriverPerm.MANAGE)
def change_phone(request, pk):
    """The account moves to another number, with its money and history."""
    row = row_or_404(selectors.drivers(), pk=pk)
    return form_question(
        request,
        forms.PhoneForm(request.POST or None),
        title=_("New phone for %(name)s") % {"name": row},
        text=_("The account with its money and cards belongs to the new number from now on."),
        consequences=[_("Every browser that is signed in is signed out.")],
        save=lambda data: services.change_phone(row, actor=request.actor, **data),
        then=page_of(row),
        submit_label=_("Change the phone"),
    )


def _actions(row, reader):
    asked = asking(reader, row, back=page_of(row))
    if not reader.may(DriverPerm.MANAGE):
        return asked
    new_card = f"{reverse('drivers:card_new')}?driver={row.pk}"
    return [
        *asked,
        Action(_("Edit"), reverse("drivers:edit", args=[row.pk]), icon="edit", get=True),
        Action(_("New phone…"), reverse("drivers:phone", args=[row.pk]), icon="switch", asks=True),
        Action(_("Issue a card"), new_card, icon="card", get=True),
        *DRIVERS.buttons(row, reader),
    ]


def _facts(row):
    return [
        Fact(_("Account since"), cells.when(row.created_at)),
        Fact(pgettext("person", "Last seen"), cells.ago(row.last_seen_at) if row.last_seen_at else "–"),
        Fact(_("At once"), _("Several vehicles") if row.several_at_once else _("One vehicle")),
    ]
