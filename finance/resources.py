"""The lists of the money room."""

from __future__ import annotations

from functools import partial

from django.db.models import Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.frame import Empty
from backoffice.kit.lists import (
    ListFilters,
    ListTable,
    PageAction,
    Place,
    Resource,
    RowAction,
    Tab,
    columns,
    filters,
)
from drivers.permissions import DriverPerm
from finance import selectors, services
from finance.models import (
    AccountKind,
    Debt,
    PaymentChannel,
    Posting,
    Refund,
    RefundKind,
    RefundState,
    TopUp,
    TopUpState,
    Wallet,
)
from finance.permissions import FinancePerm
from finance.wording import EVENTS, REFUND_TONES, TOP_UP_TONES, driver_words, event_words

IN_USE = {True: _("In use"), False: _("Out of use")}


def driver_column(path, **options):
    """The driver's name, a link to the wallet, and the phone for those who may see it."""
    return columns.Link(
        f"{path}driver__name",
        f"{path}driver__id",
        to="finance:wallet",
        key=f"{path}id",
        to_perm=FinancePerm.WALLET_VIEW,
        head=_("Driver"),
        show=driver_words,
        second=columns.Phone(f"{path}driver__phone", see=DriverPerm.SEE_PHONE),
        **options,
    )


class WalletTable(ListTable):
    driver = driver_column("")
    cash = columns.Money(sort=True, total=True)
    bonus = columns.Money(sort=True, total=True)
    held = columns.Money(sort=True, total=True)
    arrears = columns.Money(sort=True, total=True)
    updated_at = columns.When(sort=True)


class WalletFilters(ListFilters):
    driver = filters.Phone("driver__phone", "driver__name", see=DriverPerm.SEE_PHONE, label=_("Driver"))
    kind = filters.Cases(
        {
            "money": (_("With money"), lambda: Q(cash__gt=0) | Q(bonus__gt=0)),
            "held": (_("With open holds"), lambda: Q(held__gt=0)),
            "owing": (_("In arrears"), lambda: Q(arrears__gt=0)),
            "empty": (_("Empty"), lambda: Q(cash=0, bonus=0, held=0, arrears=0)),
        },
        label=_("Balance"),
    )
    cash = filters.Amount()


WALLETS = Resource(
    name="finance.wallets",
    path="finance/wallets/",
    title=_("Drivers' wallets"),
    model=Wallet,
    rows=selectors.wallets,
    table=WalletTable,
    filters=WalletFilters,
    view=FinancePerm.WALLET_VIEW,
    export=FinancePerm.EXPORT,
    label="driver__name",
    order=("-updated_at", "-id"),
    detail="finance:wallet",
    menu=Place("finance", 40),
    empty=Empty(_("No wallet yet"), _("A driver's wallet is opened with the first top-up or charge.")),
)


class DebtTable(ListTable):
    about = columns.About(css="c-name", head=_("Order"))
    driver = driver_column("wallet__", css="c-who")
    amount = columns.Money(head=_("Left unpaid"), total=True)
    paid = columns.Money(head=_("Paid since"), total=True)
    written_off = columns.Money(total=True)
    still_owed = columns.Money(head=_("Still owed"), total=True)
    created_at = columns.When(sort=True)


class DebtFilters(ListFilters):
    about = filters.Text(label=_("Order"))
    driver = filters.Phone(
        "wallet__driver__phone", "wallet__driver__name", see=DriverPerm.SEE_PHONE, label=_("Driver")
    )
    created_at = filters.Period()


def _write_off(debt, *, actor, reason):
    return services.write_off_arrears(debt.about, actor=actor, reason=reason)


WRITE_OFF = RowAction(
    name="write-off",
    label=_("Write off…"),
    run=_write_off,
    perm=FinancePerm.WALLET_ADJUST,
    icon="close-circle",
    tone="warn",
    reason=True,
    bulk=True,
    text=_("The driver owes this no more and may charge again. It cannot be undone."),
    done=_("Written off."),
    hidden=lambda row: row.amount <= row.paid + row.written_off,
    needs=("amount", "paid", "written_off"),
)

