"""Steps are done once, again when their inputs change, and again when they were interrupted."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from installer import commands, display, locking, steps
from installer.commands import Job
from installer.failures import SetUpFailed
from installer.progress import Progress
from installer.stamps import Stamps
from installer.steps import Step

ROOT = Path(steps.__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def stamps(tmp_path: Path) -> Stamps:
    return Stamps(tmp_path / "venv" / ".nuee")


def step(name: str, done: list[str], key: Callable[[], str] = lambda: "1") -> Step:
    return Step(name, name, key, lambda _job: done.append(name))


def test_every_step_runs_once_in_order(stamps: Stamps) -> None:
    done: list[str] = []
    plan = [step("a", done), step("b", done)]
    assert steps.run(plan, stamps) == 2
    assert steps.run(plan, stamps) == 0
    assert done == ["a", "b"]


def test_a_step_whose_lock_changed_runs_again_and_its_neighbours_do_not(stamps: Stamps) -> None:
    done: list[str] = []
    steps.run([step("a", done), step("b", done)], stamps)
    steps.run([step("a", done), step("b", done, lambda: "2")], stamps)
    assert done == ["a", "b", "b"]


def test_a_step_that_failed_is_repeated_and_the_ones_before_are_not(stamps: Stamps) -> None:
    done: list[str] = []

    def fail(_job: Job) -> None:
        raise SetUpFailed("packages", "No network.")

    with pytest.raises(SetUpFailed):
        steps.run([step("a", done), Step("b", "b", lambda: "1", fail)], stamps)
    steps.run([step("a", done), step("b", done)], stamps)
    assert done == ["a", "b"]


def test_a_step_that_is_repeated_and_interrupted_has_no_stamp_from_before(stamps: Stamps) -> None:
    """Otherwise going back to the old inputs would take a half changed environment for a whole one."""
    done: list[str] = []
    steps.run([step("a", done)], stamps)

    def interrupt(_job: Job) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        steps.run([Step("a", "a", lambda: "2", interrupt)], stamps)
    steps.run([step("a", done)], stamps)
    assert done == ["a", "a"]


def test_a_step_whose_result_vanished_runs_again(stamps: Stamps, tmp_path: Path) -> None:
    result = tmp_path / "result"
    plan = [Step("a", "a", lambda: "1", lambda _job: result.touch(), result.exists)]
    steps.run(plan, stamps)
    result.unlink()
    assert steps.run(plan, stamps) == 1
    assert result.exists()


def test_a_set_up_killed_in_the_middle_goes_on_at_the_step_it_was_at(stamps: Stamps, tmp_path: Path) -> None:
    body = f"""
import os, signal
from pathlib import Path
from installer import steps
from installer.stamps import Stamps
from installer.steps import Step
def note(name):
    with open({str(tmp_path / "notes")!r}, "a") as out: out.write(name)
def die(job):
    note("b"); os.kill(os.getpid(), signal.SIGKILL)
steps.run([Step("a", "a", lambda: "1", lambda job: note("a")), Step("b", "b", lambda: "1", die)],
          Stamps(Path({str(stamps.folder)!r})))
