"""The page of tasks, over canned commands."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.results import CommandFailed, Progress
from app.swarm_results import TaskView
from app.views.home import MODELS, PEERS, TASKS
from app.views.sequence import SequenceView
from app.views.task_give import TaskGive
from app.views.task_preview import TaskPreview
from app.views.tasks import Tasks
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import DIGEST, when
from tests.gui.scripted_swarm import BOB, CLEO, TASK, arrow, bid, task_row, view
from tests.gui.shown import home, one, press, shown, texts

PROMPT = "Why is the sky blue?"
THEIRS = f"{BOB.peer_id}/{TASK}"

TWELVE = bid(BOB, price=12, token="credit", said="12 credits")
THREE = bid(CLEO, price=3, token="credit", said="3 credits")


def there(qtbot: QtBot, window: Window) -> Tasks:
    page = home(qtbot, window)
    page.turn_to(TASKS)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    qtbot.waitUntil(lambda: not page.tasks.list._rest.isActive())
    return page.tasks


def opened(qtbot: QtBot, window: Window, name: str = TASK) -> Tasks:
    page = there(qtbot, window)
    page.open_task(name)
    qtbot.waitUntil(lambda: page.detail._view is not None)
    return page


def with_task(task: TaskView) -> Scripted:
    scripted = Scripted("open")
    scripted.known = [BOB, CLEO]
    scripted.given = [task]
    return scripted


def wait_for(qtbot: QtBot, page: Tasks, said: str) -> None:
    qtbot.waitUntil(lambda: said in texts(page.detail))


def names(root: QWidget) -> list[str]:
    """What a screen reader calls what is shown."""
    return [one.accessibleName() for one in root.findChildren(QWidget) if one.isVisible() and one.accessibleName()]


def call() -> TaskView:
    """Of Bob's, which waits for the person."""
    return view(task_row(THEIRS, role="participant", state="deciding"), messages=(arrow(BOB, "cfp", outgoing=False),))


def choose(box: QComboBox, value: object) -> None:
    """As the person does, of a list."""
    index = box.findData(value)
    assert index >= 0, f"there is no {value}"
    box.setCurrentIndex(index)