DEBTS = Resource(
    name="finance.debts",
    path="finance/arrears/",
    title=_("Arrears"),
    model=Debt,
    rows=selectors.debts,
    table=DebtTable,
    filters=DebtFilters,
    view=FinancePerm.WALLET_VIEW,
    export=FinancePerm.EXPORT,
    label="about",
    order=("-created_at", "-id"),
    menu=Place("finance", 41),
    tabs=(
        Tab(name="owed", label=_("Still owed"), rows=lambda: Q(still_owed__gt=0), kind="warn"),
        Tab(name="done", label=_("Paid or written off"), rows=lambda: Q(still_owed=0)),
    ),
    actions=(WRITE_OFF,),
    empty=Empty(_("Nobody owes anything"), _("Arrears come from charges that cost more than was set aside.")),
)


class Subject(columns.About):
    """Whose an account is: a driver by his name, before those who may know it."""

    def words(self, values, reader):
        _subject, name = values
        return name if name and reader.may(DriverPerm.VIEW) else super().words(values, reader)


class EntryTable(ListTable):
    event = columns.Link(
        "journal__event_type",
        to="finance:journal",
        key="journal__id",
        head=_("Event"),
        show=event_words,
        second=columns.About("journal__about"),
    )
    account = columns.Text("account__kind", second=Subject("account__subject", "driver_name"))
    in_debit = columns.Money(head=_("Debit"), total=True)
    in_credit = columns.Money(head=_("Credit"), total=True)
    at = columns.When(sort=True)
    key = columns.Text("journal__event_key", shown=False)
    memo = columns.Text("journal__memo", shown=False)
    by = columns.About("journal__actor_ref", head=_("By"), shown=False)


class EntryFilters(ListFilters):
    about = filters.Text("journal__about", label=_("About"))
    at = filters.Period()
    account = filters.Choice("account__kind", choices=AccountKind, label=pgettext_lazy("ledger", "Account"))
    event = filters.Choice("journal__event_type", choices=EVENTS, label=_("Event"))
    subject = filters.Text("account__subject", label=_("Of"))


ENTRIES = Resource(
    name="finance.entries",
    path="finance/ledger/",
    title=_("Ledger entries"),
    model=Posting,
    rows=selectors.named_postings,
    table=EntryTable,
    filters=EntryFilters,
    view=FinancePerm.LEDGER_VIEW,
    export=FinancePerm.EXPORT,
    label="journal__event_type",
    order=("-at", "-id"),
    menu=Place("finance", 70),
    empty=Empty(_("Nothing is posted yet"), _("Every top-up, charge and refund is posted here, in and out.")),
)


class TopUpTable(ListTable):
    number = columns.Link(to="finance:top_up", second=columns.Text("channel__name", head=_("Channel")))
    driver = driver_column("wallet__", css="c-who")
    amount = columns.Money(sort=True, total=True)
    refunded = columns.Money(total=True)
    state = columns.Badge(tones=TOP_UP_TONES)
    channel_ref = columns.Text(shown=False)
    created_at = columns.When(sort=True)
    paid_at = columns.When(sort=True)


class TopUpFilters(ListFilters):
    number = filters.Search("number", "channel_ref", label=_("Number"))
    driver = filters.Phone(
        "wallet__driver__phone", "wallet__driver__name", see=DriverPerm.SEE_PHONE, label=_("Driver")
    )
    state = filters.Choice(choices=TopUpState)
    created_at = filters.Period()
    amount = filters.Amount()


TOP_UPS = Resource(
    name="finance.top_ups",
    path="finance/top-ups/",
    title=_("Top-ups"),
    model=TopUp,
    rows=selectors.top_ups,
    table=TopUpTable,
    filters=TopUpFilters,
    view=FinancePerm.TOPUP_VIEW,
    export=FinancePerm.EXPORT,
    label="number",
    order=("-created_at", "-id"),
    detail="finance:top_up",
    menu=Place("finance", 50),
    empty=Empty(
        _("No top-up yet"), _("Drivers top up on their phones; a payment channel must be connected.")
    ),
)


