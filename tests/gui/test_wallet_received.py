"""Authority over the wallets of others, in the wallet tab."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from p2p.wallet_requests import WalletRefused
from tests.gui.scripted_swarm import BOB, CLEO
from tests.gui.scripted_wallet import OTHER, ScriptedWallet, shown_wallet
from tests.gui.shown import press, texts


def with_contacts() -> ScriptedWallet:
    scripted = ScriptedWallet()
    scripted.contacts = (BOB, CLEO, replace(CLEO, peer_id="12D3KooWStranger", name="Dan", standing="known"))
    return scripted


def test_without_a_contact_nothing_is_said_of_it(qtbot: QtBot) -> None:
    with shown_wallet(qtbot, ScriptedWallet()) as tab:
        assert not tab._received.isVisible()


def test_nobody_is_asked_before_the_person_wants_to_know(qtbot: QtBot) -> None:
    scripted = with_contacts()
    with shown_wallet(qtbot, scripted) as tab:
        assert tab._received.isVisible()
        assert [tab._received._who.itemText(one) for one in range(tab._received._who.count())] == ["Bob", "Cleo"]
    assert scripted.called("authority") == []


@pytest.mark.parametrize(
    ("language", "caption", "limits"),
    [("en", "See what I may", "a day 9\u00a0NREH"), ("fr", "Voir ce que je peux", "un jour 9\u00a0NREH")],
)
def test_what_a_contacts_wallet_signs_is_shown_with_its_limits(
    qtbot: QtBot, language: str, caption: str, limits: str
) -> None:
    scripted = with_contacts()
    with shown_wallet(qtbot, scripted, language) as tab:
        press(tab, caption)
        qtbot.waitUntil(lambda: limits in texts(tab._received))
        said = texts(tab._received).replace("\u200b", "")
        assert OTHER in said
        assert "2033" in said  # until when
    assert scripted.called("authority") == [(BOB.peer_id,)]


def test_who_gave_none_is_told_and_another_can_be_asked(qtbot: QtBot) -> None:
    scripted = with_contacts()
    scripted.refusal = WalletRefused("wallet-delegate", "This key has no authority.")
    with shown_wallet(qtbot, scripted) as tab:
        press(tab, "See what I may")
        qtbot.waitUntil(lambda: "no authority over the wallet" in texts(tab._received))
        assert tab._received._ask.isEnabled()
