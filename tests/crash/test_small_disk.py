"""A full disk and a read-only disk give a sentence, and lose nothing.  Real ones, in a mount namespace of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.crash.small_disk import MAILS
from tests.paths import ROOT

UNSHARE = ["unshare", "--map-root-user", "--mount"]


def _impossible() -> str:
    if shutil.which("unshare") is None:
        return "no unshare here (util-linux)"
    probe = [*UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    done = subprocess.run(probe, capture_output=True, check=False)
    return "" if done.returncode == 0 else "this system lets nobody mount a disk in a namespace"


WHY = _impossible()
pytestmark = [pytest.mark.skipif(bool(WHY), reason=WHY or "-"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("small-disk")
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-m", "tests.crash.small_disk", str(folder)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def test_a_full_disk_is_said_in_one_line(said: dict[str, Any]) -> None:
    assert said["full"]["status"] == 1
    assert said["full"]["error"].splitlines() == [
        "nuee: The disk is full. Nothing of this step was stored; everything before it was."
    ]


def test_opening_a_vault_on_a_full_disk_says_so_too(said: dict[str, Any]) -> None:
    (line,) = said["search"]["error"].splitlines() or ["it could be opened"]
    assert "disk is full" in line or said["search"]["result"]["hits"]


def test_what_was_stored_before_can_be_found_once_there_is_room(said: dict[str, Any]) -> None:
    assert said["found"]["status"] == 0
    assert said["found"]["result"]["hits"]


def test_with_room_again_the_import_goes_on_to_its_end(said: dict[str, Any]) -> None:
    assert said["again"]["status"] == 0
    result = said["again"]["result"]
    assert 0 < result["imported"] < MAILS
    assert result["failed"] == []


def test_a_backup_onto_a_full_disk_leaves_nothing_of_itself(said: dict[str, Any]) -> None:
    assert said["export"]["status"] == 1
    assert "disk is full" in said["export"]["error"]
    assert said["left"]["files"] == []


def test_a_read_only_disk_is_said_in_one_line(said: dict[str, Any]) -> None:
    assert said["read-only"]["status"] == 1
    (line,) = said["read-only"]["error"].splitlines()
    assert "ead-only" in line
