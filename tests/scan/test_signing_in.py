"""Signing in with a phone, once for each browser and operator."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.urls import reverse

from drivers.models import Driver, DriverSession
from scan.access import BROWSER, cookie_of
from tests.factories.orders import Site, make_site
from tests.scan.phones import Phone, code_sent_to, codes_sent, text, words

NUMBER = "138 0000 4471"
E164 = "+8613800004471"


def sign_in_page(site: Site, onward: str = "") -> str:
    page = reverse("scan:sign_in", args=[site.operator.pk])
    return f"{page}?next={quote(onward, safe='')}" if onward else page


def drivers(site: Site) -> int:
    with site.present():
        return Driver.objects.count()


def sessions(site: Site) -> int:
    with site.present():
        return DriverSession.objects.count()


def test_from_the_sticker_to_the_limit_by_phone_and_code(site: Site, phone: Phone) -> None:
    asked = phone.get(phone.start_path(), limit="energy", energy="20")
    page = phone.follow(asked)
    assert "Your mobile number" in words(page) and f"{site.pile.name} A" in words(page)

    sent = phone.post(asked.headers["Location"], phone=NUMBER)
    code_page = phone.follow(sent)
    assert "It went to +86 138 0000 4471" in words(code_page).replace("\xa0", " ")
    assert 'inputmode="numeric"' in text(code_page) and 'autocomplete="one-time-code"' in text(code_page)
    assert "Another code in" in words(code_page)

    done = phone.post(sent.headers["Location"], code=code_sent_to(E164))

    assert done.headers["Location"] == f"{phone.start_path()}?limit=energy&energy=20"
    cookie = done.cookies[cookie_of(site.operator.pk)]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["max-age"] == 90 * 24 * 3600
    limit = phone.follow(done)
    assert limit.status_code == 200 and "How much?" in words(limit)
    assert drivers(site) == 1


def test_the_answer_is_the_same_for_a_known_phone(site: Site) -> None:
    site.driver(phone=E164)
    answers = []
    for number in (NUMBER, "138 0000 4472"):
        phone = Phone(site)
        sent = phone.post(sign_in_page(site), phone=number)
        page = text(phone.follow(sent))
        answers.append((sent.status_code, sent.headers["Location"], len(page)))
    assert answers[0] == answers[1]
    assert drivers(site) == 1


@pytest.mark.parametrize("typed", ["", "12", "hello", "+1", "0" * 41, "\x00", "021 6888 0000"])
def test_a_number_that_is_none_is_told_at_the_field_and_kept(site: Site, phone: Phone, typed: str) -> None:
    page = phone.post(sign_in_page(site), phone=typed)

    assert page.status_code == 200 and 'aria-invalid="true"' in text(page)
    if typed.isprintable() and typed:
        assert f'value="{typed}"' in text(page)
    assert codes_sent() == 0


def test_a_wrong_code_is_told_at_the_field_and_counts(site: Site, phone: Phone) -> None:
    sent = phone.post(sign_in_page(site), phone=NUMBER)
    right = code_sent_to(E164)
    wrong = "000000" if right != "000000" else "000001"

    for _ in range(4):
        page = phone.post(sent.headers["Location"], code=wrong)
        assert page.status_code == 200 and "This code is wrong or has expired." in words(page)
        assert 'aria-invalid="true"' in text(page)
    assert "wrong too often" in words(phone.post(sent.headers["Location"], code=wrong))
    assert phone.post(sent.headers["Location"], code=right).status_code == 200
    assert (drivers(site), sessions(site)) == (0, 0)


def test_a_code_is_good_in_the_browser_that_asked_for_it_alone(site: Site, phone: Phone) -> None:
    sent = phone.post(sign_in_page(site), phone=NUMBER)
    thief = Phone(site)
    thief.client.cookies["sign-in"] = phone.client.cookies["sign-in"].value

    page = thief.post(sent.headers["Location"], code=code_sent_to(E164))

    assert page.status_code == 200 and sessions(site) == 0
    assert phone.client.cookies[BROWSER].value != thief.client.cookies[BROWSER].value


def test_another_code_waits_a_minute(site: Site, phone: Phone) -> None:
    sent = phone.post(sign_in_page(site), phone=NUMBER)
    page = phone.post(sent.headers["Location"], again="1")
    assert page.status_code == 200 and "Please wait" in words(page)
    assert codes_sent() == 1

    site.wait(seconds=61)
    assert phone.post(sent.headers["Location"], again="1").status_code == 302
    assert codes_sent() == 2


def test_the_code_page_without_a_phone_leads_back(site: Site, phone: Phone) -> None:
    page = reverse("scan:sign_in_code", args=[site.operator.pk])
    assert phone.get(page).headers["Location"].startswith(sign_in_page(site))
    phone.client.cookies["sign-in"] = "forged"
    assert phone.post(page, code="123456").headers["Location"].startswith(sign_in_page(site))
    assert sessions(site) == 0


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example/", "//evil.example", "/account/login/", "javascript:alert(1)", "/q/" + "x" * 700],
)
def test_signing_in_leads_to_pages_of_drivers_alone(site: Site, phone: Phone, onward: str) -> None:
    sent = phone.post(sign_in_page(site, onward), phone=NUMBER)
    done = phone.post(sent.headers["Location"], code=code_sent_to(E164))
    assert done.headers["Location"] == reverse("scan:charges", args=[site.operator.pk])


def test_signing_out_ends_it_here(site: Site, phone: Phone) -> None:
    driver = site.driver()
    phone.signed_in(driver)
    charges = reverse("scan:charges", args=[site.operator.pk])
    assert phone.get(charges).status_code == 200

    done = phone.post(reverse("scan:sign_out", args=[site.operator.pk]))

    assert done.cookies[cookie_of(site.operator.pk)]["max-age"] == 0
    assert phone.get(charges).status_code == 302
    with site.present():
        assert DriverSession.objects.get(driver=driver).revoked_at is not None


def test_a_sign_in_is_good_at_its_operator_alone(site: Site, phone: Phone) -> None:
    other = make_site()
    driver = site.driver()
    phone.signed_in(driver)
    token = phone.client.cookies[cookie_of(site.operator.pk)].value
    phone.client.cookies[cookie_of(other.operator.pk)] = token

    assert phone.get(reverse("scan:charges", args=[other.operator.pk])).status_code == 302
    assert phone.get(reverse("scan:charges", args=[site.operator.pk])).status_code == 200


def test_only_operators_have_a_sign_in(site: Site, phone: Phone) -> None:
    for nobody in (site.agency.pk, site.agency.pk + 10_000, 10**30):
        assert phone.get(reverse("scan:sign_in", args=[nobody])).status_code == 404


def test_the_front_leads_to_the_account_or_to_the_code(site: Site, phone: Phone) -> None:
    assert phone.get("/c/").headers["Location"] == "/q/"
    phone.signed_in(site.driver())
    assert phone.get("/c/").headers["Location"] == reverse("scan:charges", args=[site.operator.pk])
    other = make_site()
    phone.signed_in(other.driver())
    assert "At which operator?" in words(phone.get("/c/"))


def test_the_language_is_the_browsers_until_another_is_chosen(site: Site) -> None:
    phone = Phone(site, language="zh-CN,zh;q=0.9")
    assert 'lang="zh-hans"' in text(phone.scan())

    phone.post("/language/", language="en", next="/q/")

    assert 'lang="en"' in text(phone.scan())
    assert 'lang="en"' in text(Phone(site, language="fr").scan())


def test_a_form_without_its_token_is_refused_in_words(site: Site, phone: Phone) -> None:
    phone.client.handler.enforce_csrf_checks = True
    page = phone.post(sign_in_page(site), phone=NUMBER)
    assert page.status_code == 403 and codes_sent() == 0
    assert "Your browser did not send our cookie." in words(page)
