"""Every value of something that was signed, with what it is: shown when asked for, to be marked and copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, form, label, rename, row, selectable
from app.views.plain import breakable


class WalletRows(QWidget):
    """`what`: said with the button, for those who hear it alone."""

    def __init__(self, desk: Desk, rows: Sequence[tuple[str, str]], what: str, *, shown: bool = False) -> None:
        super().__init__()
        self._desk = desk
        self._toggle = button(desk.words("wallet.details"), "quiet")
        self._toggle.setAccessibleDescription(what)
        self._inner = QWidget()
        self._toggle.clicked.connect(lambda: self._turn(self._inner.isHidden()))
        lines = form()
        lines.setVerticalSpacing(4)
        for name, value in rows:
            said = selectable(breakable(value))
            said.setAccessibleName(f"{name}: {value}")
            caption = label(name, "small", wrap=False)
            caption.setBuddy(said)
            lines.addRow(caption, said)
        self._inner.setLayout(lines)
        self.setLayout(column(row(self._toggle, 0), self._inner, gap=SPACE))
        self._turn(shown)

    def _turn(self, shown: bool) -> None:
        self._inner.setVisible(shown)
        rename(self._toggle, self._desk.words("wallet.less" if shown else "wallet.details"))
