"""The page of skills: what is installed and offered, installing and updating by agreement, runs and their log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from app.results import CommandFailed
from app.skill_results import CatalogRow, OfferRow, RunChanged
from app.views.catalog_form import CatalogForm
from app.views.home import ACTIVITY, APPROVALS, SKILLS
from app.views.install_dialog import InstallDialog
from app.views.run_form import RunForm
from app.views.skills import CATALOG, Skills
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import PLAN, READ, SEND, act, approval, run, skill
from tests.gui.shown import home, one, press, shown, texts
from tests.gui.test_window import nameless

OFFER = OfferRow(1, "recipes", "2.0.0", "Recipes", "Finds recipes.", "Ada", (READ, SEND), "new")


def page_of(qtbot: QtBot, window: Window) -> Skills:
    page = home(qtbot, window)
    page.turn_to(SKILLS)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return page.skills


def with_reply(**fields: object) -> Scripted:
    scripted = Scripted("open")
    scripted.installed = [skill("reply", **fields)]
    scripted.running.set()
    return scripted


def opened(qtbot: QtBot, window: Window) -> Skills:
    """The page with the skill "reply" opened."""
    page = page_of(qtbot, window)
    press(page, "Open Reply")
    qtbot.waitUntil(lambda: bool(page.detail.findChildren(RunForm)) and window._bridge.pending == 0)
    return page


# -- what is installed -------------------------------------------------------------------------------------------------


def test_a_skill_says_what_it_does_when_it_runs_and_where_it_is_from(qtbot: QtBot) -> None:
    with shown(qtbot, with_reply(update="1.3.0")) as window:
        said = texts(page_of(qtbot, window))
        for part in (
            "Does what reply does.",
            "When new mail comes in",
            "came with Nuée",
            "Version 1.3.0 is available.",
        ):
            assert part in said


def test_a_skill_is_switched_off(qtbot: QtBot) -> None:
    scripted = with_reply()
    with shown(qtbot, scripted) as window:
        press(page_of(qtbot, window), "Reply: on")
        qtbot.waitUntil(lambda: scripted.called("enable_skill") == [("reply", False)])


def test_a_version_that_was_withdrawn_cannot_be_switched_on_or_run(qtbot: QtBot) -> None:
    with shown(qtbot, with_reply(revoked=True, enabled=False)) as window:
        page = page_of(qtbot, window)
        assert "withdrawn by its publisher" in texts(page)
        assert not one(page.installed, QCheckBox).isEnabled()
        press(page, "Open Reply")
        qtbot.waitUntil(lambda: "What it may do" in texts(page.detail))
        assert not page.detail.findChildren(RunForm)


def test_without_skills_the_page_leads_to_the_catalog(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = page_of(qtbot, window)
        press(page, "See the catalog")
        assert page._tabs.current == CATALOG
        qtbot.waitUntil(lambda: "Nothing on offer" in texts(page.catalog))


def test_removing_says_what_goes_and_asks(qtbot: QtBot) -> None:
    scripted = with_reply()
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Remove…")
        box = one(window, QMessageBox)
        assert "the log of its runs" in box.informativeText()
        assert scripted.called("remove_skill") == []
        next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == "Remove…").click()
        qtbot.waitUntil(lambda: "No skills yet" in texts(page.installed))
        assert page.installed.isVisible()


# -- installing --------------------------------------------------------------------------------------------------------


def test_an_offer_shows_its_permissions_before_it_is_installed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.offered = (OFFER,)
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window)
        page._tabs.turn_to(CATALOG)
        qtbot.waitUntil(lambda: "Send mail to people in your contacts" in texts(page.catalog))
        press(page.catalog, "Install Recipes…")
        dialog = one(window, InstallDialog)
        qtbot.waitUntil(lambda: "Install recipes 2.0.0?" in texts(dialog))
        assert "Send mail to people in your contacts" in texts(dialog)
        assert scripted.called("plan_install") == [("1:recipes@2.0.0",)]
        assert scripted.called("install") == []
        press(dialog, "Install")
        qtbot.waitUntil(lambda: scripted.called("install") == [("1:recipes@2.0.0", "plan-1")])


def test_an_update_marks_what_is_new_and_says_what_is_dropped(qtbot: QtBot) -> None:
    scripted = with_reply(update="2.0.0")
    scripted.plan = replace(PLAN, name="reply", before="1.2.0", lost=("Read your notes",))
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Update to 2.0.0…")
        dialog = one(window, InstallDialog)
        qtbot.waitUntil(lambda: "Update reply from 1.2.0 to 2.0.0?" in texts(dialog))
        assert texts(dialog).count("new\n") == 1
        assert "No longer: Read your notes" in texts(dialog)
        press(dialog, "Update")
        qtbot.waitUntil(lambda: scripted.called("update") == [("reply", "plan-1")])


def test_nothing_is_marked_new_where_nothing_was_installed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page_of(qtbot, window).catalog.install("recipes")
        dialog = one(window, InstallDialog)
        qtbot.waitUntil(lambda: "Install recipes 2.0.0?" in texts(dialog))
        assert "new\n" not in texts(dialog)


def test_a_refusal_says_why_and_offers_nothing(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.plan = replace(PLAN, verdict="refuse", reasons=("The digest is not the one that the catalog signs.",))
    with shown(qtbot, scripted) as window:
        page_of(qtbot, window).catalog.install("/home/camille/recipes.zip")
        dialog = one(window, InstallDialog)
        qtbot.waitUntil(lambda: "The digest is not the one that the catalog signs." in texts(dialog))
        assert not dialog._do.isVisible()


def test_what_cannot_be_read_is_told_in_a_sentence(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.plan = CommandFailed("unreadable", detail="This is no skill.")
    with shown(qtbot, scripted) as window:
        page_of(qtbot, window).catalog.install("/home/camille")
        dialog = one(window, InstallDialog)
        qtbot.waitUntil(lambda: "This is no skill." in texts(dialog))
        assert not dialog._do.isEnabled()


def test_a_catalog_is_added_with_the_key_that_signs_it(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window)
        page._tabs.turn_to(CATALOG)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        page.catalog.add()
        form = one(window, CatalogForm)
        assert "Whoever holds this key" in texts(form)
        field = {line.accessibleName(): line for line in form.findChildren(QLineEdit)}
        field["Address or folder"].setText("https://example.org/catalog/")
        press(form, "Trust this key and add")
        assert "This is needed." in texts(form)
        assert scripted.called("add_catalog") == []
        field["Key"].setText("4f2a91bc")
        press(form, "Trust this key and add")
        qtbot.waitUntil(lambda: scripted.called("add_catalog") == [("https://example.org/catalog/", "4f2a91bc")])


def test_a_catalog_that_could_not_be_read_says_why(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.trusted = [CatalogRow(1, "https://example.org/", "Ada’s", ("4f2a",), None, None, "It has expired.")]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window)
        page._tabs.turn_to(CATALOG)
        qtbot.waitUntil(lambda: "It has expired." in texts(page.catalog))


# -- runs --------------------------------------------------------------------------------------------------------------


def test_a_form_is_made_of_what_the_skill_declares_and_runs_it(qtbot: QtBot) -> None:
    scripted = with_reply()
    with shown(qtbot, scripted) as window:
        form = one(opened(qtbot, window), RunForm)
        field = {line.accessibleName(): line for line in form.findChildren(QLineEdit)}
        press(form, "Run")
        assert "This is needed." in texts(form)
        field["Whom to answer"].setText("Sophie")
        field["How many sentences (may stay empty)"].setText("three")
        press(form, "Run")
        assert "This is no number." in texts(form)
        assert scripted.called("run_skill") == []
        field["How many sentences (may stay empty)"].setText("3")
        box = one(form, QComboBox)
        box.setCurrentIndex(box.findData("formal"))
        press(form, "Run")
        given = {"who": "Sophie", "tone": "formal", "length": 3}
        qtbot.waitUntil(lambda: scripted.called("run_skill") == [("reply", "draft", given)])
        qtbot.waitUntil(lambda: "Friday at five suits you" in texts(form))


def test_a_skill_of_instructions_is_asked_in_words_and_guides_the_answer(qtbot: QtBot) -> None:
    scripted = with_reply(runs=False, permissions=(), triggers=())
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        assert "no mail is sent and nothing is changed" in texts(page.detail)
        form = one(page.detail, RunForm)
        press(form, "Run")
        assert "This is needed." in texts(form)
        assert scripted.called("run_skill") == []
        [line] = form.findChildren(QLineEdit)
        assert line.accessibleName() == "What to write or answer"
        line.setText("about a quiet pond")
        press(form, "Run")
        qtbot.waitUntil(lambda: scripted.called("run_skill") == [("reply", "guide", {"request": "about a quiet pond"})])
        qtbot.waitUntil(lambda: "Friday at five suits you" in texts(form))


def test_a_run_under_way_can_be_stopped(qtbot: QtBot) -> None:
    scripted = with_reply()
    with shown(qtbot, scripted) as window:
        form = one(opened(qtbot, window), RunForm)
        scripted.running = type(scripted.running)()
        form.findChildren(QLineEdit)[0].setText("Sophie")
        press(form, "Run")
        qtbot.waitUntil(lambda: bool(scripted.called("run_skill")))
        press(form, "Stop")
        qtbot.waitUntil(form._run.isEnabled)
        assert scripted.ran == []


def test_the_log_unfolds_to_what_a_run_said_called_and_printed(qtbot: QtBot) -> None:
    scripted = with_reply()
    scripted.ran = [run(1)]
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Details")
        qtbot.waitUntil(lambda: "two mails" in texts(page.detail))
        said = texts(page.detail)
        for part in ("You asked for it", "Friday at five suits you", "mail.search", "allowed"):
            assert part in said
        press(page.detail, "Open source [1] Sophie Laurent · Train de vendredi")
        qtbot.waitUntil(lambda: scripted.called("show") == [("m1",)])


def test_an_unfolded_run_stays_unfolded_when_another_comes(qtbot: QtBot) -> None:
    scripted = with_reply()
    scripted.ran = [run(1)]
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Details")
        qtbot.waitUntil(lambda: "two mails" in texts(page.detail))
        scripted.ran = [run(2, state="failed", text="", error="There is no mail account."), run(1)]
        scripted.listener(RunChanged(2, "reply", "failed"))
        qtbot.waitUntil(lambda: len(page.detail._log._cards) == 2)
        assert "two mails" in texts(page.detail)


def test_a_run_that_waits_leads_to_the_approvals(qtbot: QtBot) -> None:
    scripted = with_reply()
    scripted.ran = [run(1, state="waiting", text="", approval=1)]
    scripted.asked = [approval(1)]
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Details")
        press(page.detail, "See what")
        assert home(qtbot, window)._views.currentIndex() == APPROVALS


def test_what_a_skill_says_is_never_markup(qtbot: QtBot) -> None:
    scripted = with_reply()
    scripted.ran = [run(1, text='<img src="https://evil.example/x"> <b>bold</b>')]
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.detail, "Details")
        qtbot.waitUntil(lambda: '<img src="https://evil.example/x"> <b>bold</b>' in texts(page.detail))


def test_an_act_leads_to_the_run_that_did_it(qtbot: QtBot) -> None:
    scripted = with_reply()
    scripted.ran = [run(1)]
    scripted.acts = [act(1, run=1)]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(ACTIVITY)
        press(page.activity, "See the run")
        qtbot.waitUntil(lambda: "two mails" in texts(page.skills.detail))
        assert page.skills.detail.isVisible()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_control_has_an_accessible_name(qtbot: QtBot, language: str) -> None:
    scripted = with_reply(update="1.3.0")
    scripted.offered = (OFFER, replace(OFFER, name="reply", state="installed"))
    scripted.trusted = [CatalogRow(1, "https://example.org/", "", ("4f2a",), None, None, "")]
    scripted.ran = [run(1)]
    with shown(qtbot, scripted, language) as window:
        page = page_of(qtbot, window)
        page.open_skill("reply")
        page.open_run(1)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        page.show_list()
        page._tabs.turn_to(CATALOG)
        page.catalog.add()
        page.catalog.install("recipes")
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert nameless(window) == []


def test_what_only_new_mail_calls_has_no_form(qtbot: QtBot) -> None:
    with shown(qtbot, with_reply()) as window:
        forms = opened(qtbot, window).detail.findChildren(RunForm)
        assert [form._entry.name for form in forms] == ["draft"]