def test_a_newcomer_is_told_what_to_do_next(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        assert "Give one to your contacts’ agents" in texts(there(qtbot, window))


def test_what_was_filled_in_is_what_goes_out_and_the_task_is_shown(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        press(page, "Give a task…")
        dialog = one(window, TaskGive)
        qtbot.waitUntil(lambda: bool(dialog._to.names))
        dialog.findChildren(QPlainTextEdit)[0].setPlainText(PROMPT)
        choose(dialog._to.whom, "some")
        assert dialog._to.asked() == (BOB.peer_id,)  # the only one there is
        press(dialog, "More: how long, how much, who gets it")
        choose(dialog._terms.until, 60.0)
        choose(dialog._terms.award, "ask")
        dialog._terms.price.setValue(12)
        press(dialog, "Ask their agents")
        qtbot.waitUntil(lambda: page.detail.shown == TASK and PROMPT in texts(page.detail))
    [(kind, arguments, to, terms)] = scripted.called("announce")
    assert (kind, arguments, to) == ("inference", {"prompt": PROMPT, "max_tokens": 512}, (BOB.peer_id,))
    assert (terms.seconds, terms.reply_seconds, terms.award, terms.max_price) == (60.0, 30.0, "ask", 12)


def test_what_would_leave_can_be_seen_before_and_nothing_leaves_by_it(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB]
    with shown(qtbot, scripted) as window:
        press(there(qtbot, window), "Give a task…")
        dialog = one(window, TaskGive)
        qtbot.waitUntil(lambda: bool(dialog._to.names))
        dialog.findChildren(QPlainTextEdit)[0].setPlainText(f"{PROMPT}\u202e")
        press(dialog, "See what leaves…")
        qtbot.waitUntil(lambda: bool(dialog.findChildren(TaskPreview)))
        said = texts(one(dialog, TaskPreview))
        assert f"{PROMPT}⟦U+202E⟧" in said
        assert "Bob" in said
        assert "Send it this once" not in said
        one(dialog, TaskPreview).reject()
        dialog.reject()
    assert scripted.called("announce") == []


def test_records_of_the_vault_leave_only_after_the_person_saw_them(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB]
    scripted.from_records = (("m1", "Train de vendredi"),)
    scripted.refusal = CommandFailed("disclosure-ask")
    with shown(qtbot, scripted) as window:
        press(there(qtbot, window), "Give a task…")
        dialog = one(window, TaskGive)
        dialog.findChildren(QPlainTextEdit)[0].setPlainText(PROMPT)
        press(dialog, "Ask their agents")
        qtbot.waitUntil(lambda: bool(dialog.findChildren(TaskPreview)))
        assert "Train de vendredi" in texts(one(dialog, TaskPreview))
        press(one(dialog, TaskPreview), "Send it this once")
        qtbot.waitUntil(lambda: len(scripted.called("announce")) == 2)
    terms = scripted.called("announce")[-1][-1]
    assert (terms.consent, terms.shown) == ("once", DIGEST)


def test_an_empty_prompt_is_said_beside_its_field(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        press(there(qtbot, window), "Give a task…")
        dialog = one(window, TaskGive)
        press(dialog, "Ask their agents")
        assert "This is needed." in texts(dialog)
        dialog.reject()
    assert scripted.called("announce") == []


@pytest.mark.parametrize("failure", ["task-nobody", "airplane"])
def test_a_call_that_cannot_go_out_says_why_and_keeps_the_words(qtbot: QtBot, failure: str) -> None:
    scripted = Scripted("open")
    scripted.refusal = CommandFailed(failure)
    with shown(qtbot, scripted) as window:
        press(there(qtbot, window), "Give a task…")
        dialog = one(window, TaskGive)
        editor = dialog.findChildren(QPlainTextEdit)[0]
        editor.setPlainText(PROMPT)
        press(dialog, "Ask their agents")
        qtbot.waitUntil(dialog._notice.isVisible)
        assert editor.toPlainText() == PROMPT
        dialog.reject()


def test_the_answer_appears_while_it_is_written(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="working", provider=BOB.peer_id, provider_name="Bob")))
    scripted.streamed = ("Because air ", "scatters \u202eblue.")
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        qtbot.waitUntil(lambda: "Because air scatters ⟦U+202E⟧blue." in texts(page.detail))
        done = task_row(state="done", provider_name="Bob", ms=4210)
        scripted.given = [view(done, result={"text": "Because.", "model": "Small", "tokens": 3})]
        page.task_changed()
        qtbot.waitUntil(lambda: "Done · by Bob · in 4.2 s" in texts(page.detail))
        assert "Because." in texts(page.detail)
        assert "Small" in texts(page.detail)


def test_going_back_no_longer_follows_the_task_and_leaves_it_alone(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="working")))
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        qtbot.waitUntil(lambda: bool(scripted.called("follow_task")))
        press(page.detail, "All tasks")
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
    assert scripted.called("cancel_task") == []


def test_the_person_chooses_among_the_bids(qtbot: QtBot) -> None:
    bids = (
        TWELVE,
        bid(CLEO),
        bid(CLEO, state="refused", until=None, reason="busy"),
    )
    scripted = with_task(view(task_row(state="choosing"), bids=bids))
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        said = texts(page.detail)
        for cell in ("proposes to do it", "12 credits", "free of charge", "about 30 s", "refuses: busy now"):
            assert f"\n{cell}\n" in said
        assert "You choose. Nobody begins before you do." in said
        press(page.detail, "Award to Cleo")
        qtbot.waitUntil(lambda: "Being done" in texts(page.detail))
    assert scripted.called("award_task") == [(TASK, (CLEO.peer_id,))]


