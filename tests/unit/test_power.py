"""What the machine has to spare."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from app import power
from app.power import Power


def test_a_real_machine_can_be_asked() -> None:
    found = power.read()
    assert found.percent is None or 0 <= found.percent <= 100
    assert not any(address.startswith("127.") for address in found.networks)


@pytest.mark.parametrize(
    ("battery", "plugged", "low"),
    [
        (None, True, False),
        (SimpleNamespace(percent=20.0, power_plugged=False), False, True),
        (SimpleNamespace(percent=20.0, power_plugged=True), True, False),
        (SimpleNamespace(percent=20.0, power_plugged=None), True, False),
        (SimpleNamespace(percent=31.0, power_plugged=False), False, False),
    ],
)
def test_a_battery_is_low_when_it_is_nearly_empty_and_unplugged(
    monkeypatch: pytest.MonkeyPatch, battery: Any, plugged: bool, low: bool
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    found = power.read()
    assert (found.plugged, found.low) == (plugged, low)


def test_a_machine_that_cannot_say_is_taken_as_plugged_in_and_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise OSError("no such device")

    for name in ("sensors_battery", "getloadavg", "net_if_addrs"):
        monkeypatch.setattr(psutil, name, broken, raising=False)
    assert power.read() == Power()


def test_load_counts_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setattr(psutil, "getloadavg", lambda: (5.9, 0.0, 0.0))
    assert not power.read().loaded
    monkeypatch.setattr(psutil, "getloadavg", lambda: (6.1, 0.0, 0.0))
    assert power.read().loaded


def test_loopback_and_link_local_addresses_say_nothing_of_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def address(family: int, text: str) -> Any:
        return SimpleNamespace(family=family, address=text)

    found = {
        "lo": [address(socket.AF_INET, "127.0.0.1"), address(socket.AF_INET6, "::1")],
        "wlan0": [address(socket.AF_INET, "192.0.2.7"), address(socket.AF_INET6, "fe80::1%wlan0")],
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: found)
    assert power.read().networks == {"192.0.2.7"}
