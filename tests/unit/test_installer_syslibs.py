"""What the system lacks, and what the user is told to do about it."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pytest

from installer import syslibs
from installer.commands import Job
from installer.failures import SetUpFailed
from installer.progress import Progress

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
UBUNTU_KIN = 'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n'
FEDORA = 'ID=fedora\nID_LIKE="rhel"\n'
LACKING = {"libxcb-cursor.so.0", "libEGL.so.1"}


def load(file: str) -> bool:
    return file not in LACKING


def job() -> Job:
    return Job(Progress("System libraries", io.StringIO()))


def test_a_library_is_missing_when_it_does_not_load() -> None:
    assert not syslibs.loads("libnuee-has-no-such-library.so.7")
    assert syslibs.loads("libc.so.6")


def test_only_what_does_not_load_is_asked_for() -> None:
    needs = [need for need in syslibs.missing(["window"], load) if need != syslibs.FONT]
    assert {need.what for need in needs} == LACKING


def test_a_terminal_needs_no_window_libraries() -> None:
    assert not syslibs.missing(["engine"], lambda file: "xcb" not in file)


def test_debian_and_its_kin_have_apt_and_fedora_has_not() -> None:
    assert syslibs.has_apt(DEBIAN)
    assert syslibs.has_apt(UBUNTU_KIN)
    assert not syslibs.has_apt(FEDORA)


def test_each_package_is_named_once() -> None:
    needs = [need for need in syslibs.LIBRARIES if need.package == "libglib2.0-0"]
    assert len(needs) == 2
    assert syslibs.packages(needs) == ["libglib2.0-0"]


def test_packages_of_python_carry_its_version() -> None:
    assert syslibs.packages([syslibs.MODULES, syslibs.HEADERS], "3.12") == ["python3.12-venv", "python3.12-dev"]


def test_without_root_the_user_gets_the_one_command_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [need for need in syslibs.LIBRARIES if need.what in LACKING]
    monkeypatch.setattr(syslibs, "missing", lambda _groups: needs)
    monkeypatch.setattr(syslibs, "os_release", lambda: DEBIAN)
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetUpFailed, match=r"sudo apt-get install libegl1 libxcb-cursor0$"):
        syslibs.install(job(), ["window"])


def test_where_there_is_no_apt_the_missing_files_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [need for need in syslibs.LIBRARIES if need.what in LACKING]
    monkeypatch.setattr(syslibs, "missing", lambda _groups: needs)
    monkeypatch.setattr(syslibs, "os_release", lambda: FEDORA)
    with pytest.raises(SetUpFailed, match=r"libEGL\.so\.1, libxcb-cursor\.so\.0"):
        syslibs.install(job(), ["window"])


def test_root_on_debian_has_it_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script stands for apt-get: it notes its arguments, and what was missing is there afterwards."""
    notes = tmp_path / "notes"
    program = tmp_path / "apt-get"
    program.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $@" >> {notes}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    needs = [need for need in syslibs.LIBRARIES if need.what in LACKING]
    monkeypatch.setattr(syslibs, "missing", lambda _groups: [] if notes.exists() else needs)
    monkeypatch.setattr(syslibs, "os_release", lambda: DEBIAN)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    syslibs.install(job(), ["window"])
    update, install = notes.read_text().splitlines()
    assert update.startswith("noninteractive update")
    assert install.endswith("libegl1 libxcb-cursor0")


def test_the_list_covers_what_qt_needs_of_the_system() -> None:
    """ELF files name what they need; every library that Qt's screen plugin names and does not bring is in the list."""
    import PySide6

    folder = Path(PySide6.__path__[0]) / "Qt"
    brought = {path.name for path in (folder / "lib").iterdir()}
    base = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "ld-linux-x86-64.so.2", "libresolv.so.2"}
    listed = {need.what for need in (*syslibs.LIBRARIES, *syslibs.ENGINE_RUNTIME)}
    wanted: set[str] = set()
    plugins = [folder / "plugins" / "platforms" / f"libq{name}.so" for name in ("xcb", "wayland", "offscreen")]
    libraries = [folder / "lib" / f"libQt6{name}.so.6" for name in ("Core", "Gui", "Widgets", "DBus", "XcbQpa")]
    for path in (*plugins, *libraries):
        wanted |= needed(path)
    indirect = {"libbrotlicommon.so.1"}
    assert wanted - brought - base - indirect <= listed


def needed(path: Path) -> set[str]:
    """The names of shared libraries in the string table of an ELF file."""
    words = path.read_bytes().split(b"\0")
    return {word.decode() for word in words if word.startswith(b"lib") and b".so." in word and len(word) < 40}
