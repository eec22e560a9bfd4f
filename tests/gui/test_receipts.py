"""Receipts in the window: the list, one in words, a file of somebody else's, saving, removing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.receipt_results import ChainCheck, ReceiptRow, ReceiptsChanged, Verified
from app.results import CommandFailed
from app.theme.tokens import SPACE
from app.views.home import TASKS
from app.views.parts import column
from app.views.receipt_dialog import ReceiptDialog
from app.views.receipts import ReceiptDrop, ReceiptLink, ReceiptsTab
from app.views.sheet import Sheet
from app.views.wording import Words
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_receipts import SETTLED, THEIRS, receipt_row, receipt_view
from tests.gui.scripted_swarm import BOB, CLEO, TASK, task_row, view
from tests.gui.shown import drop, home, one, press, shown, texts

SHOW = "Show the receipt: Prompt, by Bob"


def with_receipts(*rows: ReceiptRow) -> Scripted:
    scripted = Scripted("open")
    scripted.receipt_rows = rows
    return scripted


@contextmanager
def tab(qtbot: QtBot, scripted: Scripted, language: str = "en") -> Iterator[tuple[Window, ReceiptsTab]]:
    """The tab in the place of a page of the window."""
    with shown(qtbot, scripted, language) as window:
        page = home(qtbot, window)
        found = ReceiptsTab(page._desk)
        page._views.setCurrentIndex(page._views.addWidget(Sheet(column(found), 760, middle=False)))
        found.refresh()
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        yield window, found


def named(root: QWidget, beginning: str) -> str:
    """The accessible name of the one button whose name begins like that."""
    (found,) = {
        b.accessibleName() for b in root.findChildren(QAbstractButton) if b.accessibleName().startswith(beginning)
    }
    return found


def dialog_of(qtbot: QtBot, window: Window) -> ReceiptDialog:
    qtbot.waitUntil(lambda: bool(window.findChildren(ReceiptDialog)))
    found = one(window, ReceiptDialog)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return found


def test_without_any_it_says_what_to_do_next(qtbot: QtBot) -> None:
    with tab(qtbot, with_receipts()) as (_, page):
        said = texts(page)
        assert "There is no receipt yet" in said
        assert "give one under “Tasks”" in said


def test_each_says_with_whom_what_when_how_it_ended_and_for_how_much(qtbot: QtBot) -> None:
    rows = (receipt_row(), receipt_row("bb" * 32, role="participant", amount="", token="", price="", outcome="failed",
                                       peer_name="Cleo", peer_id=CLEO.peer_id))  # fmt: skip
    with tab(qtbot, with_receipts(*rows)) as (_, page):
        said = texts(page)
        assert "Prompt, by Bob" in said
        assert "Done · 250 credit · " in said
        assert "Prompt, for Cleo" in said
        assert "Failed · free of charge · " in said


def test_one_is_shown_in_words_with_what_it_proves(qtbot: QtBot) -> None:
    with tab(qtbot, with_receipts(receipt_row())) as (window, page):
        press(page, named(page, SHOW))
        said = texts(dialog_of(qtbot, window))
        for part in (
            "Verified",
            "Each of the 4 messages was signed by the node that sent it",
            "You made this receipt of them.",
            "It does not prove that nothing else was said",
            "Why is the sky blue",
            "Bob: I would, 250 credit",
            "You: agreed, do it",
            "Bob: done, here is the result",
        ):
            assert part in said.replace("\u200b", ""), part


def test_somebody_elses_file_is_verified_when_it_is_dropped(qtbot: QtBot, tmp_path: Path) -> None:
    scripted = with_receipts()
    scripted.receipt_files["theirs.nuee-receipt"] = Verified(True, THEIRS)
    (tmp_path / "theirs.nuee-receipt").write_bytes(b"x")
    with tab(qtbot, scripted) as (window, page):
        drop(one(page, ReceiptDrop), tmp_path / "theirs.nuee-receipt")
        dialog = dialog_of(qtbot, window)
        said = texts(dialog)
        assert "Bob made this receipt of them." in said
        assert "Bob: it did not work: not in the time there was" in said
        assert dialog._save.isHidden()
        assert scripted.called("import_paths") == []


def test_a_file_that_is_not_believed_says_so_and_why(qtbot: QtBot, tmp_path: Path) -> None:
    scripted = with_receipts()
    path = tmp_path / "bad.nuee-receipt"
    path.write_bytes(b"x")
    scripted.receipt_files[path.name] = Verified(False, code="receipt-encoding", reason="This file is not a receipt.")
    with tab(qtbot, scripted) as (window, page):
        page.open_file(str(path))
        said = texts(dialog_of(qtbot, window))
        assert "Not verified" in said
        assert "This file is not a receipt." in said
        assert "Do not rely on this file." in said


def test_what_it_says_of_a_chain_is_a_claim_until_it_is_compared(qtbot: QtBot) -> None:
    scripted = with_receipts(receipt_row())
    scripted.receipt_views["aa" * 32] = receipt_view(settlement=SETTLED)
    with tab(qtbot, scripted) as (window, page):
        page.open_receipt("aa" * 32)
        dialog = dialog_of(qtbot, window)
        assert "is the word of whoever made it, until you compare it" in texts(dialog)
        press(dialog, "Compare with the chain")
        qtbot.waitUntil(lambda: "stands on “rehearsal”" in texts(dialog))


def test_what_does_not_stand_on_the_chain_is_said_with_the_reason(qtbot: QtBot) -> None:
    scripted = with_receipts()
    scripted.chain_check = ChainCheck(False, "rehearsal", ("claim-price",), ("What was paid in is not the price.",))
    scripted.receipt_files["a"] = Verified(True, replace(THEIRS, settlement=SETTLED))
    with tab(qtbot, scripted) as (window, page):
        page.open_file("/home/camille/a")
        dialog = dialog_of(qtbot, window)
        press(dialog, "Compare with the chain")
        qtbot.waitUntil(lambda: "What was paid in is not the price." in texts(dialog))


def test_where_no_chain_is_in_use_that_is_said_and_it_can_be_tried_again(qtbot: QtBot) -> None:
    scripted = with_receipts(receipt_row())
    scripted.receipt_views["aa" * 32] = receipt_view(settlement=SETTLED)
    scripted.refusal = CommandFailed("airplane")
    with tab(qtbot, scripted) as (window, page):
        page.open_receipt("aa" * 32)
        dialog = dialog_of(qtbot, window)
        press(dialog, "Compare with the chain")
        qtbot.waitUntil(dialog._notice.isVisible)
        assert dialog._compare.isEnabled()


def test_a_file_can_be_chosen_with_the_keyboard(qtbot: QtBot) -> None:
    with tab(qtbot, with_receipts()) as (window, page):
        page.setFocus()
        focused = window.focusWidget()
        assert focused is not None
        assert focused.accessibleName() == "Verify a file…"
        press(page, "Verify a file…")
        assert one(window, QFileDialog).isVisible()


def test_it_is_saved_where_the_person_says_under_its_own_suffix(qtbot: QtBot, tmp_path: Path) -> None:
    scripted = with_receipts(receipt_row())
    with tab(qtbot, scripted) as (window, page):
        press(page, named(page, "Save the receipt"))
        one(window, QFileDialog).filesSelected.emit([str(tmp_path / "mine")])
        qtbot.waitUntil(lambda: "Saved as" in texts(page))
    assert scripted.called("save_receipt") == [("aa" * 32, str(tmp_path / "mine.nuee-receipt"))]


def test_a_file_that_is_there_already_is_not_overwritten_and_that_is_said(qtbot: QtBot) -> None:
    scripted = with_receipts(receipt_row())
    scripted.refusal = CommandFailed("receipt-exists", path="/home/camille/mine.nuee-receipt")
    with tab(qtbot, scripted) as (window, page):
        press(page, named(page, "Save the receipt"))
        one(window, QFileDialog).filesSelected.emit(["/home/camille/mine.nuee-receipt"])
        qtbot.waitUntil(page._notice.isVisible)
        assert "Nothing is overwritten" in texts(page._notice)


def test_removing_one_asks_first(qtbot: QtBot) -> None:
    scripted = with_receipts(receipt_row())
    with tab(qtbot, scripted) as (window, page):
        press(page, named(page, "Remove the receipt"))
        question = one(window, QMessageBox)
        assert "you can no longer prove what was agreed" in question.text()
        assert scripted.called("remove_receipt") == []
        next(one for one in question.buttons() if one.text() == "Remove it").click()
        qtbot.waitUntil(lambda: "There is no receipt yet" in texts(page))
    assert scripted.called("remove_receipt") == [("aa" * 32,)]


def test_one_whose_words_were_forgotten_says_so_and_shows_nothing(qtbot: QtBot) -> None:
    with tab(qtbot, with_receipts(receipt_row(words=False))) as (_, page):
        assert "Its words went with a record that you forgot." in texts(page)
        assert "Show" not in texts(page).splitlines()


def test_what_a_peer_wrote_is_shown_as_text_and_hidden_characters_are_spelled_out(qtbot: QtBot) -> None:
    scripted = with_receipts(receipt_row(peer_name="Bob\u202e<b>x</b>"))
    scripted.receipt_views["aa" * 32] = replace(THEIRS, asked={"prompt": "Pay \u202enow <img src=x>"})
    with tab(qtbot, scripted) as (window, page):
        assert "Bob⟦U+202E⟧<b>x</b>" in texts(page).replace("\u200b", "")
        page.open_receipt("aa" * 32)
        assert "Pay ⟦U+202E⟧now <img src=x>" in texts(dialog_of(qtbot, window)).replace("\u200b", "")


def test_the_page_of_a_task_leads_to_its_receipts(qtbot: QtBot) -> None:
    rows = (receipt_row(), receipt_row("bb" * 32, peer_name="Cleo"))
    with shown(qtbot, with_receipts(*rows)) as window:
        link = ReceiptLink(home(qtbot, window)._desk)
        qtbot.addWidget(link)
        link.show_task(view(task_row(state="done")))
        qtbot.waitUntil(lambda: "Receipt of Cleo…" in texts(link))
        assert "leaves its receipt, with every word in it" in texts(link)


def test_a_receipt_that_is_made_while_its_task_is_looked_at_shows_itself(qtbot: QtBot) -> None:
    scripted = with_receipts()
    scripted.given = [view(task_row(state="done"))]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(TASKS)
        page.tasks.open_task(TASK)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert page.tasks.detail._receipts.isHidden()
        scripted.receipt_rows = (receipt_row(),)
        scripted.listener(ReceiptsChanged())
        press(page.tasks.detail, "Receipt…")
        assert "You made this receipt" in texts(dialog_of(qtbot, window))


def test_a_task_that_goes_on_asks_for_no_receipt(qtbot: QtBot) -> None:
    with shown(qtbot, with_receipts(receipt_row())) as window:
        link = ReceiptLink(home(qtbot, window)._desk)
        qtbot.addWidget(link)
        link.show_task(view(task_row(state="working")))
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert link.isHidden()


def test_a_task_without_a_receipt_shows_no_way_to_one(qtbot: QtBot) -> None:
    with shown(qtbot, with_receipts()) as window:
        link = ReceiptLink(home(qtbot, window)._desk)
        qtbot.addWidget(link)
        link.show_task(view(task_row(state="done")))
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert link.isHidden()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sentence_of_it_is_in_the_persons_language(qtbot: QtBot, language: str) -> None:
    with tab(qtbot, with_receipts(receipt_row()), language) as (window, page):
        page.open_receipt("aa" * 32)
        said = texts(dialog_of(qtbot, window))
        assert Words(language)("receipts.not_proved") in said
        assert Words(language)("said.accept-proposal") in said


def test_nothing_of_it_is_wider_than_a_small_window(qtbot: QtBot) -> None:
    with tab(qtbot, with_receipts(receipt_row(peer_name="B" * 300))) as (window, page):
        window.resize(640, 480)
        page.open_receipt("aa" * 32)
        dialog = dialog_of(qtbot, window)
        assert dialog.width() <= window.width()
        seen = [part for part in dialog.findChildren(QLabel) if part.isVisible()]
        assert [part.text() for part in seen if part.width() > dialog.width() - 2 * SPACE] == []
        assert page.minimumSizeHint().width() <= window.width()
        assert BOB.peer_id in texts(dialog).replace("\u200b", "")
