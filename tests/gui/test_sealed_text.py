"""What a model or a message writes can do nothing in the window."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QTextDocument
from pytestqt.qtbot import QtBot

from app.views.sealed_text import SealedDocument, SealedText, sealed_markdown

LINK = QColor("#3653C9")
HOSTILE = (
    '<img src="http://attacker.example/a.png">',
    "![](http://attacker.example/b.png)",
    "![alt](file:///etc/hostname)",
    "![unc](\\\\\\\\attacker\\\\share\\\\c.png)",
    "[x](file:///etc/passwd)",
    "[click](http://attacker.example/?q=secret)",
    "http://attacker.example/auto and www.attacker.example",
    "<http://attacker.example/angle> <someone@attacker.example>",
    "[![both](http://attacker.example/d.png)](http://attacker.example)",
    "[1]\n\n[1]: http://attacker.example",
    "> [1]: http://attacker.example\n\n[1]",
    "| a |\n|---|\n| ![t](http://attacker.example/t.png) |",
    '<a href="http://attacker.example">a</a><script>alert(1)</script><style>*{}</style>',
    "<iframe src='http://attacker.example'></iframe>",
    "[a][r]\n\n[r]: cite:1",
    "[a](cite:1)",
)


def formats(document: QTextDocument) -> list[Any]:
    found = []
    block = document.begin()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            found.append(pieces.fragment())
            pieces += 1
        block = block.next()
    return found


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whatever a document asks for."""
    asked: list[str] = []

    def guard(_self: object, _kind: int, name: QUrl | str) -> None:
        asked.append(str(name))

    monkeypatch.setattr(SealedDocument, "loadResource", guard)
    monkeypatch.setattr(SealedText, "loadResource", guard)
    return asked


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_picture_and_no_foreign_link_survives(qtbot: QtBot, hostile: str) -> None:
    for piece in formats(sealed_markdown(hostile, set(), LINK)):
        assert not piece.charFormat().isImageFormat()
        assert not piece.charFormat().isAnchor()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_showing_it_loads_nothing(qtbot: QtBot, loads: list[str], hostile: str) -> None:
    view = SealedText("answer")
    qtbot.addWidget(view)
    view.resize(400, 100)
    view.show_markdown(hostile, {1})
    view.show()
    qtbot.waitExposed(view)
    view.grab()
    assert loads == []


def test_html_is_shown_as_the_text_it_is(qtbot: QtBot) -> None:
    assert "<b>bold</b>" in sealed_markdown("<b>bold</b>", set(), LINK).toPlainText()


def test_a_known_citation_is_a_link_and_an_unknown_one_is_not(qtbot: QtBot) -> None:
    links = [
        (piece.text(), piece.charFormat().anchorHref())
        for piece in formats(sealed_markdown("So [1] and [2] 😀 [1].", {1}, LINK))
        if piece.charFormat().isAnchor()
    ]
    assert links == [("[1]", "cite:1"), ("[1]", "cite:1")]


def test_a_definition_in_the_text_does_not_take_a_citation_over(qtbot: QtBot) -> None:
    document = sealed_markdown("It is [1].\n\n[1]: http://attacker.example", {1}, LINK)
    assert {p.charFormat().anchorHref() for p in formats(document) if p.charFormat().isAnchor()} == {"cite:1"}


def test_a_click_on_a_citation_is_heard_and_on_nothing_else(qtbot: QtBot) -> None:
    view = SealedText("answer")
    qtbot.addWidget(view)
    heard: list[int] = []
    view.cited.connect(heard.append)
    view.anchorClicked.emit(QUrl("http://attacker.example"))
    view.anchorClicked.emit(QUrl("file:///etc/passwd"))
    view.anchorClicked.emit(QUrl("cite:2"))
    assert heard == [2]


def test_a_long_line_of_code_stays_inside(qtbot: QtBot) -> None:
    view = SealedText("answer")
    qtbot.addWidget(view)
    view.resize(300, 100)
    view.show()
    view.show_markdown("```\n" + "word " * 200 + "\n```", set())
    qtbot.waitUntil(lambda: view.document().size().width() <= view.viewport().width())
