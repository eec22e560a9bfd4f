"""The page of identity, wallet and receipts, in the window: what leads to it, and what it says unasked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.chain_results import ChainChanged
from app.views.account import RECEIPTS, WALLET, Account
from app.views.home import ACCOUNT
from app.wallet_results import TransactionChanged, WalletAsks
from tests.gui.scripted_identity import ADA, ScriptedIdentity
from tests.gui.scripted_wallet import ASK, PAID, REHEARSING, ScriptedWallet
from tests.gui.shown import home, one, shown, texts


class WithWallet(ScriptedIdentity):
    """Trio thread, but for the attributes that a test sets before."""

    def __init__(self) -> None:
        super().__init__(ADA)
        self.purse = ScriptedWallet(REHEARSING)
        self.purse_shown = REHEARSING

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["purse"], name)


def test_a_key_leads_to_the_page_and_it_begins_with_who_one_is(qtbot: QtBot) -> None:
    with shown(qtbot, WithWallet()) as window:
        home(qtbot, window)
        QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(lambda: one(window, Account).isVisible())
        qtbot.waitUntil(lambda: "did:key:" in texts(one(window, Account).identity))


def test_each_part_is_filled_when_it_is_turned_to(qtbot: QtBot) -> None:
    with shown(qtbot, WithWallet()) as window:
        home(qtbot, window).turn_to(ACCOUNT)
        account = one(window, Account)
        account.tabs.turn_to(WALLET)
        qtbot.waitUntil(lambda: "NREH" in texts(account.wallet))
        account.tabs.turn_to(RECEIPTS)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert account.receipts.isVisible()


def test_a_signature_that_waits_is_counted_beside_the_name_of_the_page(qtbot: QtBot) -> None:
    scripted = WithWallet()
    scripted.to_sign = [ASK]
    with shown(qtbot, scripted) as window:
        part = home(qtbot, window).navigation
        qtbot.waitUntil(lambda: "Identity, 1 signature waits for you" in _names(part))
        scripted.listener(WalletAsks(ASK.digest, 0))
        qtbot.waitUntil(lambda: "Identity, 1 signature waits for you" not in _names(part))


def test_another_chain_is_shown_at_once(qtbot: QtBot) -> None:
    scripted = WithWallet()
    with shown(qtbot, scripted) as window:
        home(qtbot, window).turn_to(ACCOUNT)
        account = one(window, Account)
        qtbot.waitUntil(lambda: "Base Sepolia" in texts(account.identity))
        assert "Agent 7" in texts(account.identity)
        scripted.me = ADA.__class__(**{**vars(ADA), "agent": None, "network": "Sepolia"})
        scripted.listener(ChainChanged())
        qtbot.waitUntil(lambda: "Agent 7" not in texts(account.identity))


def test_what_was_sent_is_shown_as_it_stands_once_the_node_tells(qtbot: QtBot) -> None:
    scripted = WithWallet()
    scripted.purse.history = [replace(PAID, state="sent", state_text="sent, waits for a block")]
    with shown(qtbot, scripted) as window:
        home(qtbot, window).turn_to(ACCOUNT)
        account = one(window, Account)
        account.tabs.turn_to(WALLET)
        qtbot.waitUntil(lambda: "waits for a block" in texts(account.wallet))
        scripted.purse.history = [PAID]
        scripted.listener(TransactionChanged("", "final"))
        qtbot.waitUntil(lambda: "waits for a block" not in texts(account.wallet))


def test_an_agent_is_shown_once_what_registers_it_is_final(qtbot: QtBot) -> None:
    scripted = WithWallet()
    scripted.me = replace(ADA, agent=None)
    with shown(qtbot, scripted) as window:
        home(qtbot, window).turn_to(ACCOUNT)
        account = one(window, Account)
        qtbot.waitUntil(lambda: "Register…" in _names(account.identity))
        scripted.me = ADA
        scripted.listener(TransactionChanged("", "final"))
        qtbot.waitUntil(lambda: "Agent 7" in texts(account.identity))


def _names(part: object) -> list[str]:
    return [button.accessibleName() for button in part.findChildren(QAbstractButton)]  # type: ignore[attr-defined]
