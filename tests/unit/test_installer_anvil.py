"""anvil comes from npm, whole and as it was pinned, or there is a reason why it does not.

A script stands for npm: it packs what the test gives it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from installer import anvil
from installer.anvil import AnvilMissing, Package


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What npm packs; the pinned digest is its."""
    made = tmp_path / "published.tgz"
    with tarfile.open(made, "w:gz") as packed:
        member = tarfile.TarInfo("package/bin/anvil")
        member.size = 5
        packed.addfile(member, io.BytesIO(b"anvil"))
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncp {made} "$5/anvil.tgz"\n')
    npm.chmod(0o755)
    digest = base64.b64encode(hashlib.sha512(made.read_bytes()).digest()).decode()
    monkeypatch.setattr(anvil, "package", lambda: Package("@foundry-rs/anvil-here", digest))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{npm.parent}:{os.environ['PATH']}")
    return made


def refused() -> str:
    with pytest.raises(AnvilMissing) as error:
        anvil.fetched()
    assert not anvil.binary().exists()
    return error.value.code


def test_the_pinned_version_is_fetched(archive: Path, tmp_path: Path) -> None:
    found = anvil.fetched()
    assert (found.read_bytes(), os.access(found, os.X_OK)) == (b"anvil", True)
    assert (tmp_path / "asked").read_text().startswith(f"pack @foundry-rs/anvil-here@{anvil.VERSION} --ignore-scripts")


def test_it_is_fetched_once(archive: Path, tmp_path: Path) -> None:
    anvil.fetched()
    (tmp_path / "asked").unlink()
    anvil.fetched()
    assert not (tmp_path / "asked").exists()


def test_what_is_not_what_was_pinned_is_not_run(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes() + b"\0")
    assert refused() == "anvil-digest"


def test_npm_that_gets_nothing_is_a_sentence(archive: Path) -> None:
    archive.unlink()
    assert refused() == "anvil-fetch"


def test_without_npm_there_is_none(archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused() == "anvil-npm"


def test_on_a_machine_without_a_pinned_one_that_on_the_path_is_taken(
    archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unpublished() -> Package:
        raise AnvilMissing("anvil-platform", "None.")

    monkeypatch.setattr(anvil, "package", unpublished)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused() == "anvil-platform"
    (tmp_path / "anvil").touch(0o755)
    assert anvil.fetched() == tmp_path / "anvil"
