"""Sign-in by a code that came as an SMS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.scope import ScopeError, unscoped
from drivers import services
from drivers.models import Driver, DriverSession, SmsCode, SmsMessage
from drivers.selectors import session_by_token
from drivers.services import TooOften, sweeps
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.drivers.conftest import Sent
from tests.factories.drivers import make_driver
from tests.factories.tenants import make_tenant
from tests.support.together import errors, together

pytestmark = pytest.mark.usefixtures("everything", "sent")

PHONE = "+8613812341234"
HERE = "browser-of-the-driver"


def ask(operator: Tenant, phone: str = PHONE, browser: str = HERE, ip: str = "") -> str:
    """Ask for a code; the code that was sent."""
    services.issue_code(operator.pk, phone=phone, browser=browser, ip=ip)
    return code_in(SmsMessage.objects.latest("pk"))


def code_in(message: SmsMessage) -> str:
    found = re.search(r"\d{6}", services.messages.BOX.unseal(message.sealed))
    assert found
    return found.group()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.fixture
def noon() -> Iterator[datetime]:
    """The clock stands, so that limits can be met to the second."""
    at = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
    with clock.frozen(at):
        yield at


def test_a_code_signs_in_opens_the_account_and_is_good_once(operator: Tenant) -> None:
    code = ask(operator, phone="138 1234 1234")
    sign_in = services.sign_in(
        operator.pk, phone="13812341234", browser=HERE, code=code, ip="203.0.113.7", locale="zh-hans"
    )

    session = session_by_token(sign_in.token)
    assert session is not None and session.driver == sign_in.driver
    assert (session.driver.phone, session.driver.tenant_id) == (PHONE, operator.pk)
    with pytest.raises(Refused):
        services.sign_in(operator.pk, phone=PHONE, browser=HERE, code=code)
    assert DriverSession.objects.count() == 1


def test_a_code_typed_with_blanks_or_full_width_digits_is_right(operator: Tenant) -> None:
    code = ask(operator)
    typed = " ".join([code[:3], code[3:]]).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=typed) == PHONE


@pytest.mark.parametrize("attempt", ["browser", "phone", "operator", "code", "nothing", "long"])
def test_a_code_is_good_only_for_its_phone_operator_and_browser(operator: Tenant, attempt: str) -> None:
    other = make_tenant(make_tenant(make_tenant()))
    code = ask(operator)
    at = {"operator": other.pk}.get(attempt, operator.pk)
    with pytest.raises(Refused) as refused:
        services.verify_code(
            at,
            phone="+8613912341234" if attempt == "phone" else PHONE,
            browser="another" if attempt == "browser" else HERE,
            code={"code": wrong(code), "nothing": "", "long": code * 1000}.get(attempt, code),
        )

    assert refused.value.field == "code"
    assert not DriverSession.objects.exists() and not Driver.objects.exists()
    assert services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=code) == PHONE


def test_five_wrong_tries_spoil_a_code_and_every_one_of_them_is_kept(operator: Tenant) -> None:
    code = ask(operator)
    for _ in range(5):
        with pytest.raises(Refused):
            services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=wrong(code))

    with pytest.raises(Refused) as refused:
        services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=code)
    assert refused.value.code == "tries"
    assert SmsCode.objects.get().tries == 5 and SmsCode.objects.get().used_at is None


def test_a_code_is_good_for_five_minutes(operator: Tenant, noon: datetime) -> None:
    code = ask(operator)
    with clock.frozen(noon + timedelta(minutes=5)), pytest.raises(Refused) as refused:
        services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=code)
    assert refused.value.code == "expired"
    with clock.frozen(noon + timedelta(minutes=4, seconds=59)):
        services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=code)


def test_only_the_newest_code_of_a_browser_counts(operator: Tenant, noon: datetime) -> None:
    old = ask(operator)
    with clock.frozen(noon + timedelta(seconds=60)):
        new = ask(operator)
        if old != new:
            with pytest.raises(Refused):
                services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=old)
        services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=new)


def test_somebody_elses_request_does_not_spoil_the_code_in_my_browser(
    operator: Tenant, noon: datetime
) -> None:
    mine = ask(operator)
    with clock.frozen(noon + timedelta(seconds=60)):
        ask(operator, browser="a stranger's")
        assert services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=mine) == PHONE


def test_the_answer_tells_nobody_who_has_an_account(operator: Tenant, noon: datetime) -> None:
    make_driver(operator, phone="+8613900000000")
    known = services.issue_code(operator.pk, phone="+8613900000000", browser=HERE)
    unknown = services.issue_code(operator.pk, phone=PHONE, browser=HERE)

    assert (known.expires_at, known.again_at) == (unknown.expires_at, unknown.again_at)
    texts = {re.sub("[•0-9]", "", text) for text in SmsMessage.objects.values_list("text", flat=True)}
    assert len(texts) == 1


def test_neither_the_log_nor_the_database_holds_the_code(operator: Tenant) -> None:
    code = ask(operator)
    message, row = SmsMessage.objects.get(), SmsCode.objects.get()

    stored = " ".join(str(value) for row in (message, row) for value in vars(row).values())
    assert code not in stored.replace(PHONE, "") and HERE not in stored
    assert "••••••" in message.text and "Volt" in message.text


def test_the_code_arrives_whole_and_what_was_sealed_is_wiped(operator: Tenant, sent: Sent) -> None:
    code = ask(operator)
    services.send_due_messages()

    [line] = sent()
    assert line["to"] == PHONE and line["purpose"] == "sign_in" and code in line["text"]
    message = SmsMessage.objects.get()
    assert (message.state, message.sealed, line["id"]) == ("sent", "", message.pk)


@pytest.mark.parametrize(
    ("steps", "wait_s"),
    [
        ([0], 60),
        ([0, 60, 120, 180, 240], 3600 - 240),
        ([hour * 3600 * 2 for hour in range(10)], 24 * 3600 - 18 * 3600),
    ],
    ids=["one a minute", "five an hour", "ten a day"],
)
def test_a_phone_gets_so_many_codes_and_no_more(
    operator: Tenant, noon: datetime, steps: list[int], wait_s: int
) -> None:
    for second in steps:
        with clock.frozen(noon + timedelta(seconds=second)):
            ask(operator)
    last = noon + timedelta(seconds=steps[-1])
    with clock.frozen(last), pytest.raises(TooOften) as refused:
        ask(operator)

    assert refused.value.wait_s == wait_s
    assert SmsCode.objects.count() == SmsMessage.objects.count() == len(steps)
    with clock.frozen(last + timedelta(seconds=wait_s)):
        ask(operator)


def test_the_limit_of_a_phone_counts_what_other_operators_sent(operator: Tenant, noon: datetime) -> None:
    ask(operator)
    other = make_tenant(make_tenant(make_tenant()))
    with scope_of(other.pk), pytest.raises(TooOften):
        services.issue_code(other.pk, phone=PHONE, browser=HERE)


def test_an_address_asks_for_so_many_codes_an_hour(
    operator: Tenant, noon: datetime, settings: Settings
) -> None:
    settings.SMS_CODES_PER_ADDRESS = 3
    for number in range(3):
        ask(operator, phone=f"+861391234000{number}", ip="203.0.113.7")
    with pytest.raises(TooOften):
        ask(operator, phone="+8613912340009", ip="203.0.113.7")
    ask(operator, phone="+8613912340009", ip="203.0.113.8")


def test_a_tenant_pays_for_so_many_codes_a_day(operator: Tenant, noon: datetime, settings: Settings) -> None:
    settings.SMS_CODES_PER_TENANT = 2
    for number in range(2):
        ask(operator, phone=f"+861391234000{number}")
    with pytest.raises(TooOften):
        ask(operator, phone="+8613912340009")
    assert SmsMessage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_burst_for_one_phone_gets_one_code(operator: Tenant) -> None:
    results = together([lambda: ask(operator)] * 6)

    assert [type(error) for error in errors(results)] == [TooOften] * 5
    assert SmsCode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_burst_from_one_address_keeps_its_limit(operator: Tenant, settings: Settings) -> None:
    settings.SMS_CODES_PER_ADDRESS = 2
    together(
        [
            lambda number=number: ask(operator, phone=f"+861391234000{number}", ip="203.0.113.7")
            for number in range(6)
        ]
    )
    assert SmsCode.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_code_used_at_the_same_moment_is_used_once(operator: Tenant) -> None:
    code = ask(operator)
    results = together(
        [lambda: services.sign_in(operator.pk, phone=PHONE, browser=HERE, code=code).token] * 5
    )

    assert len(errors(results)) == 4
    assert DriverSession.objects.count() == 1 and Driver.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_get_five_tries_together(operator: Tenant) -> None:
    code = ask(operator)
    guesses = [
        lambda n=n: services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=f"{n:06d}x")
        for n in range(12)
    ]
    assert len(errors(together(guesses))) == 12
    assert SmsCode.objects.get().tries == 5
    with pytest.raises(Refused):
        services.verify_code(operator.pk, phone=PHONE, browser=HERE, code=code)


def test_codes_are_read_and_written_in_the_scope_of_their_operator(operator: Tenant) -> None:
    other = make_tenant(make_tenant(make_tenant()))
    with scope_of(other.pk), pytest.raises(ScopeError):
        services.issue_code(operator.pk, phone=PHONE, browser=HERE)
    with unscoped(reason="a test looks"):
        assert not SmsCode.objects.exists() and not SmsMessage.objects.exists()


def test_old_codes_are_forgotten_and_the_limits_still_hold(operator: Tenant, noon: datetime) -> None:
    ask(operator)
    with clock.frozen(noon + timedelta(days=7, seconds=1)):
        ask(operator)
        sweeps.forget()
        assert SmsCode.objects.count() == 1
        with pytest.raises(TooOften):
            ask(operator)
