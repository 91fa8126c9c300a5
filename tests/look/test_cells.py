"""Cells and drawings escape what they are given and stay true at the edges."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from backoffice.kit import cells, clock, drawings
from backoffice.kit.drawings import Slice
from backoffice.kit.frame import Action, Frame, MenuItem
from backoffice.kit.icons import ICONS, icon
from backoffice.kit.money import Money

EVIL = '"><script>alert(1)</script>'
NOW = datetime(2026, 11, 22, 6, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    [
        cells.two_lines(EVIL, EVIL, clip=True),
        cells.link(EVIL, EVIL, EVIL),
        cells.badge(EVIL, "fault"),
        cells.phone(EVIL),
        cells.row_actions(
            [Action(EVIL, EVIL, icon="stop", direct=True), Action(EVIL, EVIL)], key=EVIL, of=EVIL
        ),
        cells.button(Action(EVIL, EVIL, refused=EVIL), of=EVIL),
        drawings.bar(1, 2, label=EVIL),
        drawings.sparkline([1, 2], label=EVIL),
        drawings.ring([Slice(EVIL, 1, "idle")], figure=EVIL, caption=EVIL, label=EVIL),
    ],
)
def test_a_cell_escapes_everything(cell: str) -> None:
    assert "<script" not in cell
    assert "style=" not in cell


def test_nothing_known_is_a_dash_and_nothing_owed_is_a_zero() -> None:
    assert "0.00" in cells.money(Money(0, "CNY"))
    assert cells.money(None) == cells.when(None) == cells.ago(None) == cells.NONE


@pytest.mark.parametrize(
    ("left", "tone"),
    [(14_99, "fault"), (15_00, "waiting"), (29_99, "waiting"), (30_00, "plain"), (0, "fault")],
)
def test_a_hold_turns_amber_and_red_before_it_is_used_up(left: int, tone: str) -> None:
    assert f'class="t-{tone}"' in cells.remaining(Money(left, "CNY"), Money(100_00, "CNY"), label="Hold left")


def test_a_hold_of_nothing_is_used_up() -> None:
    assert 'class="t-fault"' in cells.remaining(Money(0, "CNY"), Money(0, "CNY"), label="Hold left")


def test_without_a_fact_its_context_stands_in_its_place() -> None:
    assert cells.two_lines("", "Pudong East") == cells.two_lines("Pudong East")
    assert "l2" not in cells.two_lines("", "Pudong East")


def test_the_row_is_named_by_its_first_line_alone() -> None:
    assert cells.first_line(cells.link("QL-1 & Co", "/o/1/", "Pudong East")) == "QL-1 &amp; Co"


@pytest.mark.parametrize(
    ("value", "top", "width"), [(0, 0, "0.0"), (5, 0, "0.0"), (-1, 10, "0.0"), (30, 10, "100.0")]
)
def test_a_bar_stays_inside_while_its_figures_stay_true(value: int, top: int, width: str) -> None:
    drawn = drawings.bar(value, top, label="Power")
    assert f'class="bar-fill" width="{width}"' in drawn
    assert f'aria-valuenow="{value}"' in drawn


def test_the_parts_of_a_ring_make_a_whole() -> None:
    parts = [Slice("Charging", 486, "charging"), Slice("Idle", 1_127, "idle"), Slice("Fault", 0, "fault")]
    drawn = drawings.ring(parts, figure="1,613", caption="connectors", label="all")
    assert sum(part.share for part in drawings.shares(parts)) == pytest.approx(1)
    assert drawn.count('class="s-') == 2, "a part of nothing is not drawn"
    for shown, rest in re.findall(r'stroke-dasharray="([\d.]+) ([\d.]+)"', drawn):
        assert float(shown) + float(rest) == pytest.approx(100, abs=0.02)


def test_an_empty_ring_is_only_its_track() -> None:
    assert "stroke-dasharray" not in drawings.ring([], figure="0", caption="connectors", label="none")


@pytest.mark.parametrize("values", [[], [1]])
def test_a_sparkline_of_less_than_two_values_draws_nothing(values: list[float]) -> None:
    assert drawings.sparkline(values, label="Energy") == ""


def test_a_flat_sparkline_lies_at_the_bottom() -> None:
    assert "NaN" not in drawings.sparkline([3, 3, 3], label="Energy")


def test_a_time_that_passes_carries_the_moment_it_counts_from() -> None:
    with clock.frozen(NOW):
        cell = cells.ago(datetime(2026, 11, 22, 5, 25, tzinfo=UTC))
    assert 'datetime="2026-11-22T05:25:00.000+00:00"' in cell
    assert "1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}07" in cell


def test_a_refused_action_says_why_and_cannot_be_pressed() -> None:
    button = cells.button(
        Action("Stop", "/stop/", icon="stop", refused="Only while it runs"), of="QL-1", small=True
    )
    assert "disabled" in button
    assert "Only while it runs" in button
    assert "/stop/" not in button


def test_an_action_that_asks_is_a_link_and_one_that_acts_posts() -> None:
    assert " data-dialog" in cells.button(Action("Stop…", "/stop/", asks=True), of="")
    assert 'form="post" formaction="/ack/"' in cells.button(Action("Acknowledge", "/ack/"), of="")


def test_an_icon_nobody_drew_does_not_reach_a_page() -> None:
    assert all(icon(name).startswith("<svg") for name in ICONS)
    with pytest.raises(KeyError):
        icon("unicorn")


def test_a_group_is_open_while_a_page_deep_inside_it_is_shown() -> None:
    deep = MenuItem("Orders", children=(MenuItem("More", children=(MenuItem("Here", "/", current=True),)),))
    assert deep.open
    assert not MenuItem("Orders", children=(MenuItem("There", "/"),)).open


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Lin Wei", "LW"), ("Anna Maria Bell", "AB"), ("ops", "OP"), ("张小明", "小明"), ("", "")],
)
def test_initials_are_two_letters_at_most(name: str, initials: str) -> None:
    assert Frame(menu=(), path=(), scope="Qilin", user_name=name).initials == initials
