"""A car as a charger sees it: a battery that takes less the fuller it is. Pure; energy in Wh, power in W."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

TAPER_FROM, TAPER_TO = 0.72, 0.15
"""From this state of charge on the power falls, to this share of it when full."""

RAMP_S = 25.0
"""A charge does not begin with full power."""

BATTERIES = (38_000, 52_000, 60_000, 71_000, 82_000, 100_000)
FAST_W = (60_000, 90_000, 120_000, 150_000, 240_000)
SLOW_W = (7_000, 11_000, 22_000)
LEAST_W = 400
"""What a battery that is nearly full still asks for."""


@dataclass(slots=True)
class Car:
    """``soc`` is between 0 and 1, ``most_w`` what the car can take at best."""

    battery_wh: int
    most_w: int
    soc: float

    @classmethod
    def drawn(cls, chance: Random, *, direct: bool) -> Car:
        """Some car that comes to charge."""
        most = chance.choice(FAST_W if direct else SLOW_W)
        return cls(chance.choice(BATTERIES), most, chance.uniform(0.12, 0.6))

    @property
    def is_full(self) -> bool:
        return self.soc >= 1.0

    def wants(self, offered_w: float, charging_s: float) -> float:
        """The power it takes of what is offered, so long after the charge began."""
        if self.is_full:
            return 0.0
        most = min(offered_w, self.most_w) * min(1.0, 0.1 + charging_s / RAMP_S)
        if self.soc > TAPER_FROM:
            most *= 1.0 - (1.0 - TAPER_TO) * (self.soc - TAPER_FROM) / (1.0 - TAPER_FROM)
        return max(most, min(LEAST_W, offered_w))

    def take(self, wh: float) -> float:
        """Put energy in, as far as there is room; how much went in."""
        taken = min(wh, (1.0 - self.soc) * self.battery_wh)
        self.soc = min(1.0, self.soc + taken / self.battery_wh)
        if self.soc > 0.9999:
            self.soc = 1.0
        return taken
