"""What a chain of tenants adds up to: whoever stands below can only tighten."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from tenants.rules import (
    EVERYBODY,
    Mail,
    Numbers,
    Retention,
    Security,
    Unfit,
    bounds_of,
    in_force,
    stored,
    to_store,
)

LENGTH, HOURS = bounds_of(Security, "min_length"), bounds_of(Security, "session_hours")


def layer(group: Any, **values: Any) -> dict[str, Any]:
    return {group.key: values}


def test_without_any_setting_the_house_decides() -> None:
    found = in_force(Security, [{}, {}, {}])
    assert found.values == Security()
    assert found.sources == {}
    assert in_force(Retention, [{}], Retention(frames_days=14)).values.frames_days == 14


def test_the_stricter_wins_and_it_is_known_whose_it_is() -> None:
    chain = [layer(Security, min_length=12), {}, layer(Security, min_length=16, session_hours=8), {}]
    found = in_force(Security, chain)
    assert (found.values.min_length, found.values.session_hours) == (16, 8)
    assert found.sources == {"min_length": 2, "session_hours": 2}


def test_a_looser_setting_below_changes_nothing() -> None:
    chain = [
        layer(Security, min_length=14, session_hours=4),
        layer(Security, min_length=10, session_hours=20),
    ]
    found = in_force(Security, chain)
    assert (found.values.min_length, found.values.session_hours) == (14, 4)
    assert found.sources == {"min_length": 0, "session_hours": 0}


def test_only_the_top_may_be_looser_than_the_house() -> None:
    assert in_force(Retention, [layer(Retention, jobs_days=60)]).values.jobs_days == 60
    assert in_force(Retention, [{}, layer(Retention, jobs_days=60)]).values.jobs_days == 7
    assert to_store(Retention, {"jobs_days": 60}, None) == {"jobs_days": 60}
    with pytest.raises(Unfit) as refused:
        to_store(Retention, {"jobs_days": 60}, in_force(Retention, [{}]))
    assert (refused.value.name, refused.value.bound) == ("jobs_days", 7)


def test_roles_that_need_a_code_add_up() -> None:
    chain = [layer(Security, code_for=["owner"]), layer(Security, code_for=["finance"])]
    policy = in_force(Security, chain).values
    assert [policy.wants_code(role) for role in ("owner", "finance", "support")] == [True, True, False]
    assert in_force(Security, [*chain, layer(Security, code_for=[EVERYBODY])]).values.wants_code("support")


NONSENSE = ["x", None, True, -1, 10**9, 3.5, [], {"a": 1}]


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_that_is_stored_changes_nothing(value: Any) -> None:
    chain = [layer(Security, min_length=value), {"security": value}, layer(Security, code_for=7)]
    assert in_force(Security, chain).values == Security()


@pytest.mark.parametrize("value", ["x", True, 9, 65, 12.5])
def test_a_value_out_of_bounds_is_not_stored(value: Any) -> None:
    with pytest.raises(Unfit) as refused:
        to_store(Security, {"min_length": value}, None)
    assert (refused.value.name, refused.value.bound) == ("min_length", None)


def test_what_is_empty_comes_from_above() -> None:
    wanted = {"min_length": None, "code_for": frozenset(), "session_hours": 6, "unknown": 1}
    assert to_store(Security, wanted, None) == {"session_hours": 6}


def test_a_prefix_holds_from_its_year_on() -> None:
    numbers = Numbers(years={2026: "SUN", 2028: "SOL"})
    assert [numbers.prefix_in(year) for year in (2025, 2026, 2027, 2028, 2030)] == [
        "",
        "SUN",
        "SUN",
        "SOL",
        "SOL",
    ]


@pytest.mark.parametrize(
    "years", [{"2026": "sun"}, {"2026": "S-1"}, {"x": "SUN"}, {"99": "SUN"}, {"2026": ""}, 7]
)
def test_a_prefix_that_no_order_number_can_have_is_not_stored(years: Any) -> None:
    with pytest.raises(Unfit):
        to_store(Numbers, {"years": years}, None)
    assert stored(Numbers, layer(Numbers, years=years)) == {}


@pytest.mark.parametrize("sender", ["Sun\nBcc: a@b.org", "x" * 121, "a\x00b", 7])
def test_a_sender_that_would_break_the_head_of_a_letter_is_not_stored(sender: Any) -> None:
    with pytest.raises(Unfit):
        to_store(Mail, {"sender": sender}, None)


def test_the_nearest_look_of_letters_wins() -> None:
    found = in_force(Mail, [layer(Mail, sender="Top", footer="Foot"), layer(Mail, sender="Own")])
    assert (found.values.sender, found.values.footer) == ("Own", "Foot")


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "min_length": st.integers(LENGTH.low, LENGTH.high),
                "session_hours": st.integers(HOURS.low, HOURS.high),
                "code_for": st.lists(st.sampled_from(["owner", "finance", EVERYBODY])),
            },
        ),
        min_size=1,
        max_size=4,
    )
)
def test_nobody_below_is_ever_looser_than_the_one_above(chain: list[dict[str, Any]]) -> None:
    layers = [layer(Security, **values) for values in chain]
    for depth in range(1, len(layers)):
        above, own = in_force(Security, layers[:depth]).values, in_force(Security, layers[: depth + 1]).values
        assert own.min_length >= above.min_length
        assert own.session_hours <= above.session_hours
        assert own.code_for >= above.code_for


def test_a_role_of_a_tenant_s_own_needs_a_code_wherever_any_role_does() -> None:
    assert not Security().wants_code("")
    assert Security(code_for=frozenset({"owner"})).wants_code("")
    assert not Security(code_for=frozenset({"owner"})).wants_code("support")
