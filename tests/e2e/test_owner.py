"""A day of owners: a dealer takes on an operator, whose owner comes in, hires people, and is suspended for a while."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.sent import invitation_to
from tests.e2e.windows import Window, Windows, sign_in
from tests.support.house import House

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

NEW_PASSWORD = "five rivers and a bridge"


async def test_a_dealer_takes_on_an_operator_who_hires_people(windows: Windows, house: House) -> None:
    dealer = await windows.open("owner@JN", path="/")
    await dealer.choose("Tenants")
    await dealer.press("New tenant", role="link")
    await dealer.sees("New operator")
    await dealer.fill(name="Ningbo Harbour Power", code="NB", contact="Ms Zhou", phone="not a phone")
    await dealer.press("Save")
    await dealer.sees("Digits, spaces and dashes")
    await expect(dealer.page.locator("[name=contact]")).to_have_value("Ms Zhou")
    await dealer.fill(phone="+86 574 555 0199", owner_email="zhou@nb.example", owner_name="Zhou Lan")
    await dealer.press("Save")
    await dealer.is_told("Created.")
    await dealer.picture("created", whole=True)
    await dealer.page.locator("nav.tabs a", has_text="Staff").click()
    await dealer.sees("Zhou Lan")
    await dealer.sees("Invited")

    owner = await _accept(windows, house, "zhou@nb.example")
    await owner.choose("System settings", "Staff")
    await owner.press("Add a person", role="link")
    await owner.fill(email="bao@nb.example", name="Bao Yi", role="engineer")
    await owner.press("Save")
    await owner.is_told("A link to sign in was sent")
    engineer = await _accept(windows, house, "bao@nb.example")
    await expect(engineer.page.locator("header.top .scope")).to_contain_text("Ningbo Harbour Power")
    await owner.press("Edit", role="link")
    await owner.fill(role="manager")
    await owner.press("Save")
    await owner.sees("Manager")
    await owner.picture("hired", whole=True)


async def test_a_tenant_is_edited_suspended_and_resumed(windows: Windows, house: House) -> None:
    operator = await windows.open("owner@QL", path="/tenants/")
    await operator.press("New tenant", role="link")
    await operator.fill(name="Jinshan Coast", code="JS")
    await operator.press("Save")
    await operator.press("Add its owner", role="link")
    await operator.fill(email="fan@js.example", name="Fan Li")
    await operator.press("Save")
    await operator.page.locator("nav.tabs a", has_text="Profile").click()
    agency = await _accept(windows, house, "fan@js.example")

    await operator.press("Edit", role="link")
    await operator.fill(contact="Mr Fan", contract_to="2031-12-31")
    await operator.press("Save")
    await operator.sees("Mr Fan")
    await operator.press("Suspend…", role="link")
    await operator.answer("Suspend", reason="Unpaid since May")
    await operator.sees("Suspended")
    await operator.sees("Unpaid since May")
    await operator.picture("suspended", whole=True)

    await agency.open("/stations/")
    await expect(agency.page).to_have_url(re.compile("/account/login/"))
    await agency.fill(login="fan@js.example", password=NEW_PASSWORD)
    await agency.press("Sign in")
    await expect(agency.page.locator("body")).to_contain_text("Jinshan Coast is suspended")
    await agency.picture("refused")

    await operator.press("Resume…", role="link")
    await operator.answer("Resume", reason="Paid")
    await operator.sees("Active")
    await sign_in(agency, "fan@js.example", NEW_PASSWORD)
    await expect(agency.page.locator("header.top .scope")).to_contain_text("Jinshan Coast")


async def _accept(windows: Windows, house: House, email: str) -> Window:
    """Follow the link in the letter, set a password, sign in with it."""
    window = await windows.open(path=await invitation_to(house, email))
    await window.fill(password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    await window.picture(f"password-{email.partition('@')[0]}")
    await window.page.locator("form button.btn-primary").click()
    await expect(window.page).not_to_have_url(re.compile("/account/invitation/"))
    await sign_in(window, email, NEW_PASSWORD)
    return window
