"""The mail servers of the tests: installed where that may be, never started, never in place of another one."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from installer import anvil, servers, syslibs
from installer.commands import Job
from installer.progress import Progress
from installer.servers import Server

DEBIAN = "ID=debian\n"


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scripts stand for apt-get and systemctl: they note what they were told, and whether services might start then."""
    notes = tmp_path / "notes"
    policy = tmp_path / "policy-rc.d"
    for name in ("apt-get", "systemctl"):
        program = tmp_path / name
        state = f"$(test -x {policy} && {policy} >/dev/null 2>&1; echo $?)"
        program.write_text(f'#!/bin/sh\necho "{name} $@ policy={state}" >> {notes}\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(servers, "POLICY", policy)
    monkeypatch.setattr(servers, "SERVERS", (Server(tmp_path / "absent", "a-server", ("a.service",)),))
    monkeypatch.setattr(servers, "_is_root", lambda: True)
    monkeypatch.setattr(syslibs, "os_release", lambda: DEBIAN)
    monkeypatch.setattr(anvil, "fetched", lambda _run: tmp_path / "anvil")
    return notes


def install() -> str:
    said = io.StringIO()
    servers.install(Job(Progress("Servers", said)))
    return said.getvalue()


def test_it_is_installed_while_no_service_may_start_and_switched_off_for_good(notes: Path) -> None:
    install()
    _update, added, disabled = notes.read_text().splitlines()
    assert added == "apt-get install -q -y --no-install-recommends --no-remove a-server policy=101"
    assert disabled.startswith("systemctl disable a.service")
    assert not servers.POLICY.exists()


def test_a_policy_of_the_system_is_kept(notes: Path) -> None:
    servers.POLICY.write_text("#!/bin/sh\nexit 101 # mine\n")
    servers.POLICY.chmod(0o755)
    install()
    assert "a-server policy=101" in notes.read_text()
    assert "mine" in servers.POLICY.read_text()


def test_where_the_system_lets_services_start_nothing_is_installed(notes: Path) -> None:
    servers.POLICY.write_text("#!/bin/sh\nexit 0\n")
    servers.POLICY.chmod(0o755)
    assert "tests are skipped" in install()
    assert "install" not in notes.read_text()


def test_a_policy_that_a_kill_left_behind_goes(notes: Path) -> None:
    servers.POLICY.write_text(servers._NO)
    install()
    assert not servers.POLICY.exists()


def test_the_policy_goes_when_the_installation_is_interrupted(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        assert servers.POLICY.stat().st_mode & stat.S_IXUSR
        raise KeyboardInterrupt

    monkeypatch.setattr(servers, "_install_one", interrupt)
    with pytest.raises(KeyboardInterrupt):
        install()
    assert not servers.POLICY.exists()


def test_without_root_the_tests_are_skipped_and_nothing_fails(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_is_root", lambda: False)
    assert "not installed, so their tests are skipped: a-server" in install()
    assert not notes.exists()


def test_a_server_that_cannot_be_installed_fails_nothing(notes: Path) -> None:
    (notes.parent / "apt-get").write_text("#!/bin/sh\nexit 100\n")
    assert "could not be installed" in install()


def test_a_program_that_is_elsewhere_on_the_path_is_left_alone(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "npm").touch(mode=0o755)
    monkeypatch.setattr(servers, "SERVERS", (Server(tmp_path / "bin" / "npm", "npm", ()),))
    assert install() == ""
    assert not notes.exists()


def test_what_is_there_is_left_alone(notes: Path) -> None:
    servers.SERVERS[0].file.touch()
    assert install() == ""
    assert not notes.exists()


def test_without_anvil_the_step_says_so_and_goes_on(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpublished(_run: anvil.Run) -> Path:
        raise anvil.AnvilMissing("anvil-platform", "No anvil is pinned for this machine.")

    monkeypatch.setattr(anvil, "fetched", unpublished)
    assert "tests that need a chain of its own are skipped: No anvil is pinned" in install()
