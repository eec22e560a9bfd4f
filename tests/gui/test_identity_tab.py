"""The tab of the person's identity, over canned commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.agent_results import CheckRow, ServiceRow
from app.backup_results import PHRASE_CONFIRMED
from app.results import CommandFailed
from app.views.agent_lookup import AgentLookup
from app.views.backup import Backup
from app.views.identity import IdentityTab
from app.views.parts import column
from app.views.recovery_phrase import RecoveryPhrase
from app.views.register_agent import RegisterAgent
from app.views.secrets import AskNewPhrase
from app.views.sheet import Sheet
from tests.gui.scripted_identity import ACCOUNT, ADA, AGENT, DID, DRAFT, NOBODY, PEER, UNREGISTERED, ScriptedIdentity
from tests.gui.shown import home, one, press, shown, texts


@contextmanager
def tab(qtbot: QtBot, scripted: ScriptedIdentity, language: str = "en") -> Iterator[IdentityTab]:
    """The tab in a real window."""
    with shown(qtbot, scripted, language) as window:
        home(qtbot, window)
        page = IdentityTab(window._desk)
        sheet = Sheet(column(page), 760, middle=False)
        sheet.setParent(window)
        sheet.resize(window.size())
        sheet.show()
        page.refresh()
        qtbot.waitUntil(lambda: DID in plain(page) or page._notice.isVisible())
        yield page


def plain(root: QWidget) -> str:
    """What it shows, as it reads: where long words may be broken is no sign."""
    return texts(root).replace("\u200b", "")


def dialog(qtbot: QtBot, page: IdentityTab, caption: str = "Register…") -> RegisterAgent:
    press(page, caption)
    qtbot.waitUntil(lambda: bool(page.window().findChildren(RegisterAgent)))
    return one(page.window(), RegisterAgent)


def put(root: QWidget, name: str, text: str) -> None:
    [line] = [edit for edit in root.findChildren(QLineEdit) if edit.accessibleName() == name]
    line.setText(text)


def seen(qtbot: QtBot, asked: RegisterAgent) -> None:
    press(asked, "See what becomes public")
    qtbot.waitUntil(lambda: "Exactly this becomes public" in plain(asked) and asked._draft is not None)


def can(root: QWidget, name: str) -> bool:
    return any(
        b.isVisible() and b.isEnabled() for b in root.findChildren(QAbstractButton) if b.accessibleName() == name
    )


def test_without_a_chain_it_says_that_contacts_work_without(qtbot: QtBot) -> None:
    with tab(qtbot, ScriptedIdentity()) as page:
        said = plain(page)
        assert "none is needed with contacts" in said
        assert "Everybody else: nothing" in said
        wanted: list[bool] = []
        page.wanted_chain.connect(lambda: wanted.append(True))
        press(page, "Choose a chain…")
        assert wanted == [True]


def test_it_says_what_is_missing_and_leads_there(qtbot: QtBot) -> None:
    with tab(qtbot, ScriptedIdentity()) as page:
        said = plain(page)
        assert "No backup was made yet." in said
        assert "Nobody has typed words of the recovery phrase back." in said
        assert "You have not said how you are called" in said
        press(page, "Make a backup…")
        one(page.window(), Backup).reject()
        press(page, "Make a new phrase…")
        one(page.window(), AskNewPhrase).reject()


def test_what_is_done_is_said_with_its_day(qtbot: QtBot) -> None:
    with tab(qtbot, ScriptedIdentity(ADA)) as page:
        assert "you typed words of it back (" in plain(page)
        assert "The last backup was made " in plain(page)


@pytest.mark.parametrize(
    ("name", "value"), [("Identity (did:key)", DID), ("Account (did:pkh)", ACCOUNT), ("Node (peer id)", PEER)]
)
def test_each_name_is_shown_whole_and_copied(qtbot: QtBot, name: str, value: str) -> None:
    with tab(qtbot, ScriptedIdentity(ADA)) as page:
        assert value in plain(page)
        press(page, f"Copy: {name}")
        assert QGuiApplication.clipboard().text() == value
        assert f"Copied: {name}." in plain(page)


def test_a_verified_agent_is_shown_with_the_public_file(qtbot: QtBot) -> None:
    with tab(qtbot, ScriptedIdentity(ADA)) as page:
        said = plain(page)
        assert "Agent 7 on Base Sepolia: Ada" in said
        assert "Whoever looks you up can verify it all." in said
        assert '"description": "Reads mail."' in said


def test_an_agent_that_cannot_be_verified_says_why(qtbot: QtBot) -> None:
    why = CheckRow("owner", False, "agent-owner", "The owner is somebody else.")
    with tab(qtbot, ScriptedIdentity(replace(ADA, agent=replace(AGENT, verified=False, checks=(why,))))) as page:
        assert "✗  The owner is somebody else." in plain(page)
        spoken = [found.accessibleName() for found in page.findChildren(QLabel)]
        assert "Does not hold: The owner is that account. The owner is somebody else." in spoken


def test_a_name_with_hidden_characters_is_spelled_out(qtbot: QtBot) -> None:
    with tab(
        qtbot, ScriptedIdentity(replace(ADA, agent=replace(AGENT, name="A\u202e", file='{"x": "\u202e"}')))
    ) as page:
        assert "A⟦U+202E⟧" in plain(page)
        assert "\u202e" not in plain(page)


def test_a_wallet_that_cannot_be_opened_says_so_and_the_rest_is_there(qtbot: QtBot) -> None:
    with tab(qtbot, ScriptedIdentity(replace(NOBODY, problem="The wallet is damaged."))) as page:
        assert "The wallet is damaged." in plain(page)
        assert DID in plain(page)


def test_a_failure_is_told_and_can_be_tried_again(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity()
    scripted.refusal = CommandFailed("locked")
    with tab(qtbot, scripted) as page:
        assert page._notice.isVisible()
        press(page, "Try again")
        qtbot.waitUntil(lambda: DID in plain(page))


def test_a_registration_that_is_behind_says_so(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity(ADA)
    with tab(qtbot, scripted) as page:
        qtbot.waitUntil(lambda: page._stale is not None and page._stale.isVisible())
        scripted.draft = replace(DRAFT, changes=False)
        page.refresh()
        qtbot.waitUntil(lambda: page._stale is not None and not page._stale.isVisible())


def test_somebody_is_looked_up_and_the_reasons_shown(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity(ADA)
    bad = CheckRow("owner", False, "agent-owner", "The owner is somebody else.")
    service = ServiceRow("web", "javascript:alert(1)", "", ("a\u202eb",), (), True)
    scripted.other = replace(
        AGENT, mine=False, verified=False, alike="Bob", checks=(CheckRow("file", True), bad), services=(service,),
        description="<b>Trust</b> me",
    )  # fmt: skip
    with tab(qtbot, scripted) as page:
        found = one(page, AgentLookup)
        put(found, "Number, owner’s address, contact, or peer id", "7")
        press(found, "Look")
        qtbot.waitUntil(lambda: "Nobody you know." in plain(found))
        said = plain(found)
        assert "It is not believed to be who it says." in said
        assert "it is called like your contact Bob" in said
        assert "✗  The owner is somebody else." in said
        assert "javascript:alert(1) (not an address that Nuée would open)" in said
        assert "a⟦U+202E⟧b" in said
        assert "<b>Trust</b> me" in said
    assert scripted.called("show_agent") == [("7",)]


def test_nobody_is_looked_up_before_somebody_is_named_and_a_failure_stays_at_the_field(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity(ADA)
    with tab(qtbot, scripted) as page:
        found = one(page, AgentLookup)
        press(found, "Look")
        assert "Say first whom to look for." in plain(found)
        put(found, "Number, owner’s address, contact, or peer id", "9")
        scripted.refusal = CommandFailed("agent-unknown", agent="9")
        press(found, "Look")
        qtbot.waitUntil(lambda: "There is no agent 9" in plain(found))
        assert can(found, "Look")


def test_words_of_the_phrase_that_were_typed_back_are_remembered(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity()
    with tab(qtbot, scripted) as page:
        phrase = RecoveryPhrase(page._desk, " ".join(["one"] * 24), asked=(0,))
        qtbot.addWidget(phrase)
        one(phrase, QLineEdit).setText("one")
        phrase._check()
        qtbot.waitUntil(lambda: PHRASE_CONFIRMED in scripted.settings)


def test_nothing_is_published_that_was_not_shown(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity(UNREGISTERED)
    with tab(qtbot, scripted) as page:
        asked = dialog(qtbot, page)
        assert not can(asked, "Publish")
        seen(qtbot, asked)
        assert '"name": "Ada"' in plain(asked)
        assert "for everybody and for good" in plain(asked)
        press(asked, "Publish")
        qtbot.waitUntil(lambda: "Agent 7 on Base Sepolia" in plain(page))
    assert scripted.called("register_agent") == [(DRAFT.digest, "Ada", None, False, "", "")]


def test_changing_a_word_after_looking_asks_to_look_again(qtbot: QtBot) -> None:
    with tab(qtbot, ScriptedIdentity(UNREGISTERED)) as page:
        asked = dialog(qtbot, page)
        seen(qtbot, asked)
        put(asked, "What is said of it", "Pays well.")
        assert not can(asked, "Publish")
        assert not asked.findChildren(QPlainTextEdit) or not asked.findChildren(QPlainTextEdit)[0].isVisible()
        asked.reject()


def test_addresses_are_published_only_when_they_are_ticked(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity(UNREGISTERED)
    with tab(qtbot, scripted) as page:
        asked = dialog(qtbot, page)
        assert not one(asked, QCheckBox).isChecked()
        one(asked, QCheckBox).click()
        seen(qtbot, asked)
        asked.reject()
    assert scripted.called("draft_registration") == [("Ada", None, True, "", False)]


def test_a_network_with_real_money_says_so(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity(UNREGISTERED)
    scripted.draft = replace(DRAFT, real_value=True)
    with tab(qtbot, scripted) as page:
        asked = dialog(qtbot, page)
        seen(qtbot, asked)
        assert "real money" in plain(asked)
        asked.reject()


def test_what_the_chain_says_already_is_not_published_again(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity(ADA)
    scripted.draft = replace(DRAFT, changes=False, agent=7)
    with tab(qtbot, scripted) as page:
        asked = dialog(qtbot, page, "Look at it, or change it…")
        seen(qtbot, asked)
        assert "exactly this already" in plain(asked)
        assert not can(asked, "Publish")
        asked.reject()


def test_a_refusal_is_told_and_nothing_typed_is_lost(qtbot: QtBot) -> None:
    scripted = ScriptedIdentity(UNREGISTERED)
    with tab(qtbot, scripted) as page:
        asked = dialog(qtbot, page)
        put(asked, "Name in public", "Ada L.")
        seen(qtbot, asked)
        scripted.refusal = CommandFailed("agent-agreed")
        press(asked, "Publish")
        qtbot.waitUntil(lambda: "Look at it again" in plain(asked))
        assert can(asked, "Publish")
        assert "Ada L." in plain(asked)
        asked.reject()


def test_a_hosted_file_is_saved_first_and_its_address_published_then(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.register_agent.pick_new_file", lambda _parent, then, *_words: then(["/tmp/a.json"]))
    scripted = ScriptedIdentity(UNREGISTERED)
    with tab(qtbot, scripted) as page:
        asked = dialog(qtbot, page)
        one(asked, QComboBox).setCurrentIndex(1)
        assert not can(asked, "Save the file…")
        seen(qtbot, asked)
        assert not can(asked, "Publish")
        press(asked, "Save the file…")
        qtbot.waitUntil(lambda: "/tmp/a.json: put it on your server" in plain(asked))
        put(asked, "Its address there", "https://ada.example/agent.json")
        seen(qtbot, asked)
        press(asked, "Publish")
        qtbot.waitUntil(lambda: len(scripted.called("register_agent")) == 2)
    saved, published = scripted.called("register_agent")
    assert saved == (DRAFT.digest, "Ada", None, False, "", "/tmp/a.json")
    assert published == (DRAFT.digest, "Ada", None, False, "https://ada.example/agent.json", "")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_control_has_a_name_in_both_languages(qtbot: QtBot, language: str) -> None:
    with tab(qtbot, ScriptedIdentity(ADA), language) as page:
        for control in page.findChildren(QAbstractButton):
            assert control.accessibleName() or control.text()


def test_the_window_stays_the_place_of_its_parts(qtbot: QtBot) -> None:
    with tab(qtbot, ScriptedIdentity(ADA)) as page:
        before = page.findChildren(QPlainTextEdit)
        page.refresh()
        qtbot.waitUntil(lambda: page._desk.bridge.pending == 0)
        assert page.findChildren(QPlainTextEdit) == before
