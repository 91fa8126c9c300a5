"""The lists of drivers, their cards, and what was sent to phones."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import cells, clock
from backoffice.kit.frame import Empty, Tone
from backoffice.kit.lists import (
    ListFilters,
    ListTable,
    PageAction,
    Place,
    Resource,
    RowAction,
    columns,
    filters,
)
from drivers import selectors, services
from drivers.models import Card, CardStatus, Driver, DriverStatus, SmsMessage, SmsPurpose, SmsState
from drivers.permissions import DriverPerm

DRIVER_TONES: dict[DriverStatus, Tone] = {DriverStatus.ACTIVE: "charging", DriverStatus.BLOCKED: "fault"}
CARD_TONES: dict[CardStatus, Tone] = {
    CardStatus.ACTIVE: "charging",
    CardStatus.BLOCKED: "fault",
    CardStatus.LOST: "offline",
}
SMS_TONES: dict[SmsState, Tone] = {
    SmsState.QUEUED: "waiting",
    SmsState.SENDING: "waiting",
    SmsState.SENT: "charging",
    SmsState.DELIVERED: "charging",
    SmsState.FAILED: "fault",
}


class Account(columns.Phone):
    """The phone that names an account, as the link to it."""

    css = "c-name"

    def bind(self, name, model):
        super().bind(name, model)
        self.own = (*self.own, "pk")

    def html(self, values, reader, second):
        return cells.link(
            cells.phone(str(self.words(values, reader))), reverse("drivers:driver", args=[values[-1]]), second
        )


class HasCard(filters.Text):
    """Drivers by the number of a card."""

    def condition(self, value):
        return selectors.has_card(value)


BLOCK_DRIVER = RowAction(
    name="block",
    label=_("Block…"),
    run=services.block_driver,
    perm=DriverPerm.MANAGE,
    icon="lock",
    tone="warn",
    reason=True,
    bulk=True,
    text=_(
        "No new charge starts, with cards neither. What runs ends normally; the money stays the driver's."
    ),
    done=_("Blocked."),
    hidden=lambda row: row.status != DriverStatus.ACTIVE,
    needs=("status",),
)
UNBLOCK_DRIVER = RowAction(
    name="unblock",
    label=_("Unblock…"),
    run=services.unblock_driver,
    perm=DriverPerm.MANAGE,
    icon="unlock",
    reason=True,
    bulk=True,
    done=_("Unblocked."),
    hidden=lambda row: row.status != DriverStatus.BLOCKED,
    needs=("status",),
)
SIGN_OUT = RowAction(
    name="sign-out",
    label=_("Sign out everywhere…"),
    run=services.end_sessions,
    perm=DriverPerm.MANAGE,
    icon="sign-out",
    reason=True,
    text=_("Every browser asks for a new code. A charge that runs goes on."),
    done=_("Signed out."),
)


class DriverTable(ListTable):
    phone = Account(head=_("Account"), see=DriverPerm.SEE_PHONE, second=columns.Text("name"))
    status = columns.Badge(tones=DRIVER_TONES, second=columns.Text("blocked_reason"))
    cards_active = columns.Number(head=_("Cards"))
    several_at_once = columns.YesNo(head=_("Several at once"), shown=False)
    locale = columns.Text(shown=False)
    last_seen_at = columns.Ago(sort=True)
    created_at = columns.When(sort=True)


class DriverFilters(ListFilters):
    account = filters.Phone("phone", "name", see=DriverPerm.SEE_PHONE, label=_("Phone or name"))
    card = HasCard("pk", label=_("Card number"))
    status = filters.Choice()
    created_at = filters.Period()
    last_seen_at = filters.Period()


DRIVERS = Resource(
    name="drivers",
    path="drivers/",
    title=_("Drivers"),
    model=Driver,
    rows=selectors.drivers_listed,
    table=DriverTable,
    filters=DriverFilters,
    view=DriverPerm.VIEW,
    export=DriverPerm.EXPORT,
    label="phone",
    order=("-created_at", "-id"),
    detail="drivers:driver",
    menu=Place("users", 10),
    actions=(BLOCK_DRIVER, UNBLOCK_DRIVER, SIGN_OUT),
    page_actions=(PageAction(label=_("New driver"), to="drivers:create", perm=DriverPerm.MANAGE),),
    empty=Empty(_("No driver yet"), _("An account opens by itself when somebody signs in at a pile.")),
)

BLOCK_CARD = RowAction(
    name="block",
    label=_("Block…"),
    run=services.block_card,
    perm=DriverPerm.MANAGE,
    icon="lock",
    tone="warn",
    reason=True,
    bulk=True,
    text=_("Piles refuse it from their next question on."),
    done=_("Blocked."),
    hidden=lambda row: row.status != CardStatus.ACTIVE,
    needs=("status",),
)
LOSE_CARD = RowAction(
    name="lose",
    label=_("Report lost…"),
    run=services.lose_card,
    perm=DriverPerm.MANAGE,
    icon="warning",
    tone="warn",
    reason=True,
    text=_("Piles refuse it from their next question on."),
    done=_("Reported lost."),
    hidden=lambda row: row.status == CardStatus.LOST,
    needs=("status",),
)
UNBLOCK_CARD = RowAction(
    name="unblock",
    label=_("Let work again…"),
    run=services.unblock_card,
    perm=DriverPerm.MANAGE,
    icon="unlock",
    reason=True,
    bulk=True,
    done=_("Works again."),
    hidden=lambda row: row.status == CardStatus.ACTIVE,
    needs=("status",),
)


class CardTable(ListTable):
    uid = columns.Link(
        to="drivers:card",
        to_perm=DriverPerm.MANAGE,
        sort=("uid_folded", "pk"),
        second=columns.Text("visual_number"),
    )
    driver = columns.Phone(
        "driver__phone",
        head=_("Driver"),
        see=DriverPerm.SEE_PHONE,
        second=columns.Text("driver__name", head=pgettext_lazy("person", "Name")),
    )
    status = columns.Badge(tones=CARD_TONES)
    parent_id_tag = columns.Text()
    expires_at = columns.When(sort=True)
    created_at = columns.When(sort=True)


class CardFilters(ListFilters):
    number = filters.Search("uid", "visual_number", label=_("Card number"))
    driver = filters.Phone(
        "driver__phone", "driver__name", see=DriverPerm.SEE_PHONE, label=_("Phone or name of the driver")
    )
    status = filters.Choice()
    parent_id_tag = filters.Text()
    more = filters.Cases(
        {
            "free": (_("Nobody's"), lambda: Q(driver__isnull=True)),
            "soon": (
                _("Expires within 30 days"),
                lambda: Q(expires_at__range=(clock.now(), clock.now() + timedelta(days=30))),
            ),
            "over": (_("Has expired"), lambda: Q(expires_at__lte=clock.now())),
        },
        label=_("More"),
    )


CARDS = Resource(
    name="cards",
    path="cards/",
    title=_("Cards"),
    model=Card,
    rows=selectors.cards,
    table=CardTable,
    filters=CardFilters,
    view=DriverPerm.VIEW,
    export=DriverPerm.EXPORT,
    label="uid",
    order=("-created_at", "-id"),
    menu=Place("users", 20),
    actions=(BLOCK_CARD, LOSE_CARD, UNBLOCK_CARD),
    page_actions=(PageAction(label=_("Issue a card"), to="drivers:card_new", perm=DriverPerm.MANAGE),),
    empty=Empty(_("No card yet"), _("Piles let a card charge once it is issued here.")),
)


class SmsTable(ListTable):
    created_at = columns.When(sort=True)
    phone = columns.Phone(see=DriverPerm.SEE_PHONE)
    purpose = columns.Text()
    text = columns.Text(css="c-wide")
    parts = columns.Number(total=True)
    state = columns.Badge(tones=SMS_TONES, second=columns.Text("error"))
    sent_at = columns.When(shown=False)
    attempts = columns.Number(shown=False)
    about = columns.About(shown=False)


class SmsFilters(ListFilters):
    phone = filters.Phone(see=DriverPerm.SEE_PHONE)
    purpose = filters.Choice(choices=SmsPurpose)
    state = filters.Choice(choices=SmsState)
    created_at = filters.Period()


SMS_LOG = Resource(
    name="sms",
    path="store/sms/",
    title=_("SMS log"),
    model=SmsMessage,
    rows=selectors.messages,
    table=SmsTable,
    filters=SmsFilters,
    view=DriverPerm.SMS_VIEW,
    export=DriverPerm.EXPORT,
    label="text",
    order=("-created_at", "-id"),
    menu=Place("store", 30),
    empty=Empty(_("No message was sent"), _("Sign-in codes and receipts appear here as they leave.")),
)
