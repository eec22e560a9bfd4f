"""The window as a program: `nuee open`."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from app import preferences
from app.bridge import Bridge
from app.collector import Collector
from app.profile import Profile
from app.results import StateChanged
from app.texts import system_language
from app.theme.theme import Theme
from app.window import Window

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection


def run(home: Path) -> int:
    """Show the window for the profile at `home` until it is closed; the exit status.

    A second call on the same profile brings the first one's window to the front and returns at once.
    """
    if _shown_elsewhere(home):
        return 0
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("nuee")
    application.setApplicationDisplayName("Nuée")
    application.setDesktopFileName("nuee")
    application.setQuitOnLastWindowClosed(False)
    chosen = preferences.read(home)
    theme = Theme(application)
    theme.choose(chosen["theme"])
    language = system_language() if chosen["language"] == "system" else chosen["language"]
    bridge = Bridge(home, open_node=_open_serving)
    window = Window(bridge, theme, language)
    window.finished.connect(application.quit)
    if sys.platform == "linux":
        from PySide6.QtDBus import QDBusConnection

        lock_before_sleep(window, bridge, QDBusConnection.systemBus())
    window.show()
    collector = Collector(application)
    with _closed_by_signals(window):
        bridge.start()
        status = application.exec()
    bridge.join()
    collector.stop()
    return status


def lock_before_sleep(window: Window, bridge: Bridge, bus: QDBusConnection) -> None:
    """Lock when the machine tells that it is about to sleep, and let it sleep once the node has."""
    from app.before_sleep import BeforeSleep

    before = BeforeSleep(bus, window)

    def lock() -> None:
        if window.home is None:
            before.ready()
        window.lock()

    def heard(note: object) -> None:
        if note == StateChanged("locked"):
            before.ready()

    before.coming.connect(lock)
    bridge.noted.connect(heard)


def _open_serving(home: Path, listener: Callable[[object], None]) -> AbstractAsyncContextManager[Any]:
    """The node's own imports are heavy: they happen on its thread, after the first paint."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[Any]:
        from app.serving import open_serving

        async with open_serving(home, listener) as node:
            yield node

    return opening()


def _shown_elsewhere(home: Path) -> bool:
    """Whether another process has this profile's window, which then comes to the front."""
    profile = Profile(home)
    if not profile.socket_key.exists():
        return False
    from app import forward

    try:
        return bool(forward.send(profile, "raise", {}, lambda _: None, "en")["raised"])
    except (forward.Unreachable, forward.ForwardedFailure):
        return False


@contextlib.contextmanager
def _closed_by_signals(window: Window) -> Iterator[None]:
    """SIGINT and SIGTERM close the window in good order.

    Python runs signal handlers only between its own instructions, of which an idle Qt loop has none: the wakeup
    descriptor makes one.
    """
    if sys.platform == "win32":
        yield
        return
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    before = {number: signal.signal(number, lambda *_: window.close()) for number in (signal.SIGINT, signal.SIGTERM)}
    descriptor = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(reading.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: reading.recv(64))
    try:
        yield
    finally:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        reading.close()
        writing.close()
