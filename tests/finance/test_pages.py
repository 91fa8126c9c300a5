"""What people see of money, and what they do to it, each once and only with the right to."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.staff import Reader
from drivers.models import Driver
from drivers.permissions import DriverPerm
from finance import services
from finance.models import Debt, Journal, PaymentChannel, Refund, RefundState, TopUpState, Wallet
from finance.permissions import FinancePerm
from finance.resources import EntryTable
from finance.sandbox import provider
from finance.sandbox.models import Mode, RefundMode
from tenants.models import Tenant
from tests.factories.finance import ACTOR, make_top_up, make_wallet, order_ref
from tests.finance.steps import pay, payment_of
from tests.support.staff import client_for

pytestmark = pytest.mark.usefixtures("proven")


@pytest.fixture
def browser(operator: Tenant) -> Client:
    return client_for(operator, Role.FINANCE)


def url(wallet: Wallet, page: str = "") -> str:
    return f"/finance/wallets/{wallet.pk}/{page}"


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def errors(response: object) -> set[str]:
    form = response.context["form"]  # type: ignore[attr-defined]
    return set(form.errors)


def test_a_wallet_shows_its_balance_and_what_moved_it(operator: Tenant, browser: Client) -> None:
    wallet, about = make_wallet(operator, cash=10_000, bonus=500), order_ref()
    services.place_hold(wallet, amount=9000, about=about, actor=ACTOR)
    page = text(browser, url(wallet))
    for words in (
        "¥\N{NO-BREAK SPACE}15.00",
        "¥\N{NO-BREAK SPACE}90.00",
        "Order hold",
        f"Order {about.removeprefix('order:')}",
        "Cash at the desk",
    ):
        assert words in page
    journal = Journal.objects.get(about=about)
    assert "Order holds" in text(browser, f"/finance/ledger/{journal.pk}/")


def test_the_phone_of_a_driver_is_whole_only_for_those_who_may_see_it(operator: Tenant) -> None:
    wallet = make_wallet(operator)
    assert wallet.driver.phone not in text(client_for(operator, Role.FINANCE), url(wallet))
    assert wallet.driver.phone in text(client_for(operator, Role.OWNER), url(wallet))


@pytest.mark.parametrize(
    ("kind", "after"),
    [("cash_in", (1250, 100)), ("cash_out", (750, 100)), ("bonus_given", (1000, 350)), ("bonus_taken", None)],
)
def test_an_adjustment_sent_twice_is_booked_once(
    operator: Tenant, browser: Client, kind: str, after: tuple[int, int] | None
) -> None:
    wallet = make_wallet(operator, cash=1000, bonus=100)
    typed = {"kind": kind, "amount": "2.50", "reason": "counted again", "key": "one-filling"}
    answers = [browser.post(url(wallet, "adjust/"), typed) for _ in range(2)]
    wallet.refresh_from_db()
    if after is None:
        assert errors(answers[0]) == {"amount"}
        assert b"counted again" in answers[0].content
        assert (wallet.cash, wallet.bonus) == (1000, 100)
        return
    assert [answer.status_code for answer in answers] == [302, 302]
    assert (wallet.cash, wallet.bonus) == after
    assert AuditEntry.objects.filter(reason="counted again").count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"amount": ""}, "amount"),
        ({"amount": "12,5"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"amount": "-3"}, "amount"),
        ({"amount": "9" * 30}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1\x00"}, "amount"),
        ({"kind": "theft"}, "kind"),
        ({"reason": " "}, "reason"),
    ],
)
def test_nonsense_gets_a_message_at_its_field_and_moves_nothing(
    operator: Tenant, browser: Client, typed: dict[str, str], field: str
) -> None:
    wallet = make_wallet(operator, cash=1000)
    journals = Journal.objects.count()
    good = {"kind": "cash_in", "amount": "1", "reason": "found", "key": "k"}
    response = browser.post(url(wallet, "adjust/"), good | typed)
    assert response.status_code == 200
    assert errors(response) == {field}
    assert Journal.objects.count() == journals


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.AUDITOR, Role.MANAGER])
def test_whoever_may_only_look_moves_nothing(operator: Tenant, channel: PaymentChannel, role: Role) -> None:
    wallet = make_wallet(operator, cash=1000)
    top_up = make_top_up(wallet, channel)
    journals = Journal.objects.count()
    browser = client_for(operator, role)
    typed = {"kind": "cash_in", "amount": "1", "reason": "found", "key": "k"}
    for address in (
        url(wallet, "adjust/"),
        url(wallet, "refund/"),
        f"/finance/top-ups/{top_up.pk}/refund/",
        f"/finance/top-ups/{top_up.pk}/ask/",
        "/finance/channels/connect/",
        f"/finance/channels/{channel.pk}/edit/",
    ):
        assert browser.post(address, typed).status_code == 403
    assert "Adjust" not in text(browser, url(wallet))
    assert Journal.objects.count() == journals


def test_a_top_up_is_asked_about_and_refunded_from_its_page(
    operator: Tenant, channel: PaymentChannel, browser: Client
) -> None:
    wallet = make_wallet(operator)
    top_up = make_top_up(wallet, channel, 5000)
    page = f"/finance/top-ups/{top_up.pk}/"
    assert b"no news" in browser.post(f"{page}ask/", follow=True).content
    pay(top_up, Mode.SILENT)
    browser.post(f"{page}ask/")
    top_up.refresh_from_db()
    assert top_up.state == TopUpState.PAID
    typed = {"amount": "20", "reason": "charged elsewhere", "key": "one-filling"}
    assert errors(browser.post(f"{page}refund/", typed | {"amount": "50.01"})) == {"amount"}
    for _ in range(2):
        assert browser.post(f"{page}refund/", typed).status_code == 302
    refund = Refund.objects.get()
    assert refund.cash == 2000
    assert refund.number in text(browser, page)


def test_a_wallet_is_paid_out_from_its_page(
    operator: Tenant, channel: PaymentChannel, browser: Client
) -> None:
    wallet = make_wallet(operator, cash=700)
    typed = {"amount": "7", "reason": "leaves", "key": "one-filling"}
    response = browser.post(url(wallet, "refund/"), typed)
    assert errors(response) == {"amount"}
    assert "at the desk" in response.content.decode()
    assert not Refund.objects.exists()


def test_a_refused_refund_is_returned_from_the_list(
    operator: Tenant, channel: PaymentChannel, browser: Client
) -> None:
    wallet = make_wallet(operator)
    top_up = make_top_up(wallet, channel, 5000)
    pay(top_up, Mode.SILENT)
    services.ask_about(top_up.pk)
    refund = services.refund_top_up(top_up, amount=5000, reason="leaves", actor=ACTOR)
    services.send_refund(refund.pk)
    payment_of(top_up).refunds.update(mode=RefundMode.FAILS, settles_at="2020-01-01T00:00Z")
    provider.settle_due()
    services.send_refund(refund.pk)
    browser.post("/finance/refunds/do/return/", {"pk": refund.pk, "reason": "bank says no", "confirmed": "1"})
    refund.refresh_from_db()
    wallet.refresh_from_db()
    assert (refund.state, wallet.cash) == (RefundState.RETURNED, 5000)


def test_arrears_are_written_off_from_the_list(operator: Tenant, browser: Client) -> None:
    wallet, about = make_wallet(operator), order_ref()
    services.settle_hold(about, version=1, electricity=16, service=0, actor=ACTOR, wallet=wallet)
    debt = Debt.objects.get()
    browser.post("/finance/arrears/do/write-off/", {"pk": debt.pk, "reason": "goodwill", "confirmed": "1"})
    debt.refresh_from_db()
    assert (debt.open, debt.written_off) == (0, 16)


def test_an_owner_connects_a_channel_and_sets_its_limits(operator: Tenant) -> None:
    browser = client_for(operator, Role.OWNER)
    browser.post("/finance/channels/connect/", {"name": "Test money"})
    channel = PaymentChannel.objects.get()
    page = f"/finance/channels/{channel.pk}/"
    shown = text(browser, page)
    assert channel.merchant in shown
    assert "PRIVATE" not in shown
    assert channel.secrets not in shown
    typed = {"name": "Test money", "minimum": "5", "maximum": "4"}
    assert errors(browser.post(f"{page}edit/", typed)) == {"maximum"}
    assert browser.post(f"{page}edit/", typed | {"maximum": "500"}).status_code == 302
    channel.refresh_from_db()
    assert (channel.minimum, channel.maximum) == (500, 50_000)


def test_a_tenant_with_money_is_not_closed(operator: Tenant, channel: PaymentChannel) -> None:
    make_top_up(make_wallet(operator, cash=100), channel)
    dealer = client_for(operator.parent, Role.OWNER)
    response = dealer.post(f"/tenants/{operator.pk}/close/", {"reason": "contract ended"}, follow=True)
    operator.refresh_from_db()
    assert operator.status == "active"
    page = response.content.decode()
    assert "1 wallet holds or owes money" in page and "1 payment is on its way" in page


def test_the_ledger_calls_a_driver_by_name_before_those_who_may_know_it(operator: Tenant) -> None:
    named, nameless = make_wallet(operator, cash=100), make_wallet(operator, cash=100)
    for wallet, name in ((named, "Zhou Mei"), (nameless, "")):
        Driver.objects.filter(pk=wallet.driver_id).update(name=name)
    page = text(client_for(operator, Role.FINANCE), reverse("finance.entries"))
    assert "Zhou Mei" in page and f"Driver {named.driver_id}<" not in page
    assert f"Driver {nameless.driver_id}<" in page

    whose: Any = EntryTable.base_columns["account"].second
    values = [named.subject, "Zhou Mei"]
    grants = {DriverPerm.VIEW: "Zhou Mei", FinancePerm.LEDGER_VIEW: f"Driver {named.driver_id}"}
    for perm, words in grants.items():
        assert whose.words(values, Reader(ACTOR, frozenset({perm}), "CNY")) == words