"""
    killed = subprocess.run([sys.executable, "-c", body], cwd=ROOT, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    done: list[str] = []
    steps.run([step("a", done), step("b", done)], stamps)
    assert (tmp_path / "notes").read_text() == "ab"
    assert done == ["b"]


def test_looking_whether_everything_is_done_starts_no_process_and_opens_no_connection(
    stamps: Stamps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a second start may not do this")

    plan = steps.plan(steps.Wanted(tests=True))
    for each in plan:
        stamps.end(each.name, each.key(), 0.0)
    plan = [Step(each.name, each.title, each.key, each.work) for each in plan]
    monkeypatch.setattr(subprocess.Popen, "__init__", forbidden)
    monkeypatch.setattr("os.posix_spawn", forbidden)
    monkeypatch.setattr("os.fork", forbidden)
    monkeypatch.setattr("socket.socket.connect", forbidden)
    assert steps.run(plan, stamps) == 0


def test_the_installer_imports_nothing_but_the_standard_library_and_itself() -> None:
    body = (
        "import sys, pkgutil, importlib, installer\n"
        "for found in pkgutil.iter_modules(installer.__path__):\n"
        "    if found.name != '__main__': importlib.import_module('installer.' + found.name)\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted(names - set(sys.stdlib_module_names) - {'installer', '__main__', 'sitecustomize'}))"
    )
    # -S: without site-packages, as on a machine where nothing is installed
    answer = subprocess.run([sys.executable, "-S", "-c", body], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []


def quiet_job(*locks: int) -> Job:
    return Job(Progress("a step", io.StringIO()), locks)


def test_a_programs_output_is_kept_and_followed(tmp_path: Path) -> None:
    lines: list[str] = []
    command = [sys.executable, "-c", "import sys; print('one'); print('two', file=sys.stderr); sys.exit(4)"]
    status = quiet_job().run(command, tmp_path / "log", follow=lines.append)
    assert status == 4
    assert sorted(lines) == ["one", "two"]
    assert "one" in (tmp_path / "log").read_text()


def test_ctrl_c_ends_a_program_with_its_children(tmp_path: Path) -> None:
    body = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
        "child.wait()"
    )
    child = 0

    def interrupt(line: str) -> None:
        nonlocal child
        child = int(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quiet_job().run([sys.executable, "-c", body], tmp_path / "log", follow=interrupt)
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_program_that_outlives_its_installer_keeps_the_next_one_waiting(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    body = f"""
import io, os, signal, sys
from pathlib import Path
from installer import locking
from installer.commands import Job
from installer.progress import Progress
with locking.exclusive(Path({str(lock)!r}), lambda: None) as held:
    Job(Progress("x", io.StringIO()), (held,)).run(
        [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(1.5)"],
        Path({str(tmp_path / "log")!r}),
        follow=lambda line: os.kill(os.getpid(), signal.SIGKILL))
"""
    subprocess.run([sys.executable, "-c", body], cwd=ROOT, check=False)
    waited: list[None] = []
    with locking.exclusive(lock, lambda: waited.append(None), poll=0.05):
        assert waited


def test_a_terminal_sees_one_line_that_is_rewritten() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    with Progress("[1/2] Packages", out) as progress:
        progress.note("3 of 9: numpy")
    assert out.getvalue().count("\n") == 1
    assert "3 of 9: numpy" in out.getvalue()


def test_a_log_file_gets_a_line_now_and_then() -> None:
    clock = [0.0]
    out = io.StringIO()
    with Progress("[1/2] Packages", out, now=lambda: clock[0]) as progress:
        for number in range(100):
            clock[0] += 0.5
            progress.note(f"{number} of 100")
    lines = out.getvalue().splitlines()
    assert 5 <= len(lines) <= 8
    assert lines[-1] == "[1/2] Packages: done (50.0 s)"


def test_a_failure_names_remedy_and_log(tmp_path: Path) -> None:
    with pytest.raises(SetUpFailed) as failure:
        commands.check(
            1, "packages", "The packages could not be installed.", tmp_path / "pip.log", "Check the network."
        )
    text = str(failure.value)
    assert "Check the network." in text
    assert str(tmp_path / "pip.log") in text
    assert "\n" not in text


def test_without_a_display_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert display.available() is not sys.platform.startswith("linux")


def test_the_virtual_screen_ends_with_the_tests() -> None:
    with display.virtual() as screen:
        if "DISPLAY" not in screen:
            pytest.skip("no Xvfb on this machine")
        socket = Path("/tmp/.X11-unix/X" + screen["DISPLAY"].removeprefix(":"))
        assert socket.exists()
    assert not socket.exists()


def test_names_of_the_environment_are_left_alone() -> None:
    """The log folder follows the cache's place, which the fixture moved."""
    assert str(commands.log_file("x")).startswith(os.environ["XDG_CACHE_HOME"])
