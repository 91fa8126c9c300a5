"""Sentences that names and weekdays are put into."""

from __future__ import annotations

import pytest

from backoffice.kit.enumeration import closed_up


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("杭州滨江站 的电价方案", "杭州滨江站的电价方案"),
        ("HQ-07 的电价方案", "HQ-07 的电价方案"),
        ("正在开放，至 星期六 00:00", "正在开放，至星期六 00:00"),
        ("正在开放，至 22:00", "正在开放，至 22:00"),
        ("留空则为 30（默认）。 由制造商设定。", "留空则为 30（默认）。由制造商设定。"),
        ("珠海 Zhuhai 站", "珠海 Zhuhai 站"),
        ("Tariff of Gate A", "Tariff of Gate A"),
    ],
)
def test_chinese_has_no_gap_between_its_own_characters(text: str, shown: str) -> None:
    assert closed_up(text) == shown
