"""Paying for a task in the window: what is offered where a chain is in use, and what can be said of a result."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.results import CommandFailed
from app.settle_results import SettlementView
from app.swarm_results import PeerOffer, PeerOffers, TokenPrice
from app.views.home import TASKS
from app.views.task_payment import TaskPayment
from tests.gui.scripted import Scripted
from tests.gui.scripted_swarm import BOB, task_row, view
from tests.gui.scripted_wallet import NO_CHAIN, REHEARSING
from tests.gui.shown import home, one, shown, texts
from tests.gui.test_task_forms import announced, field, giving, with_peers

HELD = SettlementView("submitted", "2.5 NREH", "rehearsal", 86264418140167, 7, "arbiter", "0x" + "4f" * 20)


def _paid(**fields: Any) -> Scripted:
    scripted = with_peers(**fields)
    scripted.purse_shown = REHEARSING
    return scripted


def test_without_a_chain_no_money_is_spoken_of(qtbot: QtBot) -> None:
    with giving(qtbot, with_peers(purse_shown=NO_CHAIN), "inference") as dialog:
        assert not dialog._terms._paying.isVisibleTo(dialog._terms._hidden)


def test_what_is_paid_goes_with_the_call_and_is_said_before(qtbot: QtBot) -> None:
    scripted = _paid()
    with giving(qtbot, scripted, "inference") as dialog:
        field(dialog, "prompt").control.setPlainText("Say hello.")
        dialog._terms._pay.setText("2,5")
        assert "Up to 2.5\u00a0NREH is held on “rehearsal”" in texts(dialog)
        dialog._do.click()
        assert announced(qtbot, scripted)[3].pay == "2.5"


def test_who_decides_a_dispute_and_how_long_that_may_take_goes_with_the_call(qtbot: QtBot) -> None:
    scripted = _paid()
    with giving(qtbot, scripted, "inference") as dialog:
        field(dialog, "prompt").control.setPlainText("Say hello.")
        judge = dialog._terms.judge
        dialog._terms._pay.setText("2.5")
        judge.arbiter.setText("Cleo")
        judge.dispute.setCurrentIndex(judge.dispute.findData(3_600))
        judge.ruling.setCurrentIndex(judge.ruling.findData(3 * 86_400))
        assert "You have 1 hour to look at the result and dispute it; Cleo then has 3 days" in texts(dialog)
        dialog._do.click()
        terms = announced(qtbot, scripted)[3]
    assert (terms.arbiter, terms.look, terms.dispute_window, terms.ruling_window) == ("Cleo", True, 3_600, 259_200)


def test_without_an_arbiter_no_time_for_disputes_is_asked_or_sent(qtbot: QtBot) -> None:
    scripted = _paid()
    with giving(qtbot, scripted, "inference") as dialog:
        field(dialog, "prompt").control.setPlainText("Say hello.")
        dialog._terms._pay.setText("2.5")
        assert not dialog._terms.judge._times.isVisibleTo(dialog._terms.judge)
        dialog._do.click()
        terms = announced(qtbot, scripted)[3]
    assert (terms.arbiter, terms.look, terms.dispute_window, terms.ruling_window) == ("", False, 0, 0)


@pytest.mark.parametrize("amount", ["much", "-1", "0", "1e9", "2.5.5"])
def test_what_is_no_amount_is_said_beside_it_and_nothing_is_sent(qtbot: QtBot, amount: str) -> None:
    scripted = _paid()
    with giving(qtbot, scripted, "inference") as dialog:
        field(dialog, "prompt").control.setPlainText("Say hello.")
        dialog._terms._pay.setText(amount)
        dialog._do.click()
        assert dialog._terms._paying.complaint == "This is no amount, such as 2.5."
        assert not scripted.called("announce")


def test_the_preview_says_what_would_be_paid(qtbot: QtBot) -> None:
    with giving(qtbot, _paid(), "inference") as dialog:
        field(dialog, "prompt").control.setPlainText("Say hello.")
        dialog._terms._pay.setText("2.5")
        dialog._preview(asks=False)
        qtbot.waitUntil(lambda: any("2.5 NREH" in text.text() for text in dialog.findChildren(QLabel)))


ASKED = TokenPrice("2.5", 1, "0x0", "0x0", True, "2.5\u00a0NREH")


def _asks(scripted: Scripted, price: TokenPrice) -> Scripted:
    scripted.told = (PeerOffers(BOB.peer_id, BOB.name, (PeerOffer("inference", 0, False, tokens=price),)),)
    return scripted


def test_what_a_contact_asks_stands_beside_what_is_paid(qtbot: QtBot) -> None:
    with giving(qtbot, _asks(_paid(), ASKED), "inference") as dialog:
        terms = dialog._terms
        qtbot.waitUntil(lambda: terms._asked.text() == "Bob asks 2.5\u00a0NREH.")
        assert terms._pay.placeholderText() == "2.5"
        for amount, said in (("2", "more than you would pay"), ("2,50", "you would pay enough"), ("", "NREH.")):
            terms._pay.setText(amount)
            assert said in terms._asked.text()


def test_a_price_on_another_chain_is_no_amount_here(qtbot: QtBot) -> None:
    elsewhere = replace(ASKED, here=False, said="a price elsewhere")
    with giving(qtbot, _asks(_paid(), elsewhere), "inference") as dialog:
        qtbot.waitUntil(lambda: "you cannot pay it on this chain" in dialog._terms._asked.text())
        assert dialog._terms._pay.placeholderText() == ""


class Paying(Scripted):
    """Somebody did a task of ours, and the money is held."""

    def __init__(self, job: SettlementView) -> None:
        super().__init__("open")
        self.known = [BOB]
        self.given = [replace(view(task_row(state="done")), settlement=job)]

    async def accept_result(self, node: object, name: str) -> SettlementView:
        self.calls.append(("accept_result", (name,)))
        settled = replace(HELD, state="settled")
        self.given = [replace(self.given[0], settlement=settled)]
        return settled

    async def dispute_task(self, node: object, name: str, reason: str) -> SettlementView:
        self.calls.append(("dispute_task", (name, reason)))
        raise CommandFailed("settle-not-now")


def _opened(qtbot: QtBot, window: Any, scripted: Paying) -> TaskPayment:
    home(qtbot, window).turn_to(TASKS)
    window.home.tasks.open_task(scripted.given[0].row.id)
    payment = one(window, TaskPayment)
    qtbot.waitUntil(payment.isVisible)
    return payment


def test_the_page_says_how_the_money_stands(qtbot: QtBot) -> None:
    scripted = Paying(HELD)
    with shown(qtbot, scripted) as window:
        said = texts(_opened(qtbot, window, scripted))
        assert "2.5 NREH is held on rehearsal until it is accepted." in said
        assert "A dispute goes to 0x4f4f" in said


def test_until_when_it_can_be_disputed_is_said_on_the_persons_own_clock(qtbot: QtBot) -> None:
    by = datetime(2026, 11, 23, 12, tzinfo=UTC)
    scripted = Paying(replace(HELD, by=by.isoformat(), dispute_window=3_600, ruling_window=86_400))
    with shown(qtbot, scripted) as window:
        said = texts(_opened(qtbot, window, scripted))
    assert f"It can be disputed until {by.astimezone():%Y-%m-%d %H:%M}; after that it is paid." in said


def test_how_long_disputes_may_take_is_said_before_there_is_a_result(qtbot: QtBot) -> None:
    scripted = Paying(replace(HELD, state="funded", dispute_window=3_600, ruling_window=86_400))
    with shown(qtbot, scripted) as window:
        said = texts(_opened(qtbot, window, scripted))
    assert "there are 1 hour to dispute it, and 1 day for the arbiter" in said


def test_a_result_that_is_right_is_paid(qtbot: QtBot) -> None:
    scripted = Paying(HELD)
    with shown(qtbot, scripted) as window:
        payment = _opened(qtbot, window, scripted)
        payment._accept.click()
        qtbot.waitUntil(lambda: "Settled: 2.5 NREH was paid on rehearsal." in texts(payment))
        assert not _button(payment, "Dispute it").isVisible()


def test_a_dispute_takes_its_reason_along_and_what_goes_wrong_is_said(qtbot: QtBot) -> None:
    scripted = Paying(HELD)
    with shown(qtbot, scripted) as window:
        payment = _opened(qtbot, window, scripted)
        payment._reason.setText("It is in the wrong language.")
        payment._dispute.click()
        qtbot.waitUntil(lambda: payment._notice.isVisible())
        assert scripted.called("dispute_task") == [(scripted.given[0].row.id, "It is in the wrong language.")]


def test_what_is_paid_by_itself_asks_nothing(qtbot: QtBot) -> None:
    scripted = Paying(replace(HELD, judged_by="client"))
    with shown(qtbot, scripted) as window:
        payment = _opened(qtbot, window, scripted)
        assert not payment._accept.isVisible()


def _button(payment: TaskPayment, caption: str) -> QPushButton:
    return next(one for one in payment.findChildren(QPushButton) if one.text() == caption)
