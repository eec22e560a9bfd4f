"""Linux: the machine tells before it sleeps (logind, over the system bus), so that the vault is locked by then.

Where nobody tells, the node notices by its clocks once the machine is awake again (`app.presence`).
https://systemd.io/INHIBITOR_LOCKS/: a *delay* lock holds sleep back, 5 s at most by default, until it is closed.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

_PLACE = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")


class BeforeSleep(QObject):
    """Qt thread only.  `coming`: the machine is about to sleep, and waits until `ready` is called."""

    coming = Signal()

    def __init__(self, bus: QDBusConnection, parent: QObject | None = None) -> None:
        """`bus`: the system's.  Harmless where there is none: it never tells anything then."""
        super().__init__(parent)
        self._bus = bus
        self._delay: QDBusMessage | None = None  # the reply, which owns the descriptor
        slot: Any = SLOT("_told(bool)")  # a str works and bytes do not, whatever the stub says
        self.listening = self._bus.isConnected() and self._bus.connect(*_PLACE, "PrepareForSleep", self, slot)
        if self.listening:
            self._hold()

    def ready(self) -> None:
        """The machine may sleep now."""
        self._delay = None  # closes the descriptor in it

    @Slot(bool)
    def _told(self, sleeping: bool) -> None:
        if sleeping:
            self.coming.emit()
        else:
            self._hold()

    def _hold(self) -> None:
        call = QDBusMessage.createMethodCall(*_PLACE, "Inhibit")
        call.setArguments(["sleep", "Nuée", "to lock the vault", "delay"])
        self._asked = QDBusPendingCallWatcher(self._bus.asyncCall(call), self)
        self._asked.finished.connect(self._granted)

    @Slot(QDBusPendingCallWatcher)
    def _granted(self, watcher: QDBusPendingCallWatcher) -> None:
        reply = watcher.reply()
        self._delay = None if watcher.isError() else reply
        watcher.deleteLater()
