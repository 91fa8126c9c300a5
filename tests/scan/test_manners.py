"""What every page of drivers keeps: little weight, a strict policy, both languages, colours that can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from scan.urls import urlpatterns
from tests.factories.finance import make_channel
from tests.factories.orders import Site, again, make_running_order, make_settled_order
from tests.look.test_colours import contrast
from tests.scan.phones import Phone, newest_order, order_page, text, token_of

HEAVIEST = 100_000
LANGUAGES = ["en", "zh-CN"]
SHEET = (Path(__file__).resolve().parents[2] / "static" / "css" / "scan.css").read_text()


def weight(page: str) -> int:
    """The page with every file it names."""
    files = set(re.findall(r'(?:href|src)="/static/([^"]+)"', page))
    assert {"css/scan.css", "js/scan.js"} <= files
    found = [finders.find(name) for name in files]
    return len(page.encode()) + sum(Path(str(path)).stat().st_size for path in found)


def well(page: str) -> None:
    """One page keeps all of it."""
    assert weight(page) < HEAVIEST
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]* src=)", page)
    assert page.count("<main") == 1 and page.count("<h1") <= 1
    assert 'name="viewport"' in page and "<title>" in page
    assert page.count("csrfmiddlewaretoken") == page.count('method="post"')
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for name in re.findall(r'<label class="label" for="([^"]+)"', page):
        assert name in ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_before_a_charge(site: Site, language: str) -> None:
    phone = Phone(site, language=language)
    token, operator = token_of(site), site.operator.pk
    addresses = [f"/q/{token}", "/q/", "/q/?code=X", f"/q/{token}/match", f"/c/at/{operator}/sign-in"]
    for address in addresses:
        well(text(phone.get(address)))
    sent = phone.post(f"/c/at/{operator}/sign-in", phone="138 0000 4471")
    well(text(phone.follow(sent)))
    phone.signed_in(site.driver(cash=9_000))
    well(text(phone.get(f"/q/{token}/add-money")))
    with site.present():
        make_channel(site.operator)
    for address in (
        f"/q/{token}/start",
        f"/q/{token}/add-money",
        f"/c/at/{operator}/",
        f"/c/at/{operator}/wallet",
        f"/c/at/{operator}/add-money",
        f"/c/at/{operator}/take-out",
    ):
        page = phone.get(address)
        assert page.status_code == 200
        well(text(page))
    well(text(phone.get("/q/nothing")))
    site.charger.says(1, "Faulted")
    well(text(phone.get(f"/q/{token}")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_a_charge(site: Site, language: str) -> None:
    phone = Phone(site, language=language)
    driver = site.driver(cash=9_000)
    phone.signed_in(driver)
    phone.press_start()
    waiting = newest_order(site)
    pages = [phone.get(order_page(waiting))]
    phone.post(order_page(waiting, "cancel"))
    pages.append(phone.get(order_page(waiting)))
    order, transaction_id = make_running_order(site)
    assert order.driver is not None
    phone.signed_in(order.driver)
    pages += [phone.get(order_page(order, name)) for name in ("order", "stop", "problem")]
    site.charger.goes()
    pages.append(phone.get(order_page(order)))
    site.charger.comes()
    site.wait(minutes=9)
    site.charger.stops(transaction_id, 1_009_000)
    pages.append(phone.get(order_page(order)))
    site.work()
    pages += [phone.get(order_page(order)), Phone(site, language=language).get(order_page(order))]
    for page in pages:
        assert page.status_code == 200
        well(text(page))


def test_a_page_is_kept_by_nobody_on_the_way(site: Site, phone: Phone) -> None:
    order = make_settled_order(site)
    for address in (f"/q/{token_of(site)}", order_page(order)):
        page = phone.get(address)
        assert "no-store" in page.headers["Cache-Control"] and "private" in page.headers["Cache-Control"]
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["too_often", "not_found", "away", "no_cookie"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_shown_when_all_is_lost_needs_no_database(name: str, language: str) -> None:

    with translation.override(language):
        well(render_to_string(f"scan/{name}.html", {"wait_s": 42}))


def test_every_step_is_a_form_or_a_link(site: Site, phone: Phone) -> None:
    """Nothing of the way from the sticker to the receipt waits for a script."""
    phone.signed_in(site.driver(cash=9_000))
    landing = text(phone.scan())
    onward = re.search(r'<a class="btn" href="([^"]+)"', landing)
    assert onward is not None
    form = text(phone.get(onward[1].replace("&amp;", "&")))
    assert f'<form class="live" method="post" action="{phone.start_path()}">' in form
    phone.press_start()
    order = again(newest_order(site))
    assert '<noscript><meta http-equiv="refresh"' in text(phone.get(order_page(order)))


def test_the_pages_are_declared_under_the_addresses_of_drivers() -> None:
    for pattern in urlpatterns:
        assert str(pattern.pattern).startswith(("q/", "c/"))
    assert reverse("scan:landing", args=["X"]) == "/q/X"


COLOURS = [
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)[:2]
]
TEXT = [
    *((ink, ground) for ink in ("ink", "dim") for ground in ("paper", "wash", "go-bg", "warn-bg", "bad-bg")),
    *((ink, "paper") for ink in ("go", "warn", "bad", "valley", "flat", "peak", "sharp")),
    *(("paper", band) for band in ("valley", "flat", "peak", "sharp", "ink")),
    ("go-ink", "go"),
    ("stop-ink", "stop"),
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(ink: str, ground: str, scheme: int) -> None:
    assert contrast(COLOURS[scheme][ink], COLOURS[scheme][ground]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_a_border_of_a_field_can_be_seen(scheme: int) -> None:
    assert contrast(COLOURS[scheme]["edge"], COLOURS[scheme]["paper"]) >= 3
