"""The icons: one outline hand on a 24 grid, stroke 1.7, shown at 16 px in the colour of the text beside them.

An icon is never alone with its meaning: it sits beside a word, or its button carries a label.
"""

from __future__ import annotations

from functools import cache

from django.utils.safestring import SafeString

from backoffice.kit.markup import Pattern

ICONS = {
    "alarm": "M6 16.5V11a6 6 0 0 1 12 0v5.5l2 2H4zM10 21.5h4",
    "arrow-down": "M12 5v14M6 13l6 6 6-6",
    "arrow-left": "M19 12H5M11 6l-6 6 6 6",
    "arrow-right": "M5 12h14M13 6l6 6-6 6",
    "arrow-up": "M12 19V5M6 11l6-6 6 6",
    "bolt": "M13 3L5.5 13.5H12L11 21l7.5-10.5H12z",
    "card": "M3 6.5h18v11H3zM3 10.5h18M6.5 14.5h4",
    "chart": "M3.5 20.5h17M6.5 17v-6M12 17V4.5M17.5 17v-9",
    "check": "M4.5 12.5l5 5 10-11",
    "chevron": "M9 5.5l6.5 6.5L9 18.5",
    "chevron-down": "M5.5 9l6.5 6.5L18.5 9",
    "clock": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 7.5V12l3 2",
    "close": "M6 6l12 12M18 6L6 18",
    "close-circle": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9 9l6 6M15 9l-6 6",
    "columns": "M4 4.5h16v15H4zM9.5 4.5v15M14.5 4.5v15",
    "copy": "M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4",
    "device": "M4 4h16v11.5H4zM9 20h6M12 15.5V20",
    "dots": "M12 5.5v.01M12 12v.01M12 18.5v.01",
    "download": "M12 4v11M7 10.5l5 4.5 5-4.5M4.5 19.5h15",
    "edit": "M4.5 19.5l1-4.5L16 4.5l3.5 3.5L9 18.5zM13.5 7l3.5 3.5",
    "eye": "M2.5 12S6 6 12 6s9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
    "filter": "M4 6h16M7 12h10M10 18h4",
    "globe": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M3.5 12h17M12 3.5c-5 5.5-5 11.5 0 17M12 3.5c5 5.5 5 11.5 0 17",
    "help": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9.5 9.5a2.5 2.5 0 1 1 3.800 2.200c-.8.5-1.300 1-1.300 2M12 16.700v.01",
    "home": "M4 10.5L12 4l8 6.5V20h-5.5v-6h-5v6H4z",
    "info": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 11v5.5M12 7.700v.01",
    "job": "M6 3.5h12M6 20.5h12M7.5 3.5v3.5L12 12l4.5-5V3.5M7.5 20.5V17L12 12l4.5 5v3.5",
    "key": "M8 10.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M11.5 12l8-8M16 7.5l3 3",
    "link": "M10 14l4-4M8.5 11l-2.700 2.700a3.200 3.200 0 0 0 4.5 4.5L13 15.5M15.5 13l2.700-2.700a3.200 3.200 0 0 0-4.5-4.5L11 8.5",
    "lock": "M5.5 10.5h13v9.5h-13zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5",
    "map": "M9 4.5l-5.5 2.5v12.5L9 17l6 2.5 5.5-2.5V4.5L15 7zM9 4.5V17M15 7v12.5",
    "menu": "M4 6.5h16M4 12h16M4 17.5h16",
    "message": "M4 5h16v11.5h-9L6.5 20.5v-4H4z",
    "money": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9 8l3 4.5L15 8M12 12.5v4.5M9.5 13.5h5",
    "moon": "M12.5 3.5a8.5 8.5 0 1 0 8 11.5 7 7 0 0 1-8-11.5",
    "order": "M6 3.5h12v17.5l-3-2-3 2-3-2-3 2zM9 8.5h6M9 12.5h6",
    "person": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4.5 20.5a6 6 0 0 1 6-5.5h3a6 6 0 0 1 6 5.5",
    "pile": "M5.5 20.5v-15a2 2 0 0 1 2-2h5a2 2 0 0 1 2 2v15M3.5 20.5h13M14.5 11h1.5a1.5 1.5 0 0 1 1.5 1.5v3a1.5 1.5 0 0 0 3 0V9.5L17.5 6.5M10.700 7L8 11.200h4L9.300 15.5",
    "play": "M7.5 4.5l11.5 7.5-11.5 7.5z",
    "plus": "M12 5v14M5 12h14",
    "print": "M7 8.5v-5h10v5M7 17H4V8.5h16V17h-3M7 13.5h10v7H7z",
    "qr": "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5H14zM20 14v2.5M17.5 20H14M20 20v-1",
    "refresh": "M19.5 12a7.5 7.5 0 1 1-2.200-5.300M19.5 4v4.5H15",
    "save": "M4.5 4.5h11.5l3.5 3.5v11.5h-15zM8.5 4.5V9h6.5V4.5M8.5 19.5v-6h7v6",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5l5 5",
    "sheet": "M6 3.5h8.5L19 8v12.5H6zM14 3.5V8.5h5M9.5 12l5 5.5M14.5 12l-5 5.5",
    "shield": "M12 3.5l7.5 3v5c0 4.5-3 7.5-7.5 9-4.5-1.5-7.5-4.5-7.5-9v-5zM9 12l2.200 2.200L15.5 10",
    "sign-out": "M13.5 4.5h-8v15h8M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5",
    "sliders": "M4 7.5h9M17.5 7.5H20M4 16.5h2.5M11 16.5h9M15.200 5.200a2.300 2.300 0 1 0 0 4.600 2.300 2.300 0 0 0 0-4.600M8.700 14.200a2.300 2.300 0 1 0 0 4.600 2.300 2.300 0 0 0 0-4.600",
    "stop": "M7 7h10v10H7z",
    "store": "M4.5 10.5V20h15v-9.5M3.5 8.5l1.5-4.5h14l1.5 4.5a2.800 2.800 0 0 1-5.700 0 2.800 2.800 0 0 1-5.600 0 2.800 2.800 0 0 1-5.700 0zM10 20v-5h4v5",
    "sun": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5V5M12 19v2.5M2.5 12H5M19 12h2.5M5.300 5.300L7 7M17 17l1.700 1.700M18.700 5.300L17 7M7 17l-1.700 1.700",
    "switch": "M4 8.5h14.5M15 5l3.5 3.5L15 12M20 15.5H5.5M9 12l-3.5 3.5L9 19",
    "tenants": "M9 3.5h6v5H9zM3 15.5h6v5H3zM15 15.5h6v5h-6zM12 8.5V12M6 15.5V12h12v3.5",
    "trash": "M4.5 6.5h15M9.5 6.5v-3h5v3M6.5 6.5l1 14h9l1-14M10.5 10.5v6M13.5 10.5v6",
    "unlock": "M5.5 10.5h13v9.5h-13zM8.5 10.5V7.5a3.5 3.5 0 0 1 6.700-1.300",
    "upload": "M12 15.5V4.5M7 9l5-4.5L17 9M4.5 19.5h15",
    "users": "M9 4.5a3.700 3.700 0 1 0 0 7.400 3.700 3.700 0 0 0 0-7.400M2.5 20a5.5 5.5 0 0 1 5.5-5h2a5.5 5.5 0 0 1 5.5 5M15.5 5a3.700 3.700 0 0 1 0 6.800M21.5 20a5.5 5.5 0 0 0-3.5-4.700",
    "wallet": "M4 7.5h15.5v12H4zM4 7.5l12-4v4M15 12h4.5v3.5H15a1.700 1.700 0 0 1 0-3.5",
    "warning": "M12 4L2.5 20h19zM12 10v4.5M12 17.300v.01",
    "wrench": "M14.5 7.5l3-3.300a5 5 0 0 0-6.200 6.5L4 18a1.400 1.400 0 0 0 2 2l7.300-7.300a5 5 0 0 0 6.5-6.200l-3.300 3z",
}


SOLID = frozenset({"stop", "play"})
"""Drawn filled: the signs everybody knows from a player."""


DRAWING = Pattern('<svg class="ic{}" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>')


@cache
def icon(name: str, css: str = "") -> SafeString:
    """The drawing of that name; an unknown name is a KeyError, so a typo does not reach a page."""
    classes = "".join(f" {word}" for word in ("solid" if name in SOLID else "", css) if word)
    return DRAWING(classes, ICONS[name])
