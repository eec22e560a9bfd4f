"""One receipt, of this profile or of somebody's file: looked at, verified, saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.receipt_results import ChainCheck, ReceiptSaved, ReceiptView, Verified
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, role
from app.views.pick import pick_new_file
from app.views.plain import breakable, one_line
from app.views.receipt_sheet import ReceiptSheet, verdict

SUFFIX = ".nuee-receipt"
_WIDTH = 680


class ReceiptDialog(Dialog):
    """Opened with `open()`.  Use `of_name` or `of_file`.

    `ask` and `compare` submit what looks at it, and what holds it against a chain.
    """

    def __init__(
        self,
        desk: Desk,
        parent: QWidget,
        ask: Callable[[ReceiptDialog], None],
        compare: Callable[[ReceiptDialog], None],
        *,
        ours: bool,
    ) -> None:
        super().__init__(parent, desk.words("receipts.title"), _WIDTH)
        self._desk = desk
        words = desk.words
        self._ask = ask
        self._name = ""
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._saved = label("", "good")
        self._saved.hide()
        self._compared = label("")
        self._compared.hide()
        self._compare = button(words("receipts.compare"))
        self._compare.clicked.connect(lambda: self._compare_it(compare))
        self._compare.hide()
        self._body = column(label(words("receipts.looking"), "muted"))
        self._save = button(words("receipts.save"))
        self._save.clicked.connect(lambda: save(self, desk, self._name, self._told, self._notice.tell))
        self._save.setEnabled(False)
        self._save.setVisible(ours)
        close = button(words("receipts.close"), "primary")
        close.clicked.connect(self.reject)
        told = column(self._notice, self._saved, self._compared, self._body, gap=SPACE)
        self.fill(told, self._compare, self._save, close)
        close.setFocus()
        self.refresh()

    @classmethod
    def of_name(cls, desk: Desk, parent: QWidget, name: str) -> ReceiptDialog:
        """A receipt of this profile."""

        def ask(dialog: ReceiptDialog) -> None:
            desk.bridge.submit(dialog, "receipt", name, on_done=dialog.show_receipt, on_failed=dialog.tell_failure)

        def compare(dialog: ReceiptDialog) -> None:
            desk.bridge.submit(dialog, "check_receipt", name, on_done=dialog.show_check, on_failed=dialog.not_compared)

        return cls(desk, parent, ask, compare, ours=True)

    @classmethod
    def of_file(cls, desk: Desk, parent: QWidget, path: str) -> ReceiptDialog:
        """A file, whoever made it."""

        def ask(dialog: ReceiptDialog) -> None:
            desk.bridge.submit(dialog, "read_receipt", path, on_done=dialog.show_file, on_failed=dialog.tell_failure)

        def compare(dialog: ReceiptDialog) -> None:
            desk.bridge.submit(
                dialog, "verify_receipt", path, None, True,
                on_done=lambda found: dialog.show_check(found.chain), on_failed=dialog.not_compared,
            )  # fmt: skip

        return cls(desk, parent, ask, compare, ours=False)

    def refresh(self) -> None:
        self._ask(self)

    def show_receipt(self, view: ReceiptView) -> None:
        self._notice.hide()
        self._name = view.name
        self._save.setEnabled(True)
        self._compare.setVisible(bool(view.settlement))
        self._put(ReceiptSheet(self._desk, view))

    def show_file(self, found: Verified) -> None:
        if found.receipt is not None:
            self.show_receipt(found.receipt)
            return
        words = self._desk.words
        told = column(
            verdict(self._desk, "shield-warning", "danger", words("receipts.bad")),
            label(breakable(one_line(found.reason))), label(words("receipts.bad_what"), "muted"),
            margin=SPACE * 2, gap=6,
        )  # fmt: skip
        self._put(frame("card", told))

    def show_check(self, check: ChainCheck | None) -> None:
        """What the chain says; None where the file is no longer believed."""
        self._compare.setEnabled(True)
        if check is None:
            self.refresh()
            return
        words, chain = self._desk.words, one_line(check.chain)
        why = " ".join(check.reasons)
        self._compared.setText(
            breakable(
                words("receipts.stands", chain=chain)
                if check.holds
                else words("receipts.stands_not", chain=chain, why=why)
            )
        )
        role(self._compared, "good" if check.holds else "danger")
        self._compared.show()

    def not_compared(self, error: BaseException) -> None:
        self._compare.setEnabled(True)
        self._notice.tell(error)

    def _compare_it(self, compare: Callable[[ReceiptDialog], None]) -> None:
        self._notice.hide()
        self._compare.setEnabled(False)
        compare(self)

    def tell_failure(self, error: BaseException) -> None:
        clear(self._body)
        self._notice.tell(error)

    def _put(self, widget: QWidget) -> None:
        clear(self._body)
        self._body.addWidget(widget)

    def _told(self, saved: ReceiptSaved) -> None:
        self._notice.hide()
        self._saved.setText(breakable(self._desk.words("receipts.saved", path=saved.path)))
        self._saved.show()


def save(
    owner: QWidget,
    desk: Desk,
    name: str,
    then: Callable[[ReceiptSaved], None],
    failed: Callable[[BaseException], None],
) -> None:
    """Ask where to, and write it there."""

    def chosen(paths: list[str]) -> None:
        if paths:
            path = paths[0] if paths[0].endswith(SUFFIX) else paths[0] + SUFFIX
            desk.bridge.submit(owner, "save_receipt", name, path, on_done=then, on_failed=failed)

    words = desk.words
    suggested = f"{name[:12]}{SUFFIX}"
    pick_new_file(owner.window(), chosen, words("receipts.save_title"), suggested, words("receipts.files"))
