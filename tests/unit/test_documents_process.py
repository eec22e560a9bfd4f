"""The reader of documents as a process: its limits, its end, and what the node makes of its answers."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app import services, workers
from app.documents import Documents
from app.workers import WorkerProcess, WorkerSpec
from tests.unit import document_samples as samples
from tests.unit.planted_worker import plant

PLANTED = """
name = args["name"]
harm(name.removesuffix(".pdf"))
if name == "limits.pdf":
    return {"text": limits(), "title": "", "date": None, "warnings": [], "failure": "", "absent": False}
if name == "taken.pdf":
    return {"text": b"not text", "title": 7, "date": "never", "warnings": "x", "failure": ""}
"""


def planted() -> WorkerProcess:
    return WorkerProcess(WorkerSpec("documents", services.SPECS["documents"].environment))


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[Documents]:
    """The real worker, with services planted in it that do harm where the file's name asks for it."""
    plant(monkeypatch, "storage.documents_worker", "extract", PLANTED)
    documents = Documents(planted, seconds=2)
    yield documents
    documents.close()


def pid(reader: Documents) -> int:
    assert reader._worker is not None
    return reader._worker.pid


def test_the_worker_of_the_program_reads_a_document() -> None:
    documents = Documents()
    try:
        assert documents.extract("application/pdf", "a.pdf", samples.pdf("Été à Genève")).text == "Été à Genève"
    finally:
        documents.close()


def test_no_process_runs_before_a_document_comes_nor_after_rest(reader: Documents) -> None:
    assert reader._worker is None
    reader.extract("", "a.pdf", samples.pdf("a"))
    number = pid(reader)
    reader.rest()
    assert not psutil.pid_exists(number)
    assert reader.extract("", "a.pdf", samples.pdf("b")).text == "b"


def test_a_document_that_makes_the_parser_hang_is_given_up_and_the_next_is_read(reader: Documents) -> None:
    reader.extract("", "a.pdf", samples.pdf("a"))
    number, begun = pid(reader), time.monotonic()
    found = reader.extract("", "sleep.pdf", samples.pdf("a"))
    assert time.monotonic() - begun < 10
    assert found.failure == "Reading it took longer than 2 s; it was left out."
    assert not psutil.pid_exists(number)
    assert reader.extract("", "a.pdf", samples.pdf("next")).text == "next"


def test_a_document_that_crashes_the_parser_is_given_up_and_the_next_is_read(reader: Documents) -> None:
    assert reader.extract("", "crash.pdf", b"").failure == "It made the program that reads it stop; it was left out."
    assert reader.extract("", "a.pdf", samples.pdf("next")).text == "next"
    assert not reader.absent


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits of POSIX, as Linux keeps them")
def test_the_reader_opens_no_file_no_connection_no_program_and_keeps_to_its_memory(reader: Documents) -> None:
    text = reader.extract("", "limits.pdf", b"").text
    assert text.split("|") == ["OSError", "OSError", "no program", "MemoryError"]


def test_an_answer_of_a_reader_that_was_taken_over_is_not_believed(reader: Documents) -> None:
    found = reader.extract("", "taken.pdf", b"")
    assert (found.text, found.failure) == ("", "Its reader failed on it; it was left out.")


def test_a_reader_that_does_not_start_is_told_apart_from_a_bad_document(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def dying() -> WorkerProcess:
        tries.append(1)
        return planted()

    monkeypatch.setattr(workers, "command", lambda _name: [sys.executable, "-c", "raise SystemExit(1)"])
    documents = Documents(dying)
    found = [documents.extract("", "a.pdf", samples.pdf("a")) for _ in range(3)]
    assert [(one.absent, one.text) for one in found] == [(True, "")] * 3
    assert documents.absent
    assert len(tries) == 1


def test_closing_ends_the_process_in_the_middle_of_a_document(reader: Documents) -> None:
    reader.extract("", "a.pdf", samples.pdf("a"))
    number = pid(reader)
    reading = threading.Thread(target=reader.extract, args=("", "sleep.pdf", b""))
    reading.start()
    time.sleep(0.2)
    reader.close()
    reading.join(5)
    assert not reading.is_alive()
    assert not psutil.pid_exists(number)
    assert reader.extract("", "a.pdf", samples.pdf("a")).absent


def test_a_document_beyond_the_limit_is_not_sent(reader: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.documents.MAX_DOCUMENT", 1024 * 1024)
    assert reader.extract("", "a.pdf", bytes(1024 * 1024 + 1)).failure == "It is larger than 1 MiB."
    assert reader._worker is None


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc to look at another process")
def test_a_bomb_costs_the_reader_less_memory_than_it_may_take(reader: Documents) -> None:
    assert "unpacks" in reader.extract("", "bomb.docx", samples.word_bomb()).failure
    assert psutil.Process(pid(reader)).memory_info().rss < 400_000_000
