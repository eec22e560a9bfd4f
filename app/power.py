"""What the machine has to spare: its battery, its load, its networks.  Read anew each time; blocking, a few hundred
microseconds."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

import psutil

LOW = 30.0  # percent: below it, and unplugged, only what the person asks for is done
LOADED = 1.5  # runnable processes for each core, over the last minute


@dataclass(frozen=True)
class Power:
    """`percent`: of the battery; None where there is none.  `networks`: this machine's own addresses, without
    loopback; another set means another place, or a network that came back."""

    plugged: bool = True
    percent: float | None = None
    loaded: bool = False
    networks: frozenset[str] = frozenset()

    @property
    def low(self) -> bool:
        return not self.plugged and self.percent is not None and self.percent < LOW


def read() -> Power:
    """How it stands now.  A machine that cannot say is taken as plugged in and idle."""
    percent, plugged = _battery()
    return Power(plugged, percent, _loaded(), _networks())


def _battery() -> tuple[float | None, bool]:
    """Percent, if there is a battery, and whether the machine is plugged in."""
    try:
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    except (OSError, RuntimeError, ValueError):  # a driver that gives what psutil cannot read
        battery = None
    if battery is None:
        return None, True
    return float(battery.percent), battery.power_plugged is not False  # None: it does not know


def _loaded() -> bool:
    try:
        one_minute, _, _ = psutil.getloadavg()  # on Windows psutil counts by itself
    except OSError:
        return False
    return one_minute / (os.cpu_count() or 1) > LOADED


def _networks() -> frozenset[str]:
    try:
        found = psutil.net_if_addrs()
    except OSError:
        return frozenset()
    return frozenset(
        one.address
        for addresses in found.values()
        for one in addresses
        if one.family in (socket.AF_INET, socket.AF_INET6) and not one.address.startswith(("127.", "::1", "fe80"))
    )
