"""Several things in one line: languages part them differently (``a, b`` and ``a、b`` or ``a，b``).

And what is put into a sentence: Chinese keeps a space beside Latin letters and figures, and none between its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from django.utils.translation import pgettext

_GAP: Final = re.compile(r"(?<=[，。：；！？]) |(?<=[\u4e00-\u9fff]) (?=的|星期)")


def enumerated(parts: Iterable[object]) -> str:
    """Words or short phrases, one after the other: ``2 stations, 1 open order``."""
    return pgettext("between the parts of an enumeration", ", ").join(map(str, parts))


def clauses(parts: Iterable[object]) -> str:
    """What is said one after the other, without what is empty: ``31 full minutes × 0.50, after 15 min grace``."""
    return pgettext("between the clauses of a line", ", ").join(str(part) for part in parts if part)


def closed_up(text: object) -> str:
    """Sentences, and what was put into them: ``杭州站 的订单`` has no gap, ``HQ-07 的订单`` keeps it."""
    return _GAP.sub("", str(text))
