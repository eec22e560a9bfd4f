"""Asking: the answer streams, can be stopped and made anew, and leads to its sources."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.results import CommandFailed, MessageView, ToolChosen, ToolDone, Waiting
from app.views.answer import Answer
from app.views.chip import Chip
from app.views.composer import Composer
from app.views.home import APPROVALS, Home
from app.views.question import Question
from app.views.sealed_text import SealedText
from tests.gui.scripted import BODY, CITATION, QUOTE, START, Scripted
from tests.gui.shown import home, one, press, shown, texts


def ask(page: Home, qtbot: QtBot, question: str) -> None:
    editor = one(page.chat.talk, Composer).findChildren(QPlainTextEdit)[0]
    editor.setPlainText(question)
    QTest.keyClick(editor, Qt.Key.Key_Return)


def answer_text(page: Home) -> str:
    return one(page.chat.talk, Answer).findChildren(SealedText)[0].toPlainText()


def test_an_answer_streams_and_ends_with_its_whole_text(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.held = True
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: answer_text(page) == "The train leaves")
        window._bridge.submit(window, lambda _node: _set(scripted))
        qtbot.waitUntil(lambda: answer_text(page) == "The train leaves at 17:21 [1].")
        assert [chip.text() for chip in page.findChildren(Chip)] != []


async def _set(scripted: Scripted) -> None:
    scripted.hold.set()


def test_the_stage_says_how_many_passages_are_read(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.held = True
    scripted.pieces = ("",)
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: "Reading 3 passages" in texts(one(page.chat.talk, Answer)))


def test_a_stopped_answer_keeps_its_text_and_says_so(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.held = True
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: answer_text(page) == "The train leaves")
        press(window, "Stop")
        qtbot.waitUntil(lambda: not page.chat.talk.answering)
        assert answer_text(page) == "The train leaves"
        assert one(page.chat.talk, Answer)._stopped.isVisibleTo(page)


def test_retry_after_a_stop_stays_in_the_same_conversation(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.held = True
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: answer_text(page) == "The train leaves")
        page.escape()
        qtbot.waitUntil(lambda: not page.chat.talk.answering)
        scripted.held = False
        press(window, "Retry")
        qtbot.waitUntil(lambda: answer_text(page).endswith("17:21 [1]."))
    assert scripted.called("retry") == [(1,)]
    assert len(scripted.talks) == 1


def test_a_failed_answer_says_why_and_can_be_tried_again(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.failure = CommandFailed("worker-died")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: "stopped unexpectedly" in texts(page.chat.talk))
        qtbot.waitUntil(lambda: not page.chat.talk.answering)
        scripted.failure = None
        press(window, "Try again")
        qtbot.waitUntil(lambda: answer_text(page).endswith("17:21 [1]."))


def test_copy_takes_the_markdown(qtbot: QtBot) -> None:
    from PySide6.QtGui import QGuiApplication

    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: bool(page.findChildren(Chip)))
        press(window, "Copy")
        assert QGuiApplication.clipboard().text() == "The train leaves at **17:21** [1]."


def test_a_chip_opens_the_message_with_the_passage_marked(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: bool(page.findChildren(Chip)))
        page.findChildren(Chip)[0].click()
        qtbot.waitUntil(lambda: page.reader.marked_text() == QUOTE)
    assert scripted.called("show") == [(CITATION.id,)]
    assert len(BODY[:START].encode("utf-16-le")) // 2 > START  # an emoji stands before the passage


def test_a_citation_in_the_text_opens_the_message_too(qtbot: QtBot) -> None:
    from PySide6.QtCore import QUrl

    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: bool(page.findChildren(Chip)))
        one(page.chat.talk, Answer).findChildren(SealedText)[0].anchorClicked.emit(QUrl("cite:1"))
        qtbot.waitUntil(lambda: page.reader.marked_text() == QUOTE)


def test_escape_closes_the_reader_first(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        page.open_record("m1")
        qtbot.waitUntil(lambda: "Train de vendredi" in texts(page.reader))
        page.escape()
        assert page.reader.isHidden()


def test_shift_enter_breaks_the_line_and_up_recalls(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        editor = one(page.chat.talk, Composer).findChildren(QPlainTextEdit)[0]
        QTest.keyClicks(editor, "one")
        QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClicks(editor, "two")
        QTest.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: bool(page.findChildren(Chip)))
        QTest.keyClick(editor, Qt.Key.Key_Up)
        assert editor.toPlainText() == "one\ntwo"
    assert scripted.called("ask") == [("one\ntwo", None)]


def test_a_second_question_goes_into_the_same_conversation(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "First?")
        qtbot.waitUntil(lambda: len(page.findChildren(Chip)) == 1)
        ask(page, qtbot, "Second?")
        qtbot.waitUntil(lambda: len(page.findChildren(Chip)) == 2)
    assert scripted.called("ask") == [("First?", None), ("Second?", 1)]


def test_an_answer_goes_on_while_another_conversation_is_looked_at(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.held = True
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: answer_text(page) == "The train leaves")
        first = page.chat.talk
        page.new_chat()
        assert page.chat.talk is not first
        window._bridge.submit(window, lambda _node: _set(scripted))
        qtbot.waitUntil(lambda: len(scripted.talks.get(1, [])) == 2)


def test_a_long_conversation_shows_its_end_first_and_the_rest_on_scrolling_up(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    when = "2026-05-04T09:30:00+00:00"
    scripted.titles[1] = "Long"
    scripted.talks[1] = [
        MessageView("user" if n % 2 == 0 else "assistant", f"message {n}", (), when) for n in range(200)
    ]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.chat.open_conversation(1)
        qtbot.waitUntil(lambda: page.chat.talk.conversation == 1)
        talk = page.chat.talk
        assert "message 199" in texts(talk)
        qtbot.waitUntil(lambda: len(talk.findChildren(Question)) == 10)
        bar = talk._scroll.verticalScrollBar()
        qtbot.waitUntil(lambda: bar.maximum() > 0)

        def all_shown() -> bool:
            bar.setValue(0)
            return len(talk.findChildren(Question)) == 100

        qtbot.waitUntil(all_shown, timeout=30_000)

        def in_order() -> bool:
            laid_out = sorted(talk.findChildren(Question), key=lambda question: question.y())
            return [question.text for question in laid_out] == [f"message {n}" for n in range(0, 200, 2)]

        qtbot.waitUntil(in_order)


def test_a_deleted_conversation_is_gone_after_it_was_confirmed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "When?")
        qtbot.waitUntil(lambda: page.chat._list._list.count() == 1)
        page.chat._list._list.setCurrentRow(0)
        press(page, "Delete")
        box = page.chat._list._box
        assert box is not None
        assert scripted.called("delete_conversation") == []
        next(b for b in box.buttons() if b.text() == "Delete").click()
        qtbot.waitUntil(lambda: page.chat._list._list.count() == 0)
    assert scripted.called("delete_conversation") == [(1,)]


def test_an_empty_vault_is_offered_mail_and_a_full_one_questions(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.records = 0
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        qtbot.waitUntil(lambda: "Your vault is still empty" in texts(page.chat))
    scripted = Scripted("open")
    scripted.settings["sample"] = True
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        qtbot.waitUntil(lambda: "Lighthouse Ledger" in texts(page.chat))


def test_while_a_skill_is_at_work_it_says_which_and_with_what(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.steps = (
        ToolChosen(
            "calendar", "add", "Calendar", (("title", "Dinner with <b>Sophie</b>"), ("start", "20:00")), 1, 3, 9
        ),
        ToolDone("calendar", "add", "done"),
    )
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        ask(page, qtbot, "Add a dinner")
        said = "Using Calendar · title: Dinner with <b>Sophie</b> · start: 20:00 · step 1 of at most 3"
        qtbot.waitUntil(lambda: said in texts(page.chat) and "done" in texts(page.chat))


def test_what_waits_is_a_card_in_the_chat_that_leads_to_the_approvals(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.steps = (Waiting(1, "Send a mail: sophie@example.org"), ToolDone("reply", "send", "waiting"))
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        page.chat.talk.ask("Tell Sophie yes")
        qtbot.waitUntil(lambda: "Send a mail: sophie@example.org" in texts(page.chat.talk))
        qtbot.waitUntil(lambda: not page.chat.talk.answering)
        press(page.chat.talk, "See and answer")
        assert page._views.currentIndex() == APPROVALS
