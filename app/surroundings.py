"""What a node finds around it: clock, chance, the machine's power, the drivers of sources.  Tests bring their own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from app import power
from app.power import Power
from storage.sources import drivers
from storage.sync import Driver


@dataclass(frozen=True)
class Surroundings:
    """`now`: seconds since the epoch, UTC.  `chance`: 0 … 1.  `power` and `driver` block; any thread."""

    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    power: Callable[[], Power] = power.read
    driver: Callable[[str], Driver] = drivers.driver
