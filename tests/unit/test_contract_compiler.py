"""The compiler of contracts as a process: what it answers, what it cannot reach, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import contract_worker, services
from app.functions import compiler
from app.functions.compiler import compiled
from app.workers import WorkerProcess, WorkerSpec
from tests.unit.planted_worker import plant

COUNTER = """
count: public(uint256)

@external
def add(by: uint256):
    self.count += by
"""
PLANTED = """
asked = args["source"]
harm(asked)
if asked == "limits":
    return {"ok": False, "errors": [{"line": 0, "message": limits()}], "abi": [], "bytecode_size": 0}
if asked == "lie":
    return {"ok": "yes", "errors": [], "abi": [], "bytecode_size": 1}
if asked == "deep":
    deep = []
    for _ in range(50):
        deep = [deep]
    return {"ok": True, "errors": [], "abi": deep, "bytecode_size": 1}
"""


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """The real worker, with services planted in it that do harm where the source asks for it."""
    plant(monkeypatch, "app.contract_worker", "compile", PLANTED)
    spec = WorkerSpec("contracts", services.SPECS["contracts"].environment)
    return lambda source: compiled(source, lambda: WorkerProcess(spec), seconds=2)


def message(answer: dict[str, Any]) -> str:
    assert not answer["ok"]
    return str(answer["errors"][0]["message"])


def test_a_contract_compiles_to_an_interface_and_a_size() -> None:
    made = compiled(COUNTER)
    assert (made["ok"], made["errors"], made["bytecode_size"] > 50) == (True, [], True)
    assert sorted(item["name"] for item in made["abi"]) == ["add", "count"]


def test_an_error_names_the_line_of_the_source() -> None:
    made = compiled(COUNTER.replace("self.count", "self.total"))
    assert (made["ok"], made["errors"][0]["line"]) == (False, 6)


def test_the_sample_that_warms_the_compiler_compiles() -> None:
    assert contract_worker.compiled(contract_worker.WARM)["ok"]


def test_an_interface_that_comes_with_the_compiler_can_be_imported() -> None:
    assert compiled("from ethereum.ercs import IERC20\ntoken: public(IERC20)\n")["ok"]


@pytest.mark.parametrize(
    "imported",
    [
        "import secret",
        "from . import secret",
        "from .. import secret",
        "import tests.secret as s",
        "import math.x as y",
    ],
)
def test_a_source_that_imports_a_file_gets_an_error(imported: str) -> None:
    assert "to import" in message(compiled(imported + "\n"))


@pytest.mark.parametrize("imported", ["import secret", "from . import secret", "from ethereum.ercs import secret"])
def test_a_file_that_is_there_is_not_read_by_an_import(
    imported: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, where files can be opened: it is not the limit alone that keeps them shut."""
    (tmp_path / "secret.vy").write_text("hidden: constant(uint256) = 41\n")
    (tmp_path / "secret.vyi").write_text("@external\ndef hidden(): ...\n")
    (tmp_path / "secret.json").write_text("[]")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert "to import" in message(contract_worker.compiled(imported + "\n"))


def test_a_source_that_is_too_large_is_refused_before_a_process_starts() -> None:
    def never() -> WorkerProcess:
        raise AssertionError

    assert "64 KiB" in message(compiled("#" * (compiler.MAX_SOURCE + 1), never))


@pytest.mark.parametrize("source", ["x: constant(uint256) = " + "(" * 3000, "x: constant(uint256) = " + "1+" * 9000])
def test_a_source_nested_without_end_is_an_error(source: str) -> None:
    assert message(compiled(source))


def test_a_compiler_that_dies_is_a_sentence(planted: Callable[[str], dict[str, Any]]) -> None:
    assert message(planted("crash")) == "It made the compiler stop; nothing came of it."


def test_a_compiler_that_hangs_is_given_up(planted: Callable[[str], dict[str, Any]]) -> None:
    assert message(planted("sleep")) == "Compiling it took longer than 2 s; it was given up."


@pytest.mark.parametrize("source", ["lie", "deep"])
def test_a_compiler_that_answers_nonsense_is_a_sentence(source: str, planted: Callable[[str], dict[str, Any]]) -> None:
    assert message(planted(source)) == "The compiler failed on it; nothing came of it."


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
def test_the_compiler_opens_no_file_no_connection_no_program_and_keeps_to_its_memory(
    planted: Callable[[str], dict[str, Any]],
) -> None:
    assert message(planted("limits")) == "OSError|OSError|no program|MemoryError"


def test_a_compiler_that_does_not_start_is_a_sentence() -> None:
    def broken() -> WorkerProcess:
        raise OSError

    assert message(compiled(COUNTER, broken)) == "The compiler does not start."
