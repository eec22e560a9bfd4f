"""What can be installed: what catalogs offer, the catalogs themselves, and skills from a folder or a file."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.skill_results import CatalogRow, OfferRow
from app.theme.tokens import SPACE
from app.views.catalog_form import CatalogForm
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.install_dialog import InstallDialog
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, row
from app.views.permissions import Permissions
from app.views.pick import pick_folder, pick_source_file
from app.views.plain import one_line

_STATES = {"installed": "catalog.installed", "revoked": "catalog.revoked"}


class Catalog(QWidget):
    """`wanted` with the name of an installed skill; `changed` when one was installed."""

    wanted = Signal(str)
    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._offers = column(gap=SPACE)
        self._catalogs = column(gap=SPACE)
        self._refresh = button(words("catalog.refresh"))
        desk.theme.dress(self._refresh, "arrows-clockwise")
        self._refresh.clicked.connect(self._fetch)
        folder = button(words("catalog.folder"))
        folder.clicked.connect(lambda: pick_folder(self, desk, self._picked, words("catalog.pick_folder")))
        file = button(words("catalog.file"))
        title, kinds = words("catalog.pick_file"), words("catalog.kinds")
        file.clicked.connect(lambda: pick_source_file(self, desk, self._picked, title, kinds))
        tools = QWidget()
        tools.setLayout(Flow(self._refresh, folder, file))
        add = button(words("catalog.add"))
        desk.theme.dress(add, "plus")
        add.clicked.connect(self.add)
        head = row(label(words("catalog.catalogs"), "heading"), add)
        head.setStretch(0, 1)
        what = label(words("catalog.what"), "muted")
        self.setLayout(column(tools, self._notice, self._offers, head, what, self._catalogs, gap=SPACE * 2))

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "offers", on_done=self._fill, on_failed=self._notice.tell)
        submit(self, "catalogs", on_done=self._list_catalogs, on_failed=self._notice.tell)

    def add(self) -> None:
        """Open the form where a catalog's address and key are typed."""
        asking = CatalogForm(self._desk, self.window())
        asking.stored.connect(self.refresh)
        asking.open()

    def install(self, what: str, *, update: bool = False) -> None:
        """Show what it would mean; install it if that is agreed to."""
        dialog = InstallDialog(self._desk, self.window(), what, update=update)
        dialog.installed.connect(lambda _: self.changed.emit())
        dialog.open()

    def _picked(self, paths: list[str]) -> None:
        self.install(paths[0])

    def _fetch(self) -> None:
        self._refresh.setEnabled(False)
        self._notice.hide()
        self._desk.bridge.submit(
            self,
            "refresh_catalogs",
            on_report=lambda _: None,
            on_done=lambda _: self._fetched(),
            on_failed=self._not_fetched,
            on_cancelled=self._fetched,
        )

    def _fetched(self) -> None:
        self._refresh.setEnabled(True)
        self.refresh()

    def _not_fetched(self, error: BaseException) -> None:
        self._fetched()
        self._notice.tell(error)

    # -- the lists -------------------------------------------------------------------------------------------------

    def _fill(self, offers: Sequence[OfferRow]) -> None:
        clear(self._offers)
        words = self._desk.words
        for offer in offers:
            self._offers.addWidget(self._offer(offer))
        if not offers:
            title, what = label(words("catalog.none"), "heading"), label(words("catalog.none_what"), "muted")
            go = button(words("catalog.add_first"))
            go.clicked.connect(self.add)
            self._offers.addWidget(frame("card", column(title, what, row(go, 0), margin=SPACE * 3)))

    def _offer(self, offer: OfferRow) -> QFrame:
        words, name = self._desk.words, one_line(offer.title) or offer.name
        facts = " · ".join(
            part for part in (offer.name, words("skills.version", version=offer.version), one_line(offer.publisher))
            if part
        )  # fmt: skip
        head = row(column(label(name, "heading"), label(facts, "small"), gap=2))
        head.setStretch(0, 1)
        if offer.state in _STATES:
            look = "danger" if offer.state == "revoked" else "good"
            head.addWidget(label(words(_STATES[offer.state]), look, wrap=False))
        if offer.state in ("new", "update"):
            update = offer.state == "update"
            get = button(words("catalog.update" if update else "catalog.install"), "primary")
            get.setAutoDefault(False)
            get.setAccessibleName(words("catalog.update_name" if update else "catalog.install_name", name=name))
            what = offer.name if update else _what(offer)
            get.clicked.connect(lambda: self.install(what, update=update))
            head.addWidget(get, 0, Qt.AlignmentFlag.AlignTop)
        elif offer.state == "installed":
            see = button(words("skills.open"))
            see.setAccessibleName(words("skills.open_name", name=name))
            see.clicked.connect(lambda: self.wanted.emit(offer.name))
            head.addWidget(see, 0, Qt.AlignmentFlag.AlignTop)
        may = label(words("catalog.may"), "small")
        permissions = Permissions(self._desk, offer.permissions, mark=offer.state == "update")
        inside = column(head, label(one_line(offer.about)), may, permissions)
        inside.setContentsMargins(SPACE * 2, SPACE * 2, SPACE * 2, SPACE * 2)
        return frame("card", inside)

    def _list_catalogs(self, catalogs: Sequence[CatalogRow]) -> None:
        clear(self._catalogs)
        for one in catalogs:
            self._catalogs.addWidget(self._catalog(one))
        if not catalogs:
            self._catalogs.addWidget(label(self._desk.words("catalog.no_catalogs"), "muted"))

    def _catalog(self, one: CatalogRow) -> QFrame:
        words = self._desk.words
        name = one_line(one.name) or one_line(one.address)
        fetched = words("catalog.fetched", when=words.ago(one.fetched)) if one.fetched else words("catalog.not_fetched")
        expires = words("catalog.expires", date=words.date(one.expires)) if one.expires else ""
        text = column(label(name, "heading"), label(one_line(one.address), "small"), gap=2)
        text.addWidget(label(words("catalog.keys", keys=", ".join(one.keys)), "small"))
        text.addWidget(label(" · ".join(part for part in (fetched, expires) if part), "small"))
        if one.problem:
            text.addWidget(label(one_line(one.problem), "danger"))
        remove = icon_button(self._desk.theme, "trash", words("catalog.remove", name=name))
        remove.clicked.connect(lambda: self._ask_remove(one, name))
        line = row(text, remove, margin=SPACE + 4)
        line.setStretch(0, 1)
        line.setAlignment(remove, Qt.AlignmentFlag.AlignTop)
        return frame("card", line)

    def _ask_remove(self, one: CatalogRow, name: str) -> None:
        words = self._desk.words
        confirm(
            self.window(),
            words("catalog.remove_title"),
            words("catalog.remove_ask", name=name),
            words("catalog.do_remove"),
            words("catalog.keep"),
            lambda: self._desk.bridge.submit(
                self, "remove_catalog", one.id, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
            ),
        )


def _what(offer: OfferRow) -> str:
    """This offer and no other, as installing wants it named."""
    return f"{offer.catalog}:{offer.name}@{offer.version}" if offer.catalog else f"bundled:{offer.name}"
