"""How a pile must be spoken to: the house's defaults, changed by its model, changed by the pile itself.

Settings are kept as JSON objects that hold only what differs. A layer that holds nonsense changes
nothing: a pile is never locked out by a typing error in a setting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ocpp_gateway.wire import PileRecord


@dataclass(frozen=True, slots=True)
class Quirks:
    """``boot_answer``: Accepted, Pending or Rejected (OCPP 1.6 §4.2). ``clock_zone``: of times without a zone.

    ``id_tag_prefix`` and ``id_tag_suffix`` are cut off an idTag before it is matched, then it is read
    backwards byte by byte where ``id_tag_reversed``, then leading zeros go where ``id_tag_cut_zeros``.
    ``register``: ``absolute``, or ``relative`` where meter values count from the start of each transaction.
    ``energy_unit``: what energy really is in, whatever its label says: ``kWh`` and ``10Wh`` count for
    registers and for values labelled Wh or not at all, ``Wh`` for values labelled kWh.
    ``key_form``: how the key must be written into the header, ``raw``, ``hex`` or ``either``.
    ``connection_timeout_s``: how long the pile waits for the plug.
    """

    boot_answer: str = "Accepted"
    heartbeat_interval_s: int = 300
    clock_zone: str = "UTC"
    ping: bool = True
    require_subprotocol: bool = True
    id_tag_prefix: str = ""
    id_tag_suffix: str = ""
    id_tag_reversed: bool = False
    id_tag_cut_zeros: bool = False
    max_frame_bytes: int = 4 * 1024 * 1024
    register: str = "absolute"
    energy_unit: str = "as_labelled"
    key_form: str = "either"
    connection_timeout_s: int = 120


DEFAULTS = Quirks()
CHOICES: Mapping[str, tuple[str, ...]] = {
    "boot_answer": ("Accepted", "Pending", "Rejected"),
    "register": ("absolute", "relative"),
    "energy_unit": ("as_labelled", "kWh", "10Wh", "Wh"),
    "key_form": ("either", "raw", "hex"),
}
RANGES: Mapping[str, range] = {
    "heartbeat_interval_s": range(10, 86_401),
    "connection_timeout_s": range(1, 3_601),
    "max_frame_bytes": range(64 * 1024, 16 * 1024 * 1024 + 1),
}
LONGEST_CUT = 20
NAMES = frozenset(field.name for field in fields(Quirks))
_SPOKEN = NAMES & {field.name for field in fields(PileRecord)}


def read_quirks(layers: Iterable[Mapping[str, Any] | None]) -> Quirks:
    """The settings in force; a later layer wins."""
    quirks = DEFAULTS
    for layer in layers:
        if isinstance(layer, Mapping):
            sane = {name: value for name, value in layer.items() if is_sane(name, value)}
            quirks = replace(quirks, **sane)
    return quirks


def spoken(quirks: Quirks) -> dict[str, Any]:
    """The settings that the gateway itself goes by, as the fields of a ``PileRecord``."""
    return {name: getattr(quirks, name) for name in _SPOKEN}


def is_sane(name: str, value: Any) -> bool:
    """Whether there is such a setting and it may have this value."""
    if name not in NAMES or type(value) is not type(getattr(DEFAULTS, name)):
        return False
    if name in CHOICES:
        return value in CHOICES[name]
    if name in RANGES:
        return value in RANGES[name]
    if name == "clock_zone":
        return is_zone(value)
    return not isinstance(value, str) or len(value) <= LONGEST_CUT


def is_zone(name: str) -> bool:
    """Whether the name is a time zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)
