"""An answer through the window: asked for in the chat, agreed to with a click on its card, brought by a real Exim."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.serving import open_serving
from app.views.approval_card import ApprovalCard
from app.views.composer import Composer
from app.views.home import APPROVALS
from app.window import Window
from tests.e2e.household import Nuee
from tests.e2e.test_correspondence import ADA, ANSWER, ASKED, CARD, ME, letter, mails
from tests.gui.conftest import _collector  # noqa: F401 - the same rule as for every window
from tests.gui.shown import home, one, press, texts, window_over
from tests.gui.test_with_node import create
from tests.servers import dovecot, smtpd
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.smtpd import Exim

SLOW = 60_000  # milliseconds
CLICK = Qt.MouseButton.LeftButton
BEFORE = "Dear Ada,\r\n\r\nthank you, that was a lovely day.\r\n\r\nAll the best\r\nMax"


@pytest.fixture(name="exim")
def exim_fixture() -> Iterator[Exim]:
    if reason := smtpd.missing() or dovecot.missing():
        pytest.skip(reason)
    with Exim() as server:
        yield server


@pytest.fixture(name="mailbox")
def mailbox_fixture() -> Iterator[Dovecot]:
    with Dovecot() as server:
        server.add_user(ME)
        server.deliver(ME, "INBOX", "1772600000.1.x", letter(f"Ada Byron <{ADA}>", f"Max <{ME}>", "Friday", ASKED))
        server.deliver(ME, "Sent", "1772500000.1.x:2,S", letter(f"Max <{ME}>", f"Ada <{ADA}>", "Boats", BEFORE))
        yield server


def read_mail(nuee: Nuee, folder: Path, mailbox: Dovecot, exim: Exim) -> None:
    """An account that reads and sends, and Ada among the contacts; the commands are handed to the window."""
    (folder / "password").write_text(PASSWORD)
    (folder / "ada.vcf").write_text(CARD)
    trusted = folder / "trusted.pem"
    trusted.write_text(mailbox.authority.file.read_text() + exim.authority.file.read_text())
    account = ["--host", "localhost", "--port", str(mailbox.port), "--user", ME, "--ca-file", str(trusted)]
    account += ["--smtp-host", "localhost", "--smtp-port", str(exim.port)]
    nuee.said("sources", "add", "contacts", str(folder / "ada.vcf"))
    nuee.said("sources", "add", "imap", *account, "--password-file", str(folder / "password"))
    nuee.said("sources", "sync")


def say(window: Window, text: str) -> None:
    editor = one(window, Composer).findChildren(QPlainTextEdit)[0]
    editor.setPlainText(text)
    QTest.keyClick(editor, Qt.Key.Key_Return)


def once(card: ApprovalCard) -> QPushButton:
    return next(one for one in card._buttons if one.accessibleName() == "Once")


@pytest.mark.timeout(300)
def test_a_mail_leaves_with_the_click_on_what_it_says_and_not_before(
    qtbot: QtBot, tmp_path: Path, mailbox: Dovecot, exim: Exim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path / "no-models"))
    profile = tmp_path / "profile"
    with window_over(qtbot, Bridge(profile, open_node=open_serving)) as window:
        create(qtbot, window)
        press(window, "Later")
        qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)
        page = home(qtbot, window)
        read_mail(Nuee(profile), tmp_path, mailbox, exim)
        qtbot.waitUntil(lambda: "still empty" not in texts(page.chat.talk), timeout=SLOW)
        say(window, "answer Ada that I can come on Friday, and send it")
        qtbot.waitUntil(lambda: "Look at it under Approvals" in texts(page.chat.talk), timeout=SLOW)
        page.turn_to(APPROVALS)
        qtbot.waitUntil(lambda: bool(page.approvals.findChildren(ApprovalCard)), timeout=SLOW)
        card = one(page.approvals, ApprovalCard)
        shown = texts(card)
        assert all(said in shown for said in (ADA, "Re: Friday", ANSWER))
        card.hold()
        QTest.mouseClick(once(card), CLICK)  # it has just come under the hand: no answer yet
        assert Nuee(profile).json("approvals")["approvals"][0]["state"] == "pending"

        qtbot.waitUntil(lambda: once(card).isEnabled(), timeout=SLOW)
        assert exim.delivered("one") == b""
        QTest.mouseClick(once(card), CLICK)
        qtbot.waitUntil(lambda: "Done." in texts(card), timeout=SLOW)
        (got,) = mails(exim, 1)
        assert got.get_content().replace("\r\n", "\n").strip() == ANSWER
        assert (got["To"], got["Subject"], got["Auto-Submitted"]) == (ADA, "Re: Friday", None)
