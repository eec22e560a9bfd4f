"""Text of a model or a message, shown so that it can do nothing.

A model's words may carry whatever a message put into its mouth.  So: HTML is text, pictures are replaced by their
description, every link but our own citations becomes plain text, and no resource is ever loaded, from the disk or
the network.  The document is cleaned before it has a layout, since the layout is what would load a picture.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any

from PySide6.QtCore import QRegularExpression, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser

_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_REFERENCE = re.compile(r"^([ >]{0,3})\[(\d{1,3})\]:", re.MULTILINE)
_CITATION = QRegularExpression(r"\[\d{1,3}\]")
_SCHEME = "cite"


class SealedDocument(QTextDocument):
    """A document that loads nothing."""

    def loadResource(self, _type: int, _name: QUrl | str) -> Any:  # noqa: N802
        return None


def sealed_markdown(markdown: str, known: Collection[int], link: QColor) -> SealedDocument:
    """`markdown` as a harmless document, in which [n] is a link `cite:n` for every n in `known`."""
    document = SealedDocument()
    # "[1]: somewhere" would define where [1] leads, and so hide our citation.
    document.setMarkdown(_REFERENCE.sub(r"\1\\[\2]:", markdown), _DIALECT)
    _disarm(document)
    _link_citations(document, known, link)
    return document


def _disarm(document: QTextDocument) -> None:
    found: list[tuple[int, int, QTextCharFormat]] = []
    block = document.begin()
    while block.isValid():
        if block.blockFormat().nonBreakableLines():  # code: Qt would let a long line leave the view
            wrapping = QTextBlockFormat()
            wrapping.setNonBreakableLines(False)
            QTextCursor(block).mergeBlockFormat(wrapping)
        pieces = block.begin()
        while not pieces.atEnd():
            fragment = pieces.fragment()
            style = fragment.charFormat()
            if style.isImageFormat() or style.isAnchor():
                found.append((fragment.position(), fragment.length(), style))
            pieces += 1
        block = block.next()
    for start, length, style in reversed(found):
        cursor = QTextCursor(document)
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        if style.isImageFormat():
            described = str(style.property(QTextFormat.Property.ImageAltText) or "")
            cursor.insertText(described * length, QTextCharFormat())
            continue
        for harmful in (
            QTextFormat.Property.IsAnchor,
            QTextFormat.Property.AnchorHref,
            QTextFormat.Property.AnchorName,
            QTextFormat.Property.TextToolTip,
            QTextFormat.Property.ForegroundBrush,
            QTextFormat.Property.TextUnderlineStyle,
            QTextFormat.Property.FontUnderline,
        ):
            style.clearProperty(harmful)
        cursor.setCharFormat(style)


def _link_citations(document: QTextDocument, known: Collection[int], link: QColor) -> None:
    cursor = document.find(_CITATION)
    while not cursor.isNull():
        number = int(cursor.selectedText()[1:-1])
        if number in known:
            style = QTextCharFormat()
            style.setAnchor(True)
            style.setAnchorHref(f"{_SCHEME}:{number}")
            style.setForeground(link)
            cursor.mergeCharFormat(style)
        cursor = document.find(_CITATION, cursor)


class SealedText(QTextBrowser):
    """As high as its text: it never scrolls by itself.  `cited` with the number of a citation that was clicked."""

    cited = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setAcceptDrops(False)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.anchorClicked.connect(self._clicked)
        self._sealed: SealedDocument | None = None
        self._show(SealedDocument())

    def show_plain(self, text: str) -> None:
        document = SealedDocument()
        document.setPlainText(text)
        self._show(document)

    def show_markdown(self, markdown: str, known: Collection[int]) -> None:
        self._show(sealed_markdown(markdown, known, self.palette().link().color()))

    def loadResource(self, _type: int, _name: QUrl | str) -> Any:  # noqa: N802
        return None

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(math.ceil(self.document().idealWidth()) + 2, self.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(80, 0)

    def natural_width(self) -> int:
        """The width at which nothing wraps, in pixels."""
        probe = self.document().clone()
        probe.setTextWidth(-1)
        return math.ceil(probe.idealWidth()) + 2

    def _show(self, document: SealedDocument) -> None:
        document.setParent(self)
        document.setDocumentMargin(0)
        document.setDefaultFont(self.font())
        before, self._sealed = self._sealed, document
        self.setDocument(document)
        if before is not None:
            before.deleteLater()  # Qt deletes only the document that it made itself
        option = document.defaultTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        document.setDefaultTextOption(option)
        self._fit()

    def _fit(self) -> None:
        document = self.document()
        document.setTextWidth(self.viewport().width())
        height = math.ceil(document.size().height()) + 2
        if height != self.height():
            self.setFixedHeight(height)

    def _clicked(self, address: QUrl) -> None:
        if address.scheme() == _SCHEME:
            self.cited.emit(int(address.path()))
