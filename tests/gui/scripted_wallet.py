"""The commands on the wallet, with canned results, and the tab over them in a window of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.chain_results import ChainRowView, ChainUsed
from app.swarm_results import PeerRow
from app.theme.theme import Choice, Theme
from app.views.desk import Desk
from app.views.parts import column
from app.views.sheet import Sheet
from app.views.wallet import WalletTab
from app.views.wording import Words
from app.wallet_results import (
    AccountView,
    AskRow,
    AuthorityView,
    DelegateRow,
    HistoryRow,
    LimitsRow,
    Money,
    Movement,
    Movements,
    WalletView,
)
from app.workers import WorkerFailed
from tests.gui.scripted_skills import when

PASSPHRASE = "gravel otter lantern seventeen"
ADDRESS = "0x" + "4f" * 20
OTHER = "0x" + "99" * 20
TOKEN = "0x" + "2e" * 20
HASH = "0x" + "7a" * 32
DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
KEY = "0x" + "5e" * 32


def money(amount: str, symbol: str = "NREH", token: str = TOKEN) -> Money:
    return Money(amount, symbol, token, f"{amount}\u00a0{symbol}")


LIMITS = LimitsRow(
    TOKEN, "NREH", money("1000"), money("10000"), money("5000"), money("100"), money("12.5")
)  # fmt: skip
ROWS = (("To", OTHER), ("Amount", "250\u00a0NREH (250000000)"), ("Network", "the rehearsal chain (86264418140167)"),
        ("Network fee, at most", "0.00012 of the chain’s own coin (123669379711792)"))  # fmt: skip
REHEARSING = WalletView(
    "rehearsal", "embedded", 86264418140167, "a rehearsal chain of Nuée", False, True,
    "A rehearsal, worth nothing: this is on a rehearsal chain of Nuée.", "", 0, ADDRESS,
    (money("9987.5"), Money("100", "", "", "100 of the chain’s own coin")), (LIMITS,),
    Money("1", "", "", "1 of the chain’s own coin"), Money("0.00025", "", "", "0.00025 of the chain’s own coin"),
    (), 0, "",
)  # fmt: skip
REAL = replace(
    REHEARSING, chain="base", kind="rpc", chain_id=8453, network="Base", real=True,
    worth="Real money: this is on Base.", rate="You set: one token is 0.98 EUR. Nuée asks nobody for prices.",
)  # fmt: skip
NO_CHAIN = replace(
    REHEARSING, chain="", kind="", chain_id=None, network="", on=False, worth="", balances=(), limits=(), fees=None,
    fees_spent=None,
)  # fmt: skip
ASK = AskRow(
    "ab" * 32, "Send 250\u00a0NREH to 0x9999…9999. Nobody can bring it back. A rehearsal, worth nothing: this is on "
    "a rehearsal chain of Nuée.", ROWS, "waiting", False, "0a" * 16, "12D3KooWBob", "Bob", when(minutes=-3),
)  # fmt: skip
PAID = HistoryRow(
    "0a/fund", "Pay 12.5\u00a0NREH into escrow for job 3 of Bob. It goes to them when the work is accepted, and "
    "comes back when it is not.", "final", "done", "", HASH, when(minutes=-40), "a rehearsal chain of Nuée",
    "0a" * 16, "12D3KooWBob", ROWS,
)  # fmt: skip
DELEGATE = DelegateRow(
    DID, "my phone", "a rehearsal chain of Nuée", when(days=30), False, money("5"), money("9"), money("5"),
    money("0"),
)  # fmt: skip
CHAIN = ChainRowView("rehearsal", "embedded", 86264418140167, "Nuée", "0x" + "1f" * 32, (), True, False)
BASE = ChainRowView("base", "rpc", 8453, "Base", "0x" + "2f" * 32, ("https://example.org",), False, True)


class ScriptedWallet:
    """Trio thread, but for the attributes that a test sets before."""

    def __init__(self, view: WalletView = REHEARSING) -> None:
        self.view = view
        self.asks: list[AskRow] = []
        self.history: list[HistoryRow] = []
        self.watched: list[AccountView] = []
        self.came: tuple[Movement, ...] = ()
        self.known: list[ChainRowView] = [CHAIN, BASE] if view.chain else []
        self.needs_proof = False
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.listener: Callable[[object], None] = lambda _event: None
        self.refusal: Exception | None = None
        self.contacts: tuple[PeerRow, ...] = ()

    @asynccontextmanager
    async def open_node(self, home: Path, listener: Callable[[object], None]) -> AsyncIterator[ScriptedWallet]:
        self.listener = listener
        yield self

    def called(self, name: str) -> list[tuple[Any, ...]]:
        return [args for called, args in self.calls if called == name]

    def _proven(self, secret: str) -> None:
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        if self.needs_proof and not secret:
            raise WorkerFailed("wallet-secret", "this takes the passphrase")
        if self.needs_proof and secret != PASSPHRASE:
            raise WorkerFailed("wrong-secret", "this opens nothing")

    async def wallet(self, node: object) -> WalletView:
        return replace(self.view, waiting=len(self.asks))

    async def wallet_pending(self, node: object) -> tuple[AskRow, ...]:
        return tuple(self.asks)

    async def wallet_history(self, node: object) -> tuple[HistoryRow, ...]:
        return tuple(self.history)

    async def movements(self, node: object) -> Movements:
        return Movements(ADDRESS, "your account", 0, self.came)

    async def watching(self, node: object) -> tuple[AccountView, ...]:
        return tuple(self.watched)

    async def peers(self, node: object) -> tuple[PeerRow, ...]:
        return self.contacts

    async def authority(self, node: object, peer: str) -> AuthorityView:
        self.calls.append(("authority", (peer,)))
        if self.refusal is not None:
            raise self.refusal
        return AuthorityView(
            peer, "Bob", "a rehearsal chain of Nuée", OTHER, 2_000_000_000, False, money("5"), money("9"),
            money("6"), money("1"),
        )  # fmt: skip

    async def chains(self, node: object) -> tuple[ChainRowView, ...]:
        return tuple(self.known)

    async def use_chain(self, node: object, name: str, proof: str = "") -> ChainUsed:
        self.calls.append(("use_chain", (name, proof)))
        if name == "base" and not proof:
            return ChainUsed("base", "rpc", "Base", True, False, proof=True)
        if proof and proof != PASSPHRASE:
            raise WorkerFailed("wrong-secret", "this opens nothing")
        self.view = {"none": NO_CHAIN, "base": REAL}.get(name, REHEARSING)
        self.known = [replace(one, used=one.name == name) for one in (CHAIN, BASE)]
        return ChainUsed(name, "embedded", "Nuée", name == "base", True)

    async def decide_wallet_ask(self, node: object, digest: str, agreed: bool) -> AskRow:
        self.calls.append(("decide_wallet_ask", (digest, agreed)))
        self._proven(PASSPHRASE)
        found = next(one for one in self.asks if one.digest == digest)
        self.asks = [one for one in self.asks if one.digest != digest]
        return replace(found, state="agreed" if agreed else "declined")

    async def set_limits(
        self, node: object, wanted: Mapping[str, str], token: str, chain: str, secret: str
    ) -> WalletView:
        self.calls.append(("set_limits", (dict(wanted), token, chain, secret)))
        self._proven(secret)
        amounts: dict[str, Any] = {name: money(value) for name, value in wanted.items()}
        limits = replace(self.view.limits[0], **amounts)
        self.view = replace(self.view, limits=(limits,))
        return self.view

    async def turn_network(self, node: object, name: str, on: bool, secret: str) -> WalletView:
        self.calls.append(("turn_network", (name, on, secret)))
        self._proven(secret)
        self.view = replace(self.view, on=on)
        return self.view

    async def set_rate(self, node: object, currency: str, rate: str) -> WalletView:
        self.calls.append(("set_rate", (currency, rate)))
        self._proven(PASSPHRASE)
        self.view = replace(self.view, rate=f"You set: one token is {rate} {currency}.")
        return self.view

    async def add_delegate(
        self, node: object, who: str, name: str, until: str, limits: Mapping[str, str], secret: str
    ) -> DelegateRow:
        self.calls.append(("add_delegate", (who, name, until, dict(limits), secret)))
        self._proven(secret)
        self.view = replace(self.view, delegates=(replace(DELEGATE, name=name),))
        return DELEGATE

    async def remove_delegate(self, node: object, who: str) -> DelegateRow:
        self.calls.append(("remove_delegate", (who,)))
        self.view = replace(self.view, delegates=())
        return DELEGATE

    async def watch_address(self, node: object, address: str, name: str) -> AccountView:
        self.calls.append(("watch_address", (address, name)))
        self._proven(PASSPHRASE)
        self.watched.append(AccountView(address, name, (money("3"),), ""))
        return self.watched[-1]

    async def unwatch_address(self, node: object, address: str) -> None:
        self.calls.append(("unwatch_address", (address,)))
        self.watched = [one for one in self.watched if one.address != address]

    async def export_key(self, node: object, secret: str, index: int) -> str:
        if secret != PASSPHRASE:
            raise WorkerFailed("wrong-secret", "this opens nothing")
        return KEY


@contextmanager
def shown_wallet(
    qtbot: QtBot, scripted: ScriptedWallet, language: str = "en", look: Choice = "light"
) -> Iterator[WalletTab]:
    """The tab in a window, filled; on leaving the trio thread has ended."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme = Theme(application)
    theme.choose(look)
    bridge = Bridge(Path("unused"), commands=scripted, open_node=scripted.open_node)
    ended: list[object] = []
    bridge.stopped.connect(ended.append)
    tab = WalletTab(Desk(bridge, Words(language), theme))
    window = QWidget()
    window.setLayout(column(Sheet(column(tab), 760, middle=False)))
    window.resize(900, 780)
    window.show()
    qtbot.waitExposed(window)
    bridge.start()
    bridge.noted.connect(lambda _event: tab.wallet_changed())
    tab.refresh()
    qtbot.waitUntil(lambda: bridge.pending == 0, timeout=60_000)
    try:
        yield tab
    finally:
        window.close()
        bridge.stop()
        qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
        bridge.join()
        theme.deleteLater()
        shiboken6.delete(window)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
