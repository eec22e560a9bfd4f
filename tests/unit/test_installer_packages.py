"""pip: what its lines say about the progress, and what an interrupted one leaves."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from installer import config, packages
from installer.commands import Command, Job
from installer.progress import Progress


class Notes(Progress):
    def __init__(self) -> None:
        super().__init__("Packages", io.StringIO())
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def followed(*lines: str, total: int = 0) -> list[str]:
    progress = Notes()
    follower = packages.Follower(progress, total)
    for line in lines:
        follower.line(line)
    return progress.notes


def test_packages_are_counted_without_those_of_other_systems() -> None:
    notes = followed(
        "Ignoring pywin32: markers 'sys_platform == \"win32\"' don't match your environment",
        "Collecting numpy==2.4.6 (from -r runtime.txt (line 7))",
        "Requirement already satisfied: trio==0.35.0 in /somewhere",
        total=3,
    )
    assert notes == ["1 of 2: numpy", "2 of 2: trio"]


def test_a_large_download_shows_its_megabytes() -> None:
    notes = followed("Collecting torch==2.13.0+cpu", "Progress 50000000 of 191794682", total=1)
    assert notes[-1] == "1 of 1: torch, 50 of 192 MB"


def test_a_small_download_is_not_worth_a_line() -> None:
    assert followed("Collecting six==1.17.0", "Progress 1000 of 11000") == ["six"]


def test_packages_put_in_place_are_counted_as_they_appear(tmp_path: Path) -> None:
    (tmp_path / "pip-26.3.dist-info").mkdir()
    progress = Notes()
    follower = packages.Follower(progress, 2, tmp_path)
    follower.line("Installing collected packages: six, trio")
    (tmp_path / "six-1.17.0.dist-info").mkdir()
    follower.tick()
    assert progress.notes == ["putting 0 of 2 in place", "putting 1 of 2 in place"]


def test_a_package_that_an_interrupted_pip_left_without_record_is_installed_again(tmp_path: Path) -> None:
    half, whole = tmp_path / "numpy-2.4.6.dist-info", tmp_path / "trio-0.35.0.dist-info"
    for folder in (half, whole, tmp_path / "~ix-1.17.0.dist-info"):
        folder.mkdir()
        (folder / "METADATA").write_text("Name: x")
    (whole / "RECORD").write_text("")
    packages.repair(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [whole.name]


@pytest.mark.parametrize(
    ("statuses", "build", "locks"),
    [
        ([0], "CPU build", ["torch-cpu.txt"]),
        ([1, 0], "CPU build", ["torch-cpu.txt", "torch-cpu.txt"]),
        ([1, 1, 0], "registry build", ["torch-cpu.txt", "torch-cpu.txt", "torch-cuda.txt"]),
    ],
)
def test_torch_for_the_processor_is_looked_for_here_then_at_its_makers_then_taken_from_the_registry(
    statuses: list[int], build: str, locks: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked: list[Command] = []

    def pip(_job: Job, command: Command, _log: Path, **_: object) -> int:
        asked.append(command)
        return statuses[len(asked) - 1]

    monkeypatch.setattr(packages, "pip", pip)
    assert packages.install_torch(Job(Notes()), cpu=True) == build
    assert [Path(command[-1]).name for command in asked] == locks
    assert [config.TORCH_CPU_INDEX in command for command in asked] == [False, True, False][: len(asked)]
    assert all("--require-hashes" in command for command in asked)


def test_torch_with_a_gpu_is_the_one_of_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked: list[Command] = []

    def pip(_job: Job, command: Command, _log: Path, **_: object) -> int:
        asked.append(command)
        return 0

    monkeypatch.setattr(packages, "pip", pip)
    packages.install_torch(Job(Notes()), cpu=False)
    assert [Path(command[-1]).name for command in asked] == ["torch-cuda.txt"]
