"""Filters: what they keep, what they say, and what they do with nonsense."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html import unescape
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies as st

from backoffice.kit import clock
from backoffice.kit.lists.filters import ranges, relations, words
from stations.models import Pile
from tests.factories.rows import make_row
from tests.factories.tenants import Forest
from tests.lists.stage import START, listing, looking_from, make_order, make_orders


def found(query: str) -> list[str]:
    return sorted(order.order_no for order in listing(query).rows)


def numbers(*wanted: int) -> list[str]:
    return [f"ORD-{number:05d}" for number in wanted]


def test_text_and_search_find_parts_in_any_case(forest: Forest) -> None:
    make_orders(forest.agency, 12)
    make_order(forest.agency, 50, plate="沪A·D38216")
    with looking_from(forest.operator):
        assert found("order_no=rd-00011") == numbers(11)
        assert found("search=%E6%B2%AAa%C2%B7d38") == numbers(50)
        assert found("order_no=100%25") == []


@pytest.mark.parametrize("few", [0, 1_000], ids=["many match", "few match"])
def test_words_of_a_related_row_are_found_however_many_rows_have_them(
    forest: Forest, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(words, "FEW", few)
    make_order(forest.agency, 1, pile=make_row(Pile, forest.agency, name="Quay 7"))
    make_order(forest.agency, 2, pile=make_row(Pile, forest.agency, name="Gate"))
    make_order(forest.cousin_agency, 3, pile=make_row(Pile, forest.cousin_agency, name="Quay 7"))
    moved = make_row(Pile, forest.sibling_agency, name="Quay 8")
    make_order(forest.agency, 4, pile=moved)
    with looking_from(forest.agency):
        assert found("search=quay") == numbers(1, 4)
        assert found("search=quay%207") == numbers(1)
        assert found("search=nobody") == []


def test_choice_yes_no_and_cases(forest: Forest) -> None:
    make_orders(forest.agency, 3)
    make_order(forest.agency, 7, charge_state="charging", energy_wh=50_000)
    make_order(forest.agency, 8, pile=make_row(Pile, forest.agency, online=True))
    with looking_from(forest.operator):
        assert found("charge_state=charging") == numbers(7)
        assert found("plugged=yes") == numbers(8)
        assert found("length=big") == numbers(7)


def test_a_number_is_typed_in_the_unit_of_the_page_and_both_ends_count(forest: Forest) -> None:
    make_orders(forest.agency, 7)
    with looking_from(forest.operator):
        assert found("energy_from=1.111&energy_to=3.333") == numbers(1, 2, 3)
        assert found("energy_from=5.5") == numbers(5, 6)


def test_an_amount_is_typed_in_the_currency_of_the_tenant_and_meets_no_other(forest: Forest) -> None:
    make_orders(forest.agency, 6)
    make_order(forest.agency, 60, currency="EUR", total=202)
    with looking_from(forest.operator):
        assert found("total_from=2.02&total_to=3.03") == numbers(2, 3)
        assert [str(chip.value) for chip in listing("total_from=2.02").chips()] == ["from 2.02 CNY"]


def test_days_are_days_of_the_reader(forest: Forest) -> None:
    make_order(forest.agency, 1, started_at=datetime(2026, 3, 28, 15, 59, tzinfo=UTC))
    make_order(forest.agency, 2, started_at=datetime(2026, 3, 28, 16, 0, tzinfo=UTC))
    make_order(forest.agency, 4, started_at=datetime(2026, 3, 29, 15, 59, 59, tzinfo=UTC))
    make_order(forest.agency, 5, started_at=datetime(2026, 3, 29, 16, 0, tzinfo=UTC))
    with looking_from(forest.operator), timezone.override(ZoneInfo("Asia/Shanghai")):
        assert found("started_at_from=2026-03-29&started_at_to=2026-03-29") == numbers(2, 4)


def test_a_day_on_which_clocks_change_is_whole(forest: Forest) -> None:
    for number, hour in enumerate((22, 23), start=1):
        make_order(forest.agency, number, started_at=datetime(2026, 3, 28, hour, 30, tzinfo=UTC))
    make_order(forest.agency, 3, started_at=datetime(2026, 3, 29, 21, 59, tzinfo=UTC))
    make_order(forest.agency, 4, started_at=datetime(2026, 3, 29, 22, 0, tzinfo=UTC))
    with looking_from(forest.operator), timezone.override(ZoneInfo("Europe/Berlin")):
        assert found("started_at_from=2026-03-29&started_at_to=2026-03-29") == numbers(2, 3)


@pytest.mark.parametrize(
    ("usual", "low", "high"),
    [
        ("today", date(2026, 3, 1), date(2026, 3, 1)),
        ("yesterday", date(2026, 2, 28), date(2026, 2, 28)),
        ("week", date(2026, 2, 23), date(2026, 3, 1)),
        ("days30", date(2026, 1, 31), date(2026, 3, 1)),
        ("month", date(2026, 3, 1), date(2026, 3, 1)),
        ("last-month", date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_usual_periods_end_on_the_readers_day(usual: str, low: date, high: date) -> None:
    with (
        clock.frozen(datetime(2026, 2, 28, 16, 30, tzinfo=UTC)),
        timezone.override(ZoneInfo("Asia/Shanghai")),
    ):
        assert ranges.USUAL[usual][1](ranges.today()) == (low, high)


def test_a_date_column_is_compared_as_it_is(forest: Forest) -> None:
    for number in (1, 2, 4):
        make_order(forest.agency, number, end_day=date(2026, 3, number))
    with looking_from(forest.operator):
        assert found("end_day_from=2026-03-02&end_day_to=2026-03-03") == numbers(2)


def test_a_subtree_holds_the_tenant_and_what_lies_below(forest: Forest) -> None:
    make_order(forest.operator, 1)
    make_order(forest.agency, 2)
    make_order(forest.sibling_agency, 4)
    with looking_from(forest.dealer):
        assert found(f"tenant={forest.operator.code}") == numbers(1, 2, 4)
        assert found(f"tenant={forest.agency.code}") == numbers(2)
        assert found(f"tenant={forest.agency.name}") == numbers(2)


def test_a_subtree_is_not_offered_where_all_rows_are_of_one_tenant(forest: Forest) -> None:
    make_order(forest.agency, 1)
    for tenant, query, shown in (
        (forest.operator, "", True),
        (forest.agency, "", False),
        (forest.agency, "tenant=nobody", True),
    ):
        with looking_from(tenant):
            fields = [field.name for field in listing(query).filters.form.visible_fields()]
        assert ("tenant" in fields) is shown and "order_no" in fields


@pytest.mark.parametrize("kin", ["dealer", "sibling_operator", "manufacturer", "other_manufacturer"])
def test_a_tenant_outside_the_scope_cannot_be_named(kin: str, forest: Forest) -> None:
    make_order(forest.agency, 1)
    with looking_from(forest.operator):
        page = listing(urlencode({"tenant": getattr(forest, kin).code}))

        assert [order.order_no for order in page.rows] == numbers(1)
        assert "tenant" in page.filters.form.errors
        assert page.chips() == []


def test_a_relation_is_found_by_its_value_or_by_part_of_its_name(forest: Forest) -> None:
    piles = [make_row(Pile, forest.agency, name=f"Gate {letter}") for letter in "AB"]
    for number, pile in enumerate(piles, start=1):
        make_order(forest.agency, number, pile=pile)
    with looking_from(forest.operator):
        assert found(urlencode({"pile": piles[0].identity})) == numbers(1)
        assert found("pile=gate") == numbers(1, 2)
        assert found("pile=gate+b") == numbers(2)


def test_many_options_become_a_field_with_suggestions(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relations, "CHOICES_SHOWN", 2)
    for letter in "ABC":
        make_row(Pile, forest.agency, name=f"Gate {letter}")
    with looking_from(forest.operator):
        form = listing("pile=gate").filters.form

        assert "/options/pile/" in str(form["pile"])
        assert "Too many match" in str(form.errors["pile"])
        assert found("pile=gate+c") == []


NONSENSE = [
    "started_at_from=2026-13-45",
    "started_at_from=0001-01-01",
    "started_at_to=9999-12-31",
    "started_at=never",
    "started_at_from=2026-03-29&started_at_to=2026-03-01",
    "energy_from=abc",
    "energy_from=1e999",
    "energy_to=NaN",
    "energy_from=99999999999999999999999999",
    "energy_from=2&energy_to=1",
    "total_from=Infinity",
    "charge_state=nope",
    "plugged=maybe",
    "tenant=nobody",
    "pile=%27%3B--",
    "order_no=%00",
    "search=" + "x" * 500,
    "length=0",
]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_gets_a_message_at_its_field_keeps_what_was_typed_and_spoils_no_other(
    query: str, forest: Forest
) -> None:
    make_order(forest.agency, 1)
    make_order(forest.agency, 2, charge_state="charging")
    with looking_from(forest.operator):
        other, wanted = ("search=ord-00001", 1) if "charge_state" in query else ("charge_state=charging", 2)
        page = listing(f"{query}&{other}")
        [name] = page.filters.form.errors
        html = unescape(str(page.filters.form[name]))
        typed = [value for key, value in parse_qsl(query) if "\0" not in value]

        assert [order.order_no for order in page.rows] == numbers(wanted)
        assert query.startswith(name)
        assert len(page.chips()) == 1
        assert all(f'"{value}"' in html for value in typed)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "order_no",
                "tenant",
                "search",
                "charge_state",
                "started_at",
                "started_at_from",
                "started_at_to",
                "end_day_from",
                "energy_from",
                "energy_to",
                "total_from",
                "total_to",
                "pile",
                "plugged",
                "length",
                "sort",
                "after",
                "before",
                "columns",
                "tab",
            ]
        ),
        st.one_of(st.text(max_size=40), st.integers().map(str), st.dates().map(str), st.floats().map(str)),
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_breaks_the_page(forest: Forest, query: dict[str, str]) -> None:
    with looking_from(forest.operator):
        page = listing(urlencode(query))

        assert page.page.total == 0
        assert page.table() is not None
        assert len(page.chips()) <= len(query)


def test_a_chip_leads_to_the_list_without_its_filter(forest: Forest) -> None:
    query = "started_at=between&started_at_from=2026-03-01&charge_state=ended&sort=-total&after=x"
    with looking_from(forest.operator):
        page = listing(query)
        urls = {str(chip.label): chip.remove_url for chip in page.chips()}

    assert urls == {
        "Started": "/stage/orders/?charge_state=ended&sort=-total",
        "State": "/stage/orders/?started_at=between&started_at_from=2026-03-01&sort=-total",
    }


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("energy_from=1", "from 1"),
        ("energy_to=2.5", "up to 2.5"),
        ("energy_from=1&energy_to=2", "1 – 2"),
        ("energy_from=1&energy_to=1", "1"),
        ("end_day_from=2026-03-01", "from 1 Mar 2026"),
    ],
)
def test_a_range_is_said_in_words(query: str, words: str, forest: Forest) -> None:
    with looking_from(forest.operator):
        assert [str(chip.value) for chip in listing(query).chips()] == [words]


def test_a_period_given_by_days_alone_shows_its_two_days(forest: Forest) -> None:
    with looking_from(forest.operator):
        html = str(listing(f"started_at_from={START.date()}").filters.form["started_at"])

    assert '<option value="between" selected>' in html
    assert f'value="{START.date()}"' in html
