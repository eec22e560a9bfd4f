"""The inbox of approvals: what is shown, what a click does and does not do, the badge, the standing rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.skill_results import ApprovalsChanged, DraftRow, RuleRow
from app.views import approval_card
from app.views.approval_card import ApprovalCard
from app.views.approvals import ANSWERED, DRAFTS, RULES, Approvals
from app.views.home import APPROVALS, CHAT
from app.views.plain import revealed
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import DIGEST, LETTER, approval, when
from tests.gui.shown import home, one, press, shown, texts
from tests.gui.test_window import nameless


def page_of(qtbot: QtBot, window: Window, scripted: Scripted) -> Approvals:
    """The page, once it shows everything that waits."""
    page = home(qtbot, window)
    page.turn_to(APPROVALS)
    waiting = sum(row.state in ("pending", "unknown") for row in scripted.asked)
    qtbot.waitUntil(lambda: len(page.approvals._cards) == waiting and window._bridge.pending == 0)
    return page.approvals


@contextmanager
def waiting(qtbot: QtBot) -> Iterator[tuple[Scripted, Approvals]]:
    """The page while one question waits."""
    scripted = Scripted("open")
    scripted.asked = [approval(1)]
    with shown(qtbot, scripted) as window:
        yield scripted, page_of(qtbot, window, scripted)


def answer(qtbot: QtBot, card: ApprovalCard, name: str) -> None:
    """As soon as the buttons do something."""
    found = next(b for b in card._buttons if b.accessibleName() == name)
    qtbot.waitUntil(found.isEnabled)
    found.click()


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval_card, "HOLD_MS", 1)


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_a_card_shows_the_whole_mail_and_where_it_goes(qtbot: QtBot) -> None:
    with waiting(qtbot) as (_, page):
        assert one(page._cards[1], QPlainTextEdit).toPlainText() == LETTER
        said = texts(page)
        for part in (
            "Send a mail to sophie@example.org",
            "Re: Train de vendredi",
            "Asked by the skill reply",
            "written by somebody else",
            "Expires",
        ):
            assert part in said


def test_a_sender_that_could_not_be_verified_is_marked(qtbot: QtBot) -> None:
    with waiting(qtbot) as (_, page):
        assert texts(page).count("sender not verified") == 1  # the mail; a note has no sender


def test_a_verified_sender_is_not_marked(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    row = approval(1)
    scripted.asked = [replace(row, sources=(replace(row.sources[0], authenticated=True),))]
    with shown(qtbot, scripted) as window:
        assert "sender not verified" not in texts(page_of(qtbot, window, scripted))


def test_what_led_to_it_opens(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1)]
    with shown(qtbot, scripted) as window:
        press(page_of(qtbot, window, scripted), "Open Train de vendredi · Sophie Laurent")
        qtbot.waitUntil(lambda: scripted.called("show") == [("m1",)])


def test_characters_without_a_shape_are_named(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1, fields=(("To", "sophie@example.org\u202e\u200bgro.live@"),), title="Send\u202e it")]
    with shown(qtbot, scripted) as window:
        said = texts(page_of(qtbot, window, scripted))
        assert "sophie@example.org⟦U+202E⟧⟦U+200B⟧gro.live@" in said
        assert "Send⟦U+202E⟧ it" in said


@pytest.mark.parametrize("text", ["Élodie, 😀 family 👨\u200d👩\u200d👧", "two\nlines\tand a tab", "مرحبا"])
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert revealed(text) == text


def test_markup_in_a_field_is_shown_as_text(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1, fields=(("To", "<b>sophie@example.org</b>"),))]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        labels = [w for w in page.findChildren(type(page._cards[1]._title)) if "<b>" in w.text()]
        assert labels
        assert all(w.textFormat() == Qt.TextFormat.PlainText for w in labels)


def test_an_empty_inbox_says_what_will_appear_there(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        home(qtbot, window).turn_to(APPROVALS)
        qtbot.waitUntil(lambda: "Nothing waits for you" in texts(window))


# -- the answer --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(
    ("name", "decision"), [("Once", "once"), ("Always for this", "always"), ("No", "no"), ("Never", "never")]
)
def test_an_answer_hands_back_what_was_shown(qtbot: QtBot, name: str, decision: str) -> None:
    with waiting(qtbot) as (scripted, page):
        answer(qtbot, page._cards[1], name)
        qtbot.waitUntil(lambda: scripted.called("answer_approval") == [(1, decision, DIGEST)])


@pytest.mark.usefixtures("_at_once")
def test_a_second_click_does_nothing(qtbot: QtBot) -> None:
    with waiting(qtbot) as (scripted, page):
        card = page._cards[1]
        once, always = card._buttons[:2]
        qtbot.waitUntil(once.isEnabled)
        once.click()
        for again in (once, always):
            again.setEnabled(True)
            again.click()
        qtbot.waitUntil(lambda: "Done." in texts(card))
        assert len(scripted.called("answer_approval")) == 1


def test_what_appears_under_the_pointer_takes_no_click_at_first(qtbot: QtBot) -> None:
    with waiting(qtbot) as (scripted, page):
        card = page._cards[1]
        card.hold()
        card._buttons[0].click()
        QTest.keyClick(card._buttons[0], Qt.Key.Key_Space)
        assert not card._buttons[0].isEnabled()
        qtbot.waitUntil(card._buttons[0].isEnabled)
        assert scripted.called("answer_approval") == []


@pytest.mark.usefixtures("_at_once")
def test_a_card_that_moves_or_changes_holds_its_buttons_again(qtbot: QtBot) -> None:
    with waiting(qtbot) as (_, page):
        card = page._cards[1]
        qtbot.waitUntil(card._buttons[0].isEnabled)
        card._hold.setInterval(60_000)
        card.show_approval(approval(1, fields=(("To", "mallory@example.org"),), digest="cd" * 32))
        assert not any(one.isEnabled() for one in card._buttons)
        card._hold.stop()
        card._release()
        assert all(one.isEnabled() for one in card._buttons)
        card.move(card.x(), card.y() + 50)
        assert not any(one.isEnabled() for one in card._buttons)


@pytest.mark.usefixtures("_at_once")
def test_what_changed_since_it_was_shown_is_not_done_but_shown_anew(qtbot: QtBot) -> None:
    with waiting(qtbot) as (scripted, page):
        scripted.asked = [approval(1, fields=(("To", "bob@example.org"),), digest="cd" * 32)]
        answer(qtbot, page._cards[1], "Once")
        qtbot.waitUntil(lambda: "bob@example.org" in texts(page._cards[1]))
        assert page._cards[1]._notice.isVisible()
        assert scripted.asked[0].state == "pending"


@pytest.mark.usefixtures("_at_once")
def test_what_became_of_it_stays_in_sight_until_the_page_is_left(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1), approval(2)]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        answer(qtbot, page._cards[1], "Once")
        qtbot.waitUntil(lambda: "Done." in texts(page._cards[1]))
        page.refresh()
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert set(page._cards) == {1, 2}
        home(qtbot, window).turn_to(CHAT)
        home(qtbot, window).turn_to(APPROVALS)
        qtbot.waitUntil(lambda: set(page._cards) == {2})


@pytest.mark.usefixtures("_at_once")
def test_an_effect_that_is_unknown_asks_whether_it_happened(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1, state="unknown")]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        assert "Did it happen?" in texts(page)
        assert "Once" not in [b.accessibleName() for b in page._cards[1]._buttons]
        answer(qtbot, page._cards[1], "Yes, it happened")
        qtbot.waitUntil(lambda: bool(scripted.called("answer_approval")))


def test_always_says_which_rule_it_leaves_and_is_not_offered_without_one(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1), approval(2, always="", never="")]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        assert "“Always for this” leaves this rule: Without asking: send a mail" in texts(page._cards[1])
        assert [b.accessibleName() for b in page._cards[2]._buttons] == ["Once", "No"]


def test_what_was_answered_is_listed_with_its_outcome(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1, state="done", outcome="Sent at noon."), approval(2, state="expired")]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        page._tabs.turn_to(ANSWERED)
        qtbot.waitUntil(lambda: "Done. Sent at noon." in texts(page))
        assert "Expired without an answer; nothing was done." in texts(page)


# -- the badge ---------------------------------------------------------------------------------------------------------


def test_the_badge_and_the_title_say_how_much_waits(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1), approval(2)]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        qtbot.waitUntil(lambda: window.windowTitle() == "(2) Nuée")
        names = [b.accessibleName() for b in page.navigation.findChildren(QAbstractButton)]
        assert "Approvals, 2 wait for you" in names
        scripted.listener(ApprovalsChanged(0))
        qtbot.waitUntil(lambda: window.windowTitle() == "Nuée")
        assert not page.navigation._badges[APPROVALS].isVisible()


def test_a_locked_window_does_not_say_how_much_waits(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1)]
    with shown(qtbot, scripted) as window:
        home(qtbot, window)
        qtbot.waitUntil(lambda: window.windowTitle() == "(1) Nuée")
        window.lock()
        assert window.windowTitle() == "Nuée"


def test_what_the_node_asks_appears_while_the_page_is_looked_at(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        scripted.asked = [approval(1)]
        scripted.listener(ApprovalsChanged(1))
        qtbot.waitUntil(lambda: set(page._cards) == {1})


OWN = RuleRow(4, "Never: fetch a web page.", {"effect": "deny", "act": "fetch", "skill": "news"}, when(days=-2))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_control_has_an_accessible_name(qtbot: QtBot, language: str) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(1), approval(2, state="unknown"), approval(3, state="done")]
    scripted.standing.append(OWN)
    with shown(qtbot, scripted, language) as window:
        page = page_of(qtbot, window, scripted)
        for part in (ANSWERED, RULES):
            page._tabs.turn_to(part)
            qtbot.waitUntil(lambda: window._bridge.pending == 0)
        page.rules._open_form(OWN)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert nameless(window) == []


# -- drafts ------------------------------------------------------------------------------------------------------------

DRAFT = DraftRow(5, ("sophie@example.org",), "Re: Train", LETTER, "m1", "reply", when(hours=-1), ("bob@example.org",))


def test_a_draft_is_shown_whole_and_leads_to_what_it_answers(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.drafted = [DRAFT]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        page._tabs.turn_to(DRAFTS)
        qtbot.waitUntil(lambda: "To sophie@example.org, bob@example.org" in texts(page.drafts))
        assert one(page.drafts, QPlainTextEdit).toPlainText() == LETTER
        press(page.drafts, "The mail it answers")
        qtbot.waitUntil(lambda: scripted.called("show") == [("m1",)])


def test_a_draft_is_thrown_away_after_a_question(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.drafted = [DRAFT]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        page._tabs.turn_to(DRAFTS)
        press(page.drafts, "Throw away…")
        box = one(window, QMessageBox)
        assert scripted.called("drop_draft") == []
        next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == "Throw away").click()
        qtbot.waitUntil(lambda: "No drafts" in texts(page.drafts))
