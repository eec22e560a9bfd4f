"""Documents through the whole program: the import command, the reader's process, search."""

from __future__ import annotations

from pathlib import Path

import psutil

from app import commands
from app.documents import Documents
from app.node import open_node
from app.workers import WorkerProcess
from tests.unit import document_samples as samples
from tests.unit.test_source_documents import mail

PASSPHRASE = "gravel otter lantern seventeen"


def children() -> list[str]:
    """The command lines of this process's workers that read documents."""
    lines = [" ".join(child.cmdline()) for child in psutil.Process().children()]
    return [line for line in lines if "--worker documents" in line]


def absent() -> WorkerProcess:
    raise FileNotFoundError("no program")


async def test_what_stands_in_documents_is_found(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bail.pdf").write_bytes(samples.pdf("Le loyer de la quincaillerie"))
    (tmp_path / "m.eml").write_bytes(mail(("application/pdf", "devis.pdf", samples.pdf("Peinture du plafond"))))
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        report = await commands.import_paths(node, [str(tmp_path / "bail.pdf"), str(tmp_path / "m.eml")])
        assert (report.imported, report.failed) == (2, ())
        found = [(await commands.search(node, words, mode="words")).hits for words in ("quincaillerie", "plafond")]
        assert [{hit.title for hit in hits} for hits in found] == [{"bail"}, {"Files"}]
        assert children() == []


async def test_without_a_reader_the_mail_comes_in_and_one_sentence_says_so(home: Path, tmp_path: Path) -> None:
    for number in range(3):
        raw = mail(("application/pdf", "a.pdf", samples.pdf("a"))).replace(b"<1@x>", b"<%d@x>" % number)
        (tmp_path / f"{number}.eml").write_bytes(raw)
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        node.vault.documents = Documents(absent)
        report = await commands.import_paths(node, [str(tmp_path / f"{number}.eml") for number in range(3)])
        assert report.imported == 3
        assert [failure.reason.partition(":")[0] for failure in report.failed] == [
            "The reader of documents does not start"
        ]


async def test_locking_ends_the_reader_of_documents(home: Path) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        documents = node.vault.documents
        await node.blocking(documents.extract, "", "a.pdf", samples.pdf("a"))
        assert len(children()) == 1
        await commands.lock(node)
        assert children() == []
        assert (await node.blocking(documents.extract, "", "a.pdf", samples.pdf("a"))).text == ""
