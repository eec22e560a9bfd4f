"""What this node does for others, and for whom: the page of offers, over canned commands."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.swarm_results import Offerable, OfferRow, OfferUse
from app.views.offer_card import OfferCard
from app.views.tasks import OFFERS
from tests.gui.scripted import Scripted
from tests.gui.scripted_swarm import BOB, SMALL, TRANSLATE
from tests.gui.shown import one, press, shown, texts
from tests.gui.test_tasks_page import choose, there


def test_an_offer_is_changed_as_it_was_set(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page._tabs.turn_to(OFFERS)
        qtbot.waitUntil(lambda: bool(page.findChildren(OfferCard)))
        card = one(page, OfferCard)
        audience = card.findChildren(QComboBox)[0]
        audience.setCurrentIndex(audience.findData("open"))
        card._quota.setValue(500)
        card._asks.setChecked(True)
        press(card, "Save what is offered: Prompt")
        qtbot.waitUntil(lambda: "Saved." in texts(card))
    changes: dict[str, Any] = {
        "audience": "open", "quota": 500, "at_once": 1, "price": 0, "hours": "any", "asks": True,
    }  # fmt: skip
    assert scripted.called("change_offer") == [("inference", changes)]


def test_a_price_in_tokens_goes_along_where_it_was_changed_and_only_as_an_amount(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page._tabs.turn_to(OFFERS)
        qtbot.waitUntil(lambda: bool(page.findChildren(OfferCard)))
        card = one(page, OfferCard)
        card._token_price.setText("a lot")
        press(card, "Save what is offered: Prompt")
        assert card._token.complaint == "This is no amount, such as 2.5."
        card._token_price.setText("2,5")
        press(card, "Save what is offered: Prompt")
        qtbot.waitUntil(lambda: "Saved." in texts(card))
    assert [changes["settings"] for _, changes in scripted.called("change_offer")] == [{"token_price": "2.5"}]


def test_a_skill_is_offered_by_ticking_it_at_a_price_and_in_hours(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.could_offer = Offerable((TRANSLATE,), (SMALL,))
    scripted.offering = [OfferRow("skill", "nobody", 0, "runs", 0, 1, False, "Skills.")]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page._tabs.turn_to(OFFERS)
        press(page, "Skill: offer Translate a text")
        card = one(page, OfferCard)
        card._price.setValue(3)
        choose(card._hours, "22:00-07:00")
        press(card, "Save what is offered: Skill")
        qtbot.waitUntil(lambda: "Saved." in texts(card))
    [(kind, changes)] = scripted.called("change_offer")
    assert (kind, changes["audience"], changes["quota"]) == ("skill", "contacts", 20)
    assert (changes["settings"], changes["price"], changes["hours"]) == ({"skills": ["translate"]}, 3, "22:00-07:00")


@pytest.mark.parametrize("named", [SMALL.sha256, SMALL.sha256[:8], "small MODEL", "all"])
def test_a_model_that_is_offered_is_ticked_however_it_was_named(qtbot: QtBot, named: str) -> None:
    scripted = Scripted("open")
    scripted.could_offer = Offerable((), (SMALL,))
    scripted.offering = [OfferRow("model", "contacts", 9, "MiB", 0, 1, False, "", {"models": [named, "gone"]})]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page._tabs.turn_to(OFFERS)
        qtbot.waitUntil(lambda: bool(page.findChildren(OfferCard)))
        boxes = one(page, OfferCard)._names
        assert set(boxes) == {SMALL.sha256, "gone"}
        assert boxes[SMALL.sha256].isChecked()


def test_what_was_used_today_is_told(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    used = (OfferUse(BOB.peer_id, "Bob", 1200, 18_800),)
    scripted.offering = [OfferRow("inference", "contacts", 20_000, "tokens", 0, 1, False, "", {}, used)]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page._tabs.turn_to(OFFERS)
        qtbot.waitUntil(lambda: "Bob had 1,200 tokens today, 18,800 are left" in texts(page))