def test_bids_come_in_live_and_the_button_under_the_hand_stays(qtbot: QtBot) -> None:
    asked = (bid(BOB, state="called", until=None), bid(CLEO, state="called", until=None))
    scripted = with_task(view(task_row(), bids=asked))
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        assert "0 of 2 answered" in texts(page.detail)
        for number, bids in enumerate(((bid(BOB), asked[1]), (bid(BOB), THREE)), start=1):
            scripted.given = [view(task_row(), bids=bids)]
            page.task_changed()
            wait_for(qtbot, page, f"{number} of 2 answered")
        assert "3 credits" in texts(page.detail)
        scripted.given = [view(task_row(state="choosing"), bids=(bid(BOB), bid(CLEO)))]
        page.task_changed()
        qtbot.waitUntil(lambda: "Award to Bob" in names(page.detail))
        award = next(b for b in page.detail.findChildren(QPushButton) if b.accessibleName() == "Award to Bob")
        scripted.given = [replace(scripted.given[0], messages=(arrow(BOB, "propose", outgoing=False),))]
        page.task_changed()
        qtbot.waitUntil(lambda: "propose" in one(page.detail, SequenceView).accessibleDescription())
        assert isValid(award)
        assert award.isVisible()


def test_a_screen_reader_hears_a_bid_as_one_line(qtbot: QtBot) -> None:
    with shown(
        qtbot,
        with_task(view(task_row(state="choosing"), bids=(TWELVE,))),
    ) as window:
        heard = names(opened(qtbot, window).detail)
    assert any(re.fullmatch(r"Bob, 12 credits, about 30 s, .+, proposes to do it", name) for name in heard)


def test_a_burst_of_changes_is_looked_at_once(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="choosing"), bids=(bid(BOB),)))
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        qtbot.waitUntil(lambda: not page._soon.isActive())
        scripted.calls.clear()
        for _ in range(500):
            page.task_changed()
        qtbot.waitUntil(lambda: bool(scripted.called("task")))
        qtbot.waitUntil(lambda: not page._soon.isActive())
        assert len(scripted.called("task")) == 1


def test_bytes_that_come_are_shown_as_they_come(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(kind="model", state="working"), spec={"sha256": "ab" * 32}))
    scripted.fetched = Progress("downloading", 12_000_000, 98_000_000)
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        qtbot.waitUntil(lambda: "12.0 MB of 98.0 MB" in texts(page.detail))
        assert one(page.detail, QProgressBar).value() == 122
        done = task_row(kind="model", state="done", ended=when())
        scripted.given = [view(done, spec={"sha256": "ab" * 32}, result={"size": 98_000_000})]
        page.task_changed()
        qtbot.waitUntil(lambda: "It is among your models now" in texts(page.detail))
        assert not one(page.detail, QProgressBar).isVisible()
        press(page.detail, "Go to the models")
        assert home(qtbot, window)._views.currentIndex() == MODELS


def test_a_result_is_copied_as_it_came(qtbot: QtBot) -> None:
    done = task_row(state="done", ended=when())
    with shown(qtbot, with_task(view(done, result={"text": "Because.", "model": "Small"}))) as window:
        press(opened(qtbot, window).detail, "Copy")
        assert QGuiApplication.clipboard().text() == "Because."


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_times_of_a_meeting_are_read_as_times(qtbot: QtBot, language: str) -> None:
    spec = {"title": "Lunch", "minutes": 90, "zone": "CET", "slots": [1936094400, 1936098000]}
    scripted = with_task(view(task_row(kind="meeting", state="done"), spec=spec, result={"slot": 1936094400}))
    with shown(qtbot, scripted, language) as window:
        said = texts(opened(qtbot, window).detail)
    assert "1936094400" not in said
    assert "1 h 30" in said
    assert ("9 May" if language == "en" else "9 mai") in said


def test_what_a_skill_returned_is_read_as_text(qtbot: QtBot) -> None:
    spec = {"skill": "translate", "entry": "go", "argument-bytes": 2, "arguments": "{}"}
    row = task_row(kind="skill", state="done")
    with shown(qtbot, with_task(view(row, spec=spec, result={"value": '"Bonjour\u202e"'}))) as window:
        said = texts(opened(qtbot, window).detail)
    assert "\nBonjour⟦U+202E⟧\n" in said
    assert "Given" not in said


