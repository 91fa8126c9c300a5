"""Names of files as strangers write them, made harmless for reading. Pure.

A name is never a path here: files are stored under names of our own.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
NAMELESS = "upload.bin"

_NOT_IN_NAMES = re.compile(r"""[\\/:*?"<>|%;\x00-\x1f\x7f]+""")


def clean_name(text: str, default: str = NAMELESS) -> str:
    """The last part of what may have been a path, without characters that mean something to anybody.

    At most 120 characters, of which the end with its suffix stays; ``default`` where nothing is left.
    """
    last = unicodedata.normalize("NFKC", text).replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    visible = "".join(one for one in last if unicodedata.category(one)[0] != "C")
    name = _NOT_IN_NAMES.sub("_", visible).strip(" .")
    return name[-LONGEST:].strip(" .") or default
