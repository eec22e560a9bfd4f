"""Commands with canned results, for tests of how the window behaves; what the node does is tested with the node."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import trio

from app.results import (
    AnswerView,
    AttachmentView,
    Began,
    CitationView,
    CommandFailed,
    ConversationRow,
    ConversationView,
    Created,
    ImportFailure,
    ImportReport,
    LibraryPage,
    LibraryRow,
    MessageView,
    ModelRow,
    Passages,
    Piece,
    Progress,
    RecordView,
    SearchHit,
    Searching,
    SearchResult,
    StateChanged,
    Status,
)
from app.views.filter_words import value
from app.wallet_results import AskRow, WalletView
from tests.gui.scripted_receipts import ScriptedReceipts
from tests.gui.scripted_vault import PASSPHRASE, PHRASE
from tests.gui.scripted_wallet import NO_CHAIN

Report = Callable[[object], None]
CANARY = "zanzibar-canary"
BODY = "Bonjour 😀 Camille,\n\nle train part à 17:21 🚆 de la gare. À demain !\n\nSophie\n" + "\nfiller" * 60
QUOTE = "le train part à 17:21 🚆 de la gare."
START = BODY.index(QUOTE)
CITATION = CitationView(
    1, "m1", f"Train {CANARY}", "Sophie Laurent <sophie@example.org>", "2026-05-04T09:30:00+00:00", QUOTE, START,
    START + len(QUOTE),
)  # fmt: skip


class Scripted(ScriptedReceipts):
    """A node and its commands in one.  Trio thread, but for the attributes that a test sets before."""

    def __init__(self, state: str = "absent") -> None:
        super().__init__()
        self.state: Any = state
        self.records = 0 if state == "absent" else 3
        self.to_sign: list[AskRow] = []
        self.purse_shown = NO_CHAIN
        self.settings: dict[str, Any] = {}
        self.talks: dict[int, list[MessageView]] = {}
        self.titles: dict[int, str] = {}
        self.pieces: Sequence[str] = ("The train leaves ", "at **17:21** ", "[1].")
        self.hold = trio.Event()  # the answer waits for it after its first piece, where `held`
        self.held = False
        self.failure: Exception | None = None
        self.body = BODY
        self.rows = 250
        self.steps: Sequence[object] = ()  # of the next answer: what skills did on the way

    async def wallet(self, node: object) -> WalletView:
        return self.purse_shown

    async def wallet_pending(self, node: object) -> tuple[AskRow, ...]:
        return tuple(self.to_sign)

    @asynccontextmanager
    async def open_node(self, home: Path, listener: Report) -> AsyncIterator[Scripted]:
        self.listener = listener
        yield self

    def called(self, name: str) -> list[tuple[Any, ...]]:
        return [args for called, args in self.calls if called == name]

    async def status(self, node: object) -> Status:
        return Status(
            home="/home/camille/.local/share/nuee/profile",
            state=self.state,
            peer_id="12D3KooWExampleExampleExampleExampleExampleExample",
            records=self.records,
            chunks=self.records * 2,
            embedded=self.records * 2,
            conversations=len(self.talks),
            model="SmolLM2-135M-Instruct",
            engine="llama.cpp 0.3.36, AVX2",
            device="2 CPU cores",
            embedder="ready",
            vault_bytes=4_200_000,
            version="0.1.0",
        )

    async def create(self, node: object, passphrase: str) -> Created:
        self.calls.append(("create", (passphrase,)))
        self.state = "open"
        self.listener(StateChanged("open"))
        return Created("/home/camille", PHRASE)

    async def unlock(self, node: object, secret: str) -> None:
        self.calls.append(("unlock", (secret,)))
        await trio.sleep(0.01)
        if secret != PASSPHRASE:
            raise CommandFailed("wrong-secret")
        self.state = "open"
        self.listener(StateChanged("open"))

    async def lock(self, node: object) -> None:
        self.calls.append(("lock", ()))
        self.state = "locked"
        self.listener(StateChanged("locked"))

    async def import_paths(self, node: object, paths: Sequence[str], report: Report) -> ImportReport:
        self.calls.append(("import_paths", tuple(paths)))
        return await self._import(report, (ImportFailure(f"{paths[0]}#3", "The message has no end."),))

    async def import_sample(self, node: object, report: Report) -> ImportReport:
        self.calls.append(("import_sample", ()))
        self.settings["sample"] = True
        return await self._import(report, ())

    async def _import(self, report: Report, failed: tuple[ImportFailure, ...]) -> ImportReport:
        for done in range(10):
            report(Progress("reading", done, 80, f"mail/{done:03}-a-message.eml"))
            await trio.sleep(0.002)
        if self.held:
            await self.hold.wait()
        self.records = 80
        return ImportReport(80, 2, failed, 0.1)

    async def search(self, node: object, query: str, k: int) -> SearchResult:
        self.calls.append(("search", (query, k)))
        await trio.sleep(0.001)
        hit = SearchHit("m1", "mail", f"About {query} {CANARY}", "Sophie <s@example.org>", "2026-05-04T09:30:00+00:00",
                        f"le train … {query} … de la gare", 0.9, START, START + len(QUOTE))  # fmt: skip
        note = replace(hit, id="n2", kind="note", title="Note", sender="")
        kind = value(query, "kind")
        return SearchResult(tuple(h for h in (hit, note) if kind in ("", h.kind)), 3.0, "hybrid")

    async def show(self, node: object, record: str) -> RecordView:
        self.calls.append(("show", (record,)))
        return RecordView(
            id=record,
            kind="mail",
            title=f"Train de vendredi {CANARY}",
            sender="Sophie Laurent <sophie@example.org>",
            recipients=("Camille <camille@example.org>", "Nadia <nadia@example.org>"),
            date="2026-05-04T09:30:00+00:00",
            body=self.body,
            folder="INBOX",
            origin="mail/012.eml",
            attachments=(AttachmentView("billet.pdf", "application/pdf", 48_230),),
            warnings=("The character set was not named; it was taken for windows-1252.",),
            thread=(("m2", "Re: Train de vendredi"), ("m3", "Re: Re: Train de vendredi")),
        )

    async def library(self, node: object, text: str, kind: str, offset: int, limit: int) -> LibraryPage:
        self.calls.append(("library", (text, kind, offset, limit)))
        total = self.rows if self.records else 0
        rows = tuple(
            LibraryRow(
                f"m{n}",
                ("mail", "note", "file")[n % 3],
                f"A rather ordinary title {n} {CANARY}",
                "Sophie Laurent <sophie@example.org>",
                "2026-05-04T09:30:00+00:00",
                n % 3,
            )
            for n in range(offset, min(total, offset + limit))
        )
        return LibraryPage(rows, total)

    async def ask(self, node: object, question: str, conversation: int | None, report: Report) -> AnswerView:
        self.calls.append(("ask", (question, conversation)))
        if conversation is None:
            conversation = len(self.talks) + 1
            self.talks[conversation], self.titles[conversation] = [], question
        self.talks[conversation].append(MessageView("user", question, (), "2026-05-04T09:30:00+00:00"))
        return await self._answer(conversation, report)

    async def retry(self, node: object, conversation: int, report: Report) -> AnswerView:
        self.calls.append(("retry", (conversation,)))
        if self.talks[conversation][-1].role == "assistant":
            self.talks[conversation].pop()
        return await self._answer(conversation, report)

    async def _answer(self, conversation: int, report: Report) -> AnswerView:
        report(Began(conversation))
        report(Searching())
        await trio.lowlevel.checkpoint()
        report(Passages(3))
        for step in self.steps:
            report(step)
        for index, piece in enumerate(self.pieces):
            report(Piece(piece))
            await trio.sleep(0.002)
            if index == 0 and self.held:
                await self.hold.wait()
            if index == 1 and self.failure is not None:
                raise self.failure
        answer = "".join(self.pieces)
        self.talks[conversation].append(MessageView("assistant", answer, (CITATION,), "2026-05-04T09:30:05+00:00"))
        return AnswerView(answer, (CITATION,), "SmolLM2", 120.0, 900.0, conversation)

    async def conversations(self, node: object) -> tuple[ConversationRow, ...]:
        return tuple(
            ConversationRow(n, self.titles[n], "2026-05-04T09:30:00+00:00") for n in sorted(self.talks, reverse=True)
        )

    async def conversation(self, node: object, number: int) -> ConversationView:
        return ConversationView(number, self.titles[number], tuple(self.talks[number]))

    async def rename_conversation(self, node: object, number: int, title: str) -> None:
        self.titles[number] = title

    async def delete_conversation(self, node: object, number: int) -> None:
        self.calls.append(("delete_conversation", (number,)))
        del self.talks[number]

    async def models(self, node: object) -> tuple[ModelRow, ...]:
        return (
            ModelRow("SmolLM2-135M-Instruct", "ab" * 32, 98_000_000, 134_515_008, 8192, True, True),
            ModelRow("Qwen2.5-7B-Instruct", "cd" * 32, 4_683_073_504, 7_615_616_512, 32_768, False, False),
        )

    async def add_model(self, node: object, path: str, report: Report) -> ModelRow:
        raise CommandFailed("not-a-model", path=path)

    async def use_model(self, node: object, name: str) -> None:
        self.calls.append(("use_model", (name,)))

    async def remove_model(self, node: object, name: str) -> None:
        self.calls.append(("remove_model", (name,)))

    async def setting(self, node: object, key: str) -> Any:
        return self.settings.get(key)

    async def set_setting(self, node: object, key: str, value: Any) -> None:
        self.settings[key] = value
