"""The wallet in the window, over canned commands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.results import CommandFailed
from app.texts import text
from app.views.wallet import WalletTab
from app.views.wallet_ask import WalletAskCard
from app.views.wallet_others import DelegateAdd
from app.views.wallet_proof import WalletExport, WalletProof
from app.views.wallet_rate import WalletRate
from app.wallet_results import Movement, WalletAsks, WalletView
from storage.vault import VaultError
from tests.gui.scripted_skills import when
from tests.gui.scripted_wallet import (
    ADDRESS,
    ASK,
    DELEGATE,
    DID,
    HASH,
    KEY,
    NO_CHAIN,
    OTHER,
    PAID,
    PASSPHRASE,
    REAL,
    REHEARSING,
    ScriptedWallet,
    money,
    shown_wallet,
)
from tests.gui.shown import press, texts

_LONG = 60_000
WRONG = text("error.wrong-secret", "en")


def field(root: QWidget, name: str) -> QLineEdit:
    [found] = [one for one in root.findChildren(QLineEdit) if one.accessibleName() == name and one.isVisible()]
    return found


def dialog(kind: type[QWidget]) -> QWidget:
    [found] = [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]
    return found


def opened(qtbot: QtBot, kind: type[QWidget]) -> QWidget:
    qtbot.waitUntil(
        lambda: any(isinstance(one, kind) and one.isVisible() for one in QApplication.topLevelWidgets()), timeout=_LONG
    )
    return dialog(kind)


def enabled(tab: WalletTab, name: str) -> bool:
    return any(
        one.isEnabled() for one in tab.findChildren(QAbstractButton) if one.accessibleName() == name and one.isVisible()
    )


def test_without_a_chain_it_says_what_one_is_for_and_begins_the_rehearsal_at_a_click(qtbot: QtBot) -> None:
    scripted = ScriptedWallet(NO_CHAIN)
    with shown_wallet(qtbot, scripted) as tab:
        assert "Nothing here needs one" in texts(tab)
        assert not tab._limits.isVisible()
        press(tab, "Begin the rehearsal")
        qtbot.waitUntil(lambda: "On the chain “rehearsal”" in texts(tab), timeout=_LONG)
        assert not tab._empty.isVisible()
    assert scripted.called("use_chain") == [("rehearsal", "")]


def test_balances_and_whether_they_are_money_stand_first(qtbot: QtBot) -> None:
    with shown_wallet(qtbot, ScriptedWallet()) as tab:
        said = texts(tab._account)
        assert "9987.5\u00a0NREH" in said
        assert "worth nothing" in said


def test_real_money_is_said_and_shown_at_the_persons_own_rate(qtbot: QtBot) -> None:
    own = replace(REAL, balances=(replace(money("50"), worth="49\u00a0EUR at your own rate"),))
    with shown_wallet(qtbot, ScriptedWallet(own)) as tab:
        said = texts(tab._account)
        assert "Real money: this is on Base." in said
        assert "49\u00a0EUR at your own rate" in said
        assert "Nuée asks nobody for prices" in said


def test_the_person_says_what_a_token_is_worth_to_them(qtbot: QtBot) -> None:
    scripted = ScriptedWallet(replace(REAL, rate=""))
    with shown_wallet(qtbot, scripted) as tab:
        press(tab, "Set what a token is worth to you…")
        asked = opened(qtbot, WalletRate)
        field(asked, "One token is worth").setText("0.98")
        field(asked, "Currency").setText("EUR")
        press(asked, "Set it")
        qtbot.waitUntil(lambda: "one token is 0.98 EUR" in texts(tab._account), timeout=_LONG)
    assert scripted.called("set_rate") == [("EUR", "0.98")]


def test_an_address_is_short_until_it_is_wanted_whole_and_is_copied_whole(qtbot: QtBot) -> None:
    with shown_wallet(qtbot, ScriptedWallet()) as tab:
        assert ADDRESS not in texts(tab)
        press(tab, "Copy the address")
        assert QGuiApplication.clipboard().text() == ADDRESS
        press(tab, "Show it whole")
        assert ADDRESS in texts(tab)


def test_what_waits_is_agreed_to_once(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.asks = [ASK]
    counted: list[int] = []
    with shown_wallet(qtbot, scripted) as tab:
        tab.waiting.connect(counted.append)
        assert "1 signature waits for you" in texts(tab)
        qtbot.waitUntil(lambda: enabled(tab, "Agree, once"), timeout=_LONG)
        press(tab, "Agree, once")
        qtbot.waitUntil(lambda: not tab.findChildren(WalletAskCard), timeout=_LONG)
        qtbot.waitUntil(lambda: counted[-1:] == [0], timeout=_LONG)
    assert scripted.called("decide_wallet_ask") == [(ASK.digest, True)]


def test_what_waits_is_declined(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.asks = [ASK]
    with shown_wallet(qtbot, scripted) as tab:
        qtbot.waitUntil(lambda: enabled(tab, "Decline"), timeout=_LONG)
        press(tab, "Decline")
        qtbot.waitUntil(lambda: bool(scripted.called("decide_wallet_ask")), timeout=_LONG)
    assert scripted.called("decide_wallet_ask") == [(ASK.digest, False)]


def test_nobody_presses_what_they_did_not_see(qtbot: QtBot) -> None:
    """A card that has just come takes no answer."""
    scripted = ScriptedWallet()
    with shown_wallet(qtbot, scripted) as tab:
        scripted.asks = [ASK]
        scripted.listener(WalletAsks(ASK.digest, 1))
        qtbot.waitUntil(lambda: bool(tab.findChildren(WalletAskCard)), timeout=_LONG)
        card = tab.findChildren(WalletAskCard)[-1]
        qtbot.waitUntil(lambda: enabled(tab, "Agree, once"), timeout=_LONG)
        card.hide()
        card.show()
        assert not enabled(tab, "Agree, once")


def test_real_money_shows_every_value_at_once(qtbot: QtBot) -> None:
    scripted = ScriptedWallet(REAL)
    scripted.asks = [replace(ASK, real=True)]
    with shown_wallet(qtbot, scripted) as tab:
        [card] = tab.findChildren(WalletAskCard)
        assert "This is real money." in texts(card)
        assert any(OTHER in one.accessibleName() and one.isVisible() for one in card.findChildren(QWidget))


def test_an_answer_that_came_too_late_is_told(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.asks = [ASK]
    scripted.refusal = VaultError("wallet-ask-used", "")
    with shown_wallet(qtbot, scripted) as tab:
        qtbot.waitUntil(lambda: enabled(tab, "Agree, once"), timeout=_LONG)
        press(tab, "Agree, once")
        qtbot.waitUntil(lambda: "has happened already" in texts(tab), timeout=_LONG)


def test_a_limit_is_changed_where_it_stands(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    with shown_wallet(qtbot, scripted) as tab:
        assert field(tab, "For one task").text() == "1000"
        assert not enabled(tab, "Save the limits")
        field(tab, "For one task").setText("20")
        press(tab, "Save the limits")
        qtbot.waitUntil(lambda: not enabled(tab, "Save the limits"), timeout=_LONG)
        assert field(tab, "For one task").text() == "20"
    [(wanted, _token, chain, secret)] = scripted.called("set_limits")
    assert (wanted, chain, secret) == ({"task": "20"}, "rehearsal", "")


def test_what_somebody_types_is_not_taken_from_them(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    with shown_wallet(qtbot, scripted) as tab:
        field(tab, "For a day").setText("77")
        tab.refresh()
        qtbot.waitUntil(lambda: tab._desk.bridge.pending == 0, timeout=_LONG)
        assert field(tab, "For a day").text() == "77"


def test_an_amount_that_is_none_is_said_at_its_field(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.refusal = CommandFailed("amount", text="much")
    with shown_wallet(qtbot, scripted) as tab:
        field(tab, "For a day").setText("much")
        press(tab, "Save the limits")
        qtbot.waitUntil(lambda: "is not an amount" in tab._limits._fields["day"].complaint, timeout=_LONG)


def test_a_looser_limit_with_real_money_takes_the_passphrase(qtbot: QtBot) -> None:
    scripted = ScriptedWallet(REAL)
    scripted.needs_proof = True
    with shown_wallet(qtbot, scripted) as tab:
        field(tab, "For one task").setText("2000")
        press(tab, "Save the limits")
        asked = opened(qtbot, WalletProof)
        secret = field(asked, "Passphrase, or recovery phrase")
        assert secret.echoMode() == QLineEdit.EchoMode.Password
        secret.setText("not it")
        press(asked, "Allow it")
        qtbot.waitUntil(lambda: WRONG in texts(asked), timeout=_LONG)
        secret.setText(PASSPHRASE)
        press(asked, "Allow it")
        qtbot.waitUntil(lambda: field(tab, "For one task").text() == "2000", timeout=_LONG)
        qtbot.waitUntil(lambda: not enabled(tab, "Save the limits"), timeout=_LONG)
    assert [args[-1] for args in scripted.called("set_limits")] == ["", "not it", PASSPHRASE]


def test_the_wallet_can_be_told_to_sign_nothing_for_a_chain(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    with shown_wallet(qtbot, scripted) as tab:
        press(tab, "Sign nothing for this chain")
        qtbot.waitUntil(lambda: enabled(tab, "Let the wallet sign for this chain"), timeout=_LONG)
    assert scripted.called("turn_network") == [("rehearsal", False, "")]


def test_the_history_speaks_in_words_and_shows_the_rest_when_asked(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.history = [PAID]
    with shown_wallet(qtbot, scripted) as tab:
        assert "Pay 12.5\u00a0NREH into escrow" in texts(tab._history)
        assert "done" in texts(tab._history)
        assert not any(HASH in one.accessibleName() and one.isVisible() for one in tab.findChildren(QWidget))
        press(tab._history, "Details")
        assert any(HASH in one.accessibleName() and one.isVisible() for one in tab.findChildren(QWidget))


def test_an_address_that_is_broken_over_lines_is_copied_as_it_is(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.history = [PAID]
    with shown_wallet(qtbot, scripted) as tab:
        press(tab._history, "Details")
        [shown] = [one for one in tab.findChildren(QLabel) if one.accessibleName().endswith(HASH) and one.isVisible()]
        assert shown.text() != HASH  # it may be broken
        shown.setSelection(0, len(shown.text()))
        QTest.keyClick(shown, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == HASH


def test_what_came_in_is_told_with_who_paid(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.came = (
        Movement("in", money("3"), OTHER, "the escrow", HASH, 9, when(minutes=-5)),
        Movement("out", money("4"), OTHER, "", HASH, 9, when(minutes=-5)),
    )
    with shown_wallet(qtbot, scripted) as tab:
        qtbot.waitUntil(lambda: "3\u00a0NREH from the escrow" in texts(tab._history), timeout=_LONG)
        assert "4\u00a0NREH" not in texts(tab._history)


def test_a_chain_with_money_on_it_takes_the_passphrase_before_it_is_used(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    with shown_wallet(qtbot, scripted) as tab:
        tab._account.wanted_chain.emit("base")
        asked = opened(qtbot, WalletProof)
        field(asked, "Passphrase, or recovery phrase").setText(PASSPHRASE)
        press(asked, "Allow it")
        qtbot.waitUntil(lambda: "Real money" in texts(tab._account), timeout=_LONG)
    assert scripted.called("use_chain") == [("base", ""), ("base", PASSPHRASE)]


def test_authority_is_given_with_its_limits_and_taken_away(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.needs_proof = True
    with shown_wallet(qtbot, scripted) as tab:
        press(tab, "Give authority…")
        adding = opened(qtbot, DelegateAdd)
        press(adding, "Give authority")
        assert "This is needed." in texts(adding)
        field(adding, "Contact, or key").setText(DID)
        field(adding, "What you call it").setText("my phone")
        field(adding, "For one task").setText("5")
        press(adding, "Give authority")
        asked = opened(qtbot, WalletProof)
        field(asked, "Passphrase, or recovery phrase").setText(PASSPHRASE)
        press(asked, "Allow it")
        qtbot.waitUntil(lambda: "my phone" in texts(tab._delegates), timeout=_LONG)
        press(tab, "Take authority from my phone")
        box = opened(qtbot, QMessageBox)
        assert isinstance(box, QMessageBox)
        next(one for one in box.buttons() if one.text() == "Take it away").click()
        qtbot.waitUntil(lambda: "my phone" not in texts(tab._delegates), timeout=_LONG)
    who, name, _day, limits, secret = scripted.called("add_delegate")[-1]
    assert (who, name, limits, secret) == (DID, "my phone", {"task": "5"}, PASSPHRASE)
    assert scripted.called("remove_delegate") == [(DID,)]


def test_authority_that_is_over_says_so(qtbot: QtBot) -> None:
    over = replace(DELEGATE, over=True, until=when(days=-2))
    with shown_wallet(qtbot, ScriptedWallet(replace(REHEARSING, delegates=(over,)))) as tab:
        assert "Over since" in texts(tab._delegates)


def test_an_address_is_looked_at_and_let_go(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    with shown_wallet(qtbot, scripted) as tab:
        field(tab._watching, "Address").setText(OTHER)
        field(tab._watching, "Name").setText("Savings")
        press(tab, "Look at it")
        qtbot.waitUntil(lambda: "3\u00a0NREH" in texts(tab._watching), timeout=_LONG)
        press(tab, "Look at Savings no more")
        qtbot.waitUntil(lambda: "Savings" not in texts(tab._watching), timeout=_LONG)


def test_what_is_no_address_is_said_at_the_field(qtbot: QtBot) -> None:
    scripted = ScriptedWallet()
    scripted.refusal = VaultError("wallet-address", "")
    with shown_wallet(qtbot, scripted) as tab:
        field(tab._watching, "Address").setText("savings")
        press(tab, "Look at it")
        qtbot.waitUntil(lambda: "not an address" in tab._watching._address.complaint, timeout=_LONG)


def test_the_private_key_is_shown_after_the_passphrase_alone(qtbot: QtBot) -> None:
    with shown_wallet(qtbot, ScriptedWallet()) as tab:
        press(tab, "Show the private key…")
        export = opened(qtbot, WalletExport)
        assert "owns what is on the account" in texts(export)
        field(export, "Passphrase, or recovery phrase").setText("not it")
        press(export, "Show it")
        qtbot.waitUntil(lambda: WRONG in texts(export), timeout=_LONG)
        assert KEY[:30] not in texts(export)
        field(export, "Passphrase, or recovery phrase").setText(PASSPHRASE)
        press(export, "Show it")
        qtbot.waitUntil(lambda: KEY in texts(export).replace("\u200b", ""), timeout=_LONG)
        press(export, "Close")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("view", [NO_CHAIN, REHEARSING, REAL], ids=["none", "rehearsal", "real"])
def test_everything_that_can_be_used_has_a_name_and_is_reached_by_the_keyboard(
    qtbot: QtBot, language: str, view: WalletView
) -> None:
    scripted = ScriptedWallet(view)
    scripted.asks, scripted.history = [ASK], [PAID]
    with shown_wallet(qtbot, scripted, language) as tab:
        every = [*tab.findChildren(QAbstractButton), *tab.findChildren(QLineEdit)]
        controls: list[QWidget] = [one for one in every if one.isVisible()]
        assert [one for one in controls if not one.accessibleName()] == []
        assert all(one.focusPolicy() & Qt.FocusPolicy.TabFocus for one in controls)
