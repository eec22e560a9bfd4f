"""Giving a task to other people's agents: what, to whom, and on which terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.errors import code
from app.swarm_results import PeerOffers, PeerRow, Preview, TaskRow, TokenPrice
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field
from app.views.notice import Notice
from app.views.parts import button, choices, clear, column, label, select
from app.views.task_form import TaskForm
from app.views.task_kinds import KINDS, reply_seconds
from app.views.task_preview import TaskPreview
from app.views.task_terms import TaskTerms
from app.views.task_to import PeerChoice
from app.wallet_results import WalletView

_ASKS = ("disclosure-ask", "disclosure-changed")


class TaskGive(Dialog):
    """Opened with `open()`; `given` with the task's id once the call is out."""

    given = Signal(str)

    def __init__(
        self,
        desk: Desk,
        parent: QWidget,
        to: Sequence[str] = (),
        kind: str = "inference",
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        """`to`: peer ids that are chosen at first, () for all contacts; `arguments`: of a task that is asked again."""
        words = desk.words
        super().__init__(parent, words("give.title"), 660)
        self._desk = desk
        self._kind = choices(words("give.kind"), [(one, words(f"give.kind_{one}")) for one in KINDS])
        self._kind.currentIndexChanged.connect(lambda _: self._show_kind())
        self._leaves = label("", "muted")
        self._place = column()
        self._form: TaskForm = KINDS[kind].form(desk)
        self._to = PeerChoice(desk, to)
        self._terms = TaskTerms(desk)
        self._happens = label("")
        self._told: Sequence[PeerOffers] = ()
        self._to.changed.connect(self._tell)
        self._terms.changed.connect(self._tell)
        self._notice = Notice(desk)
        self._notice.again.connect(lambda: self._store())
        self._do = button(words("give.do"), "primary")
        self._do.clicked.connect(lambda: self._store())
        see, cancel = button(words("preview.see")), button(words("peers.cancel"))
        see.clicked.connect(lambda: self._preview(asks=False))
        cancel.clicked.connect(self.reject)
        self.fill(
            column(
                Field(words("give.kind"), self._kind), self._place, self._to, self._terms, self._happens,
                self._leaves, self._notice, gap=SPACE * 2,
            ),
            see, cancel, self._do,
        )  # fmt: skip
        select(self._kind, kind)
        self._put(self._form, kind)
        if arguments:
            self._form.fill(arguments)
        self._look()

    def _look(self) -> None:
        self._desk.bridge.submit(self, "peers", on_done=self._list, on_failed=self._notice.tell)
        self._desk.bridge.submit(self, "wallet", on_done=self._price)

    def _list(self, peers: Sequence[PeerRow]) -> None:
        self._to.show_peers(peers)
        self._tell()

    def _price(self, wallet: WalletView) -> None:
        """What can be paid with, where a chain is in use and answers."""
        if wallet.chain and wallet.on and wallet.balances:
            self._terms.show_chain(wallet.chain, wallet.balances[0].symbol)
            self._desk.bridge.submit(self, "peer_offers", on_done=self._note_asks)

    def _note_asks(self, told: Sequence[PeerOffers]) -> None:
        """Who is away, or tells nothing, is not waited for."""
        self._told = told
        self._tell()

    def _asks(self) -> list[tuple[str, TokenPrice]]:
        """What those who would be asked want for this kind in tokens."""
        kind, to = str(self._kind.currentData()), self._to.asked()
        fitting = [peer for peer in self._told if peer.peer_id in to or not set(to) <= set(self._to.names)]
        return [
            (self._to.names.get(peer.peer_id, peer.name), offer.tokens)
            for peer in fitting for offer in peer.offers if offer.kind == kind and offer.tokens is not None
        ]  # fmt: skip

    def _show_kind(self) -> None:
        kind = str(self._kind.currentData())
        self._put(KINDS[kind].form(self._desk), kind)

    def _put(self, form: TaskForm, kind: str) -> None:
        """The fields of another kind; whom is asked stays."""
        clear(self._place)
        self._form = form
        self._notice.hide()
        self._place.addWidget(form)
        form.offered_by.connect(self._to.choose)
        self._to.limit(KINDS[kind].most)
        self._terms.show_kind(kind)
        self._leaves.setText(self._desk.words(f"give.leaves_{kind}"))
        self._tell()
        form.setFocus()

    def _tell(self) -> None:
        self._happens.setText(self._terms.in_words(self._to.count) if self._to.count else "")
        self._happens.setVisible(bool(self._to.count))
        self._terms.show_asks(self._asks())

    def _asked(self) -> tuple[str, dict[str, Any], tuple[str, ...]] | None:
        """Kind, arguments and whom; None where something has to be put right first."""
        arguments = self._form.given()
        to = None if arguments is None else self._to.given()
        return None if arguments is None or to is None else (str(self._kind.currentData()), arguments, to)

    def _store(self, consent: str = "", shown: str = "") -> None:
        """`consent`, `shown`: the person's answer to the preview with this digest."""
        from app.swarm.negotiating import Terms

        asked, pay = self._asked(), self._terms.paid()
        if asked is None or pay is None:
            return
        self._notice.hide()
        self._do.setEnabled(False)
        seconds = self._terms.seconds
        terms = Terms(
            seconds, reply_seconds(asked[0], seconds), self._terms.price.value(), self._terms.policy,
            consent=consent, shown=shown, pay=pay,
        )  # fmt: skip
        if pay:
            terms = replace(terms, **self._terms.judge.given())
        self.job = self._desk.bridge.submit(
            self, "announce", *asked, terms,
            on_done=self._ended, on_failed=self._failed, on_cancelled=self._rest,
        )  # fmt: skip

    def _preview(self, *, asks: bool) -> None:
        """Show what would leave; where it `asks`, a yes sends it."""
        asked, pay = self._asked(), self._terms.paid()
        if asked is not None and pay is not None:
            self._desk.bridge.submit(
                self, "preview_task", *asked, pay,
                on_done=lambda preview: self._show_preview(preview, asks=asks), on_failed=self._failed,
            )  # fmt: skip

    def _show_preview(self, preview: Preview, *, asks: bool) -> None:
        dialog = TaskPreview(self._desk, self, preview, self._to.names, asks=asks)
        dialog.agreed.connect(lambda consent: self._store(consent, preview.digest))
        dialog.open()

    def _ended(self, row: TaskRow) -> None:
        self._rest()
        self.given.emit(row.id)
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        if code(error) in _ASKS:
            self._preview(asks=True)
        elif not self._form.refused(code(error), self._desk.words.failure(error)):
            self._notice.tell(error)

    def _rest(self) -> None:
        self.job = None
        self._do.setEnabled(True)