@pytest.mark.parametrize(
    ("detail", "state", "said"),
    [
        ("silent", "refused", "Nobody answered in time."),
        ("quota", "refused", "Ask again tomorrow"),
        ("", "expired", "The time ran out."),
        ("wrong-bytes 12D3KooWx", "failed", "What was wrong was thrown away"),
        ("sunday", "failed", "It could not be done."),
    ],
)
def test_a_failure_says_what_to_do_next(qtbot: QtBot, detail: str, state: str, said: str) -> None:
    with shown(qtbot, with_task(view(task_row(state=state, detail=detail, ended=when())))) as window:
        assert said in texts(opened(qtbot, window).detail)


def test_asking_again_asks_the_same_of_the_same(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="refused", ended=when()), bids=(bid(CLEO, state="silent", until=None),)))
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Ask again…")
        dialog = one(window, TaskGive)
        qtbot.waitUntil(lambda: bool(dialog._to.names))
        press(dialog, "Ask their agents")
        qtbot.waitUntil(lambda: bool(scripted.called("announce")))
    [(kind, arguments, to, _)] = scripted.called("announce")
    assert (kind, arguments["prompt"], to) == ("inference", "Why is the sky blue?", (CLEO.peer_id,))


def test_who_is_asked_for_a_meeting_is_told_what_accepting_says(qtbot: QtBot) -> None:
    theirs = replace(call(), row=replace(call().row, kind="meeting"))
    with shown(qtbot, with_task(theirs)) as window:
        page = opened(qtbot, window, THEIRS)
        assert "your agent says which of these times are free for you, and nothing else" in texts(page.detail)
        assert not page.detail._ending.isVisible()


def test_the_person_may_take_none_of_them(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="choosing"), bids=(bid(BOB),)))
    scripted.following.set()
    with shown(qtbot, scripted) as window:
        press(opened(qtbot, window).detail, "Take none of them")
        qtbot.waitUntil(lambda: bool(scripted.called("award_task")))
    assert scripted.called("award_task") == [(TASK, ())]


def test_no_bid_can_be_awarded_where_the_policy_chooses(qtbot: QtBot) -> None:
    with shown(qtbot, with_task(view(task_row(), bids=(bid(BOB),)))) as window:
        assert "Award" not in texts(opened(qtbot, window).detail)


def test_a_task_is_called_off_and_then_removed(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="working")))
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Call it off")
        press(page.detail, "Remove from the list")
        qtbot.waitUntil(lambda: "There are no tasks yet" in texts(page))
    assert scripted.called("cancel_task") == [(TASK,)]
    assert scripted.called("remove_task") == [(TASK,)]


def test_a_task_that_went_on_meanwhile_says_so(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="working")))
    scripted.refusal = CommandFailed("task-not-now")
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Call it off")
        qtbot.waitUntil(page.detail._notice.isVisible)


@pytest.mark.parametrize(("pressed", "agrees"), [("Accept", True), ("Decline", False)])
def test_a_call_that_waits_is_answered(qtbot: QtBot, pressed: str, agrees: bool) -> None:
    scripted = with_task(call())
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window, THEIRS)
        assert "Prompt from Bob" in texts(page.detail)
        press(page.detail, pressed)
        qtbot.waitUntil(lambda: bool(scripted.called("answer_task")))
        qtbot.waitUntil(lambda: not page.detail._accept.isVisible())
    assert scripted.called("answer_task") == [(THEIRS, agrees)]


def test_the_navigation_says_how_many_calls_wait_on_every_page(qtbot: QtBot) -> None:
    scripted = with_task(call())
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        entry = page.navigation._group.button(TASKS)
        qtbot.waitUntil(lambda: entry.accessibleName() == "Tasks, 1 waits for you")
        page.turn_to(PEERS)
        scripted.given = [replace(call(), row=replace(call().row, state="refused"))]
        page.tasks.task_changed()
        qtbot.waitUntil(lambda: entry.accessibleName() == "Tasks")


def test_a_code_that_nobody_knows_is_shown_as_it_came(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="refused", detail="sunday\u202e")))
    with shown(qtbot, scripted) as window:
        assert "Refused · sunday⟦U+202E⟧" in texts(there(qtbot, window))
