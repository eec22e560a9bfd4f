"""The wallet in the window over a real node: the rehearsal at a click, limits, an address, authority and the key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import shiboken6
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.theme.theme import Theme
from app.views.desk import Desk
from app.views.parts import column
from app.views.sheet import Sheet
from app.views.wallet import WalletTab
from app.views.wallet_others import DelegateAdd
from app.views.wallet_proof import WalletExport, WalletProof
from app.views.wording import Words
from tests.gui.shown import press, texts
from tests.gui.test_wallet import enabled, field, opened

PASSPHRASE = "gravel otter lantern seventeen"
OTHER = "0x" + "99" * 20
DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
SLOW = 180_000


@contextmanager
def over_node(qtbot: QtBot, home: Path) -> Iterator[WalletTab]:
    """The tab over a new profile, which is open."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme, bridge = Theme(application), Bridge(home)
    ended: list[object] = []
    bridge.stopped.connect(ended.append)
    tab = WalletTab(Desk(bridge, Words("en"), theme))
    bridge.noted.connect(lambda _event: tab.wallet_changed())
    window = QWidget()
    window.setLayout(column(Sheet(column(tab), 760, middle=False)))
    window.resize(900, 780)
    window.show()
    qtbot.waitExposed(window)
    bridge.start()
    made: list[object] = []
    bridge.submit(tab, "create", PASSPHRASE, on_done=made.append)
    qtbot.waitUntil(lambda: bool(made), timeout=SLOW)
    tab.refresh()
    try:
        yield tab
    finally:
        window.close()
        bridge.stop()
        qtbot.waitUntil(lambda: bool(ended), timeout=SLOW)
        bridge.join()
        theme.deleteLater()
        shiboken6.delete(window)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_from_nothing_to_a_rehearsal_with_limits_authority_and_a_key(qtbot: QtBot, tmp_path: Path) -> None:
    with over_node(qtbot, tmp_path / "home") as tab:
        qtbot.waitUntil(lambda: tab._empty.isVisible(), timeout=SLOW)
        press(tab, "Begin the rehearsal", 60)
        qtbot.waitUntil(lambda: "10\u202f000\u00a0NREH" in texts(tab._account), timeout=SLOW)

        field(tab, "For one task").setText("12.5")
        press(tab, "Save the limits", 60)
        qtbot.waitUntil(lambda: not enabled(tab, "Save the limits"), timeout=SLOW)
        assert field(tab, "For one task").text() == "12.5"

        press(tab, "Sign nothing for this chain", 60)
        qtbot.waitUntil(lambda: enabled(tab, "Let the wallet sign for this chain"), timeout=SLOW)

        field(tab._watching, "Address").setText(OTHER)
        field(tab._watching, "Name").setText("Savings")
        press(tab, "Look at it", 60)
        qtbot.waitUntil(lambda: "0\u00a0NREH" in texts(tab._watching), timeout=SLOW)

        press(tab, "Give authority…", 60)
        adding = opened(qtbot, DelegateAdd)
        field(adding, "Contact, or key").setText(DID)
        field(adding, "What you call it").setText("my phone")
        field(adding, "For one task").setText("5")
        press(adding, "Give authority", 60)
        asked = opened(qtbot, WalletProof)
        field(asked, "Passphrase, or recovery phrase").setText(PASSPHRASE)
        press(asked, "Allow it", 60)
        qtbot.waitUntil(lambda: "A task 5\u00a0NREH" in texts(tab._delegates), timeout=SLOW)

        press(tab, "Show the private key…", 60)
        export = opened(qtbot, WalletExport)
        field(export, "Passphrase, or recovery phrase").setText(PASSPHRASE)
        press(export, "Show it", 60)
        qtbot.waitUntil(lambda: len(export._key.text().replace("\u200b", "")) == 66, timeout=SLOW)  # type: ignore[attr-defined]
        press(export, "Close", 60)