class RefundTable(ListTable):
    number = columns.Text(css="c-name", second=columns.Text("kind"))
    driver = driver_column("wallet__", css="c-who")
    about = columns.About(second=columns.Text("reason"))
    cash = columns.Money(total=True)
    bonus = columns.Money(total=True)
    state = columns.Badge(tones=REFUND_TONES, second=columns.Text("error"))
    actor_label = columns.Text()
    channel_ref = columns.Text(shown=False)
    created_at = columns.When(sort=True)
    confirmed_at = columns.When()


class RefundFilters(ListFilters):
    number = filters.Search("number", "about", "channel_ref", label=_("Number"))
    driver = filters.Phone(
        "wallet__driver__phone", "wallet__driver__name", see=DriverPerm.SEE_PHONE, label=_("Driver")
    )
    state = filters.Choice(choices=RefundState)
    kind = filters.Choice(choices=RefundKind)
    created_at = filters.Period()


RETURN = RowAction(
    name="return",
    label=_("Return to the wallet…"),
    run=services.return_refund,
    perm=FinancePerm.REFUND,
    icon="arrow-left",
    tone="warn",
    reason=True,
    text=_("The channel refused to pay it out. It is asked once more, then the money is the driver's again."),
    done=_("Returned to the wallet."),
    hidden=lambda row: (row.kind, row.state) != (RefundKind.TOP_UP, RefundState.FAILED),
    needs=("kind", "state"),
)

REFUNDS = Resource(
    name="finance.refunds",
    path="finance/refunds/",
    title=_("Refunds"),
    model=Refund,
    rows=selectors.refunds,
    table=RefundTable,
    filters=RefundFilters,
    view=FinancePerm.TOPUP_VIEW,
    export=FinancePerm.EXPORT,
    label="number",
    order=("-created_at", "-id"),
    menu=Place("finance", 51),
    actions=(RETURN,),
    empty=Empty(_("No refund yet"), _("Orders are refunded on their own pages, top-ups on theirs.")),
)


class ChannelTable(ListTable):
    name = columns.Link(to="finance:channel", second=columns.Text("kind"), sort=True)
    merchant = columns.Text()
    minimum = columns.Money()
    maximum = columns.Money()
    enabled = columns.Badge(choices=IN_USE, tones={True: "charging", False: "offline"}, head=_("State"))
    created_at = columns.When(sort=True)


DISABLE = RowAction(
    name="disable",
    label=_("Take out of use…"),
    run=partial(services.switch_channel, enabled=False),
    perm=FinancePerm.CHANNEL_MANAGE,
    icon="lock",
    tone="warn",
    reason=True,
    text=_("What was begun through it is finished; nothing new begins."),
    done=_("Out of use."),
    hidden=lambda row: not row.enabled,
    needs=("enabled",),
)
ENABLE = RowAction(
    name="enable",
    label=_("Take into use…"),
    run=partial(services.switch_channel, enabled=True),
    perm=FinancePerm.CHANNEL_MANAGE,
    icon="play",
    reason=True,
    done=_("In use."),
    hidden=lambda row: row.enabled,
    needs=("enabled",),
)

CHANNELS = Resource(
    name="finance.channels",
    path="finance/channels/",
    title=_("Payment channels"),
    model=PaymentChannel,
    rows=selectors.channels,
    table=ChannelTable,
    view=FinancePerm.CHANNEL_MANAGE,
    label="name",
    order=("name", "id"),
    detail="finance:channel",
    menu=Place("payment", 10, label=_("Payment settings")),
    actions=(DISABLE, ENABLE),
    page_actions=(
        PageAction(label=_("Connect the sandbox"), to="finance:connect", perm=FinancePerm.CHANNEL_MANAGE),
    ),
    empty=Empty(_("No payment channel yet"), _("Drivers cannot pay until one is connected.")),
)

ALL = (WALLETS, DEBTS, TOP_UPS, REFUNDS, ENTRIES, CHANNELS)
