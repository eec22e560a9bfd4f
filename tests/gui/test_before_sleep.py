"""Sleep that the system announces: over a real message bus of the test's own, where a stand-in for logind speaks."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from PySide6.QtDBus import QDBusConnection
from pytestqt.qtbot import QtBot

from app import desktop
from app.before_sleep import BeforeSleep
from tests.gui.scripted import Scripted
from tests.gui.shown import home, shown
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None, reason="there is no dbus-daemon to start"
)

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir={folder}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>"""

LOGIND = """
import os, sys, threading
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusUnixFileDescriptor, QDBusVirtualObject

PLACE = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"

def said(line):
    print(line, flush=True)

def watch(reading):
    os.read(reading, 1)  # returns once the last copy of the other end is closed
    said("released")

class Manager(QDBusVirtualObject):
    def introspect(self, path):
        return ""

    def handleMessage(self, message, connection):
        if message.member() != "Inhibit":
            return False
        said(" ".join(message.arguments()))
        reading, writing = os.pipe()
        connection.send(message.createReply([QDBusUnixFileDescriptor(writing)]))
        os.close(writing)
        threading.Thread(target=watch, args=(reading,), daemon=True).start()
        return True

def listen():
    for line in sys.stdin:
        signal = QDBusMessage.createSignal(PLACE, MANAGER, "PrepareForSleep")
        signal.setArguments([line.strip() == "sleep"])
        bus.send(signal)
    os._exit(0)

application = QCoreApplication([])
bus = QDBusConnection.connectToBus(sys.argv[1], "logind")
manager = Manager()
assert bus.registerVirtualObject(PLACE, manager) and bus.registerService("org.freedesktop.login1")
said("up")
threading.Thread(target=listen, daemon=True).start()
application.exec()
"""


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "bus.conf").write_text(BUS.format(folder=tmp_path))
    command = ["dbus-daemon", f"--config-file={tmp_path / 'bus.conf'}", "--nofork", "--nopidfile", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        yield daemon.stdout.readline().strip()
        daemon.kill()


@pytest.fixture
def logind(bus: str) -> Iterator[tuple[IO[str], IO[str]]]:
    """What can be typed at the stand-in, and what it says."""
    with subprocess.Popen(
        [sys.executable, "-c", LOGIND, bus],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process.stdin, process.stdout
        process.kill()


def test_sleep_is_told_held_back_until_ready_and_held_back_again(
    qtbot: QtBot, logind: tuple[IO[str], IO[str]], bus: str
) -> None:
    typed, said = logind
    told: list[bool] = []
    before = BeforeSleep(QDBusConnection.connectToBus(bus, bus))
    before.coming.connect(lambda: told.append(True))
    assert said.readline() == "sleep Nuée to lock the vault delay\n"
    qtbot.waitUntil(lambda: before._delay is not None, timeout=10_000)
    typed.write("sleep\n")
    typed.flush()
    qtbot.waitUntil(lambda: told == [True], timeout=10_000)
    assert select.select([said], [], [], 0.3)[0] == []  # still held back
    before.ready()
    assert said.readline() == "released\n"
    typed.write("awake\n")
    typed.flush()
    qtbot.waitUntil(lambda: before._delay is not None, timeout=10_000)
    assert said.readline() == "sleep Nuée to lock the vault delay\n"
    assert told == [True]


def test_the_vault_is_locked_before_the_machine_sleeps(qtbot: QtBot, logind: tuple[IO[str], IO[str]], bus: str) -> None:
    typed, said = logind
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        home(qtbot, window)
        desktop.lock_before_sleep(window, window._bridge, QDBusConnection.connectToBus(bus, bus))
        before = window.findChildren(BeforeSleep)[0]
        qtbot.waitUntil(lambda: before._delay is not None, timeout=10_000)
        assert said.readline() == "sleep Nuée to lock the vault delay\n"
        typed.write("sleep\n")
        typed.flush()
        qtbot.waitUntil(lambda: scripted.state == "locked", timeout=10_000)
        qtbot.waitUntil(lambda: before._delay is None, timeout=10_000)
        assert said.readline() == "released\n"
        assert window.home is None
