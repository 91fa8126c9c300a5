"""Text can be read in light and in dark: contrast of at least 4.5 (WCAG 1.4.3), 3 for what borders a field (1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHEET = (Path(__file__).resolve().parents[2] / "static" / "css" / "app.css").read_text()
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\);")
COLOURS = {name: (light, dark) for name, light, dark in TOKEN.findall(SHEET)}

GROUNDS = ("bg", "surface", "raised", "side")
STATES = ("charging", "idle", "waiting", "offline", "fault")
BANDS = ("valley", "flat", "peak", "sharp")
TEXT = (
    [(ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in GROUNDS]
    + [(f"s-{state}", f"s-{state}-bg") for state in STATES]
    + [(f"s-{state}", ground) for state in STATES for ground in ("surface", "raised")]
    + [("ink-2", f"b-{band}") for band in BANDS]
    + [("ink-2", "line-soft"), ("ink-2", "s-offline-bg"), ("ink", "accent-soft"), ("accent", "accent-soft")]
    + [("accent-ink", "accent"), ("accent-ink", "accent-strong"), ("surface", "s-fault"), ("surface", "ink")]
)
BORDERS = [("field-line", "surface"), ("accent", "bg")] + [
    (f"f-{s}", "surface") for s in ("charging", "fault")
]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_the_whole_scale() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(ink: str, ground: str, scheme: int) -> None:
    assert contrast(COLOURS[ink][scheme], COLOURS[ground][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), BORDERS)
def test_a_border_can_be_seen(line: str, ground: str, scheme: int) -> None:
    assert contrast(COLOURS[line][scheme], COLOURS[ground][scheme]) >= 3
