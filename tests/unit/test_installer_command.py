"""The command line of the installer, and what it starts in the end."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from installer import __main__ as command
from installer import checks, config, doctor, memory, places, steps, venv
from installer.doctor import Finding
from installer.failures import SetUpFailed


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "run", lambda _plan, _stamps: 0)


class Started(Exception):
    pass


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have become of the installer's process."""
    words: list[str] = []

    def execv(program: str, arguments: list[str]) -> None:
        assert program == arguments[0]
        words.extend(arguments[1:])
        raise Started

    monkeypatch.setattr(os, "execv", execv)
    return words


@pytest.mark.usefixtures("ready")
def test_run_opens_the_window_with_the_options_given(started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    with pytest.raises(Started):
        command.main(["run", "--home", "/some/where"])
    assert started == ["-m", "app", "--home", "/some/where", "open"]


@pytest.mark.usefixtures("ready")
def test_without_a_display_run_opens_the_terminal_and_says_so(
    started: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(Started):
        command.main(["run"])
    assert started == ["-m", "app", "chat"]
    assert "no display" in capsys.readouterr().out


@pytest.mark.usefixtures("ready")
def test_arguments_of_test_go_to_pytest_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def run(everything: bool, rest: list[str]) -> int:
        asked.extend([everything, *rest])
        return 0

    monkeypatch.setattr(checks, "run", run)
    assert command.main(["test", "--all", "-k", "vault", "tests/unit"]) == 0
    assert asked == [True, "-k", "vault", "tests/unit"]


def test_an_unknown_option_of_setup_is_refused() -> None:
    with pytest.raises(SystemExit):
        command.main(["setup", "--fast"])


def test_a_failure_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_plan: object, _stamps: object) -> int:
        raise SetUpFailed("packages", "The packages could not be installed.", "Check the network.", "/a/log")

    monkeypatch.setattr(steps, "run", fail)
    assert command.main(["setup"]) == 1
    assert capsys.readouterr().err == "The packages could not be installed.  Check the network.  Details: /a/log\n"


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_plan: object, _stamps: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "run", interrupt)
    assert command.main(["setup"]) == command.INTERRUPTED
    assert "Start again" in capsys.readouterr().err


def test_a_python_that_the_locks_do_not_know_is_told_which_one_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    with pytest.raises(SetUpFailed, match=r"3\.11 to 3\.13"):
        venv.check_version()


@pytest.fixture(name="notes")
def notes_fixture(tmp_path: Path) -> Path:
    """What each check that ran wrote."""
    return tmp_path / "notes"


def check(notes: Path, name: str, status: int, words: str = "$NUEE_CAMPAIGN") -> list[str]:
    return ["/bin/sh", "-c", f"echo {name} {words} >> {notes}; echo said by {name}; exit {status}", name]


def test_the_tests_do_not_run_when_a_check_before_them_fails(monkeypatch: pytest.MonkeyPatch, notes: Path) -> None:
    asked = [check(notes, "a", 0), check(notes, "b", 3), check(notes, "tests", 0)]
    monkeypatch.setattr(checks, "commands", lambda _arguments: asked)
    assert checks.run(everything=True) == 3
    assert sorted(notes.read_text().splitlines()) == ["a all", "b all"]


def test_what_the_checks_said_comes_in_their_order_up_to_the_first_that_failed(
    monkeypatch: pytest.MonkeyPatch, notes: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    slow = ["/bin/sh", "-c", f"until grep -q b {notes}; do sleep 0.02; done 2>/dev/null; echo said by a", "a"]
    asked = [slow, check(notes, "b", 3), check(notes, "c", 4), check(notes, "tests", 0)]
    monkeypatch.setattr(checks, "commands", lambda _arguments: asked)
    assert checks.run(everything=False) == 3
    said = [line for line in capfd.readouterr().out.splitlines() if line.startswith("said")]
    assert said == ["said by a", "said by b"]


def test_what_still_runs_ends_with_the_first_check_that_fails(monkeypatch: pytest.MonkeyPatch, notes: Path) -> None:
    asked = [check(notes, "a", 3), [sys.executable, "-c", "import time; time.sleep(3600)"], check(notes, "tests", 0)]
    monkeypatch.setattr(checks, "commands", lambda _arguments: asked)
    assert checks.run(everything=False) == 3


def test_the_tests_write_the_bytecode_of_what_they_start(monkeypatch: pytest.MonkeyPatch, notes: Path) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    asked = [check(notes, "tests", 0, "$PYTHONDONTWRITEBYTECODE.")]
    monkeypatch.setattr(checks, "commands", lambda _arguments: asked)
    assert checks.run(everything=False) == 0
    assert notes.read_text() == "tests .\n"


def test_models_in_the_tests_leave_the_cores_to_each_other(monkeypatch: pytest.MonkeyPatch, notes: Path) -> None:
    monkeypatch.setattr(checks, "commands", lambda _arguments: [check(notes, "tests", 0, "$OMP_WAIT_POLICY")])
    assert checks.run(everything=False) == 0
    assert notes.read_text() == "tests passive\n"


def test_what_mypy_has_looked_at_is_remembered_for_every_copy_of_the_project(
    monkeypatch: pytest.MonkeyPatch, notes: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    asked = [check(notes, "mypy", 0, "$MYPY_CACHE_DIR"), check(notes, "tests", 0)]
    monkeypatch.setattr(checks, "commands", lambda _arguments: asked)
    assert checks.run(everything=False) == 0
    assert notes.read_text().startswith(f"mypy {tmp_path}/cache/mypy\n")


@pytest.mark.parametrize(("gigabytes", "files"), [(0, 2), (8, 2), (16, 3), (64, 3)])
def test_a_third_test_file_runs_where_there_is_memory_for_it(
    gigabytes: int, files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "total", lambda: gigabytes << 30)
    command = checks.commands()[-1]
    assert command[command.index("-n") + 1] == str(files)


def test_the_checks_come_in_the_order_of_their_cost() -> None:
    names = [words[2] if words[1:2] == ["-m"] else Path(words[0]).stem for words in checks.commands()]
    assert names == ["ruff", "ruff", "mypy", "lint-imports", "pytest"]


@pytest.fixture(name="project")
def project_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two tests; `unsteady` passes when it is run again, `broken` never does."""
    (tmp_path / "test_some.py").write_text(
        "import pathlib\n"
        "def test_unsteady():\n"
        "    ran = pathlib.Path('ran')\n"
        "    first = not ran.exists()\n"
        "    ran.touch()\n"
        "    assert not first\n"
        "def test_broken():\n"
        "    assert not pathlib.Path('broken').exists()\n"
    )
    monkeypatch.setattr(config, "ROOT", tmp_path)
    monkeypatch.setattr(checks, "commands", lambda _arguments: [[sys.executable, "-m", "pytest", "-q"]])
    return tmp_path


def test_a_test_that_passes_alone_is_named_and_does_not_fail_the_run(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert checks.run(everything=False) == 0
    assert "Passed alone, failed beside others: test_some.py::test_unsteady" in capfd.readouterr().out


def test_a_test_that_fails_alone_too_fails_the_run(project: Path) -> None:
    (project / "broken").touch()
    assert checks.run(everything=False) == 1


def test_many_failures_are_not_run_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_FEW", 0)
    assert checks.run(everything=False) == 1


def test_the_nuee_command_starts_the_project_from_anywhere(tmp_path: Path) -> None:
    root = tmp_path / "clone"
    (root / "app").mkdir(parents=True)
    (root / "app" / "__init__.py").touch()
    (root / "app" / "cli.py").write_text("import sys\ndef main():\n    print('nuee', *sys.argv[1:])\n    return 5\n")
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    venv.add_project(environment, root)
    answer = subprocess.run([environment / "bin" / "nuee", "status"], cwd="/", capture_output=True, text=True)
    assert (answer.stdout, answer.returncode) == ("nuee status\n", 5)
    assert (environment / "bin" / "nuee").stat().st_mode & stat.S_IXOTH


def test_doctor_ends_with_1_when_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Finding("disk", "data", "3 GB free"), Finding("models", "default", "damaged", "Run it again.")]
    monkeypatch.setattr(doctor, "examine", lambda _progress: iter(found))
    assert doctor.run(as_json=True) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert report["checks"][1] == {
        "area": "models",
        "name": "default",
        "value": "damaged",
        "remedy": "Run it again.",
        "ok": False,
    }


def test_doctor_ends_with_0_when_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _progress: iter([Finding("disk", "data", "3 GB free")]))
    assert doctor.run(as_json=False) == 0
    assert "Everything is in order." in capsys.readouterr().out


def test_doctor_names_a_damaged_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path))
    (tmp_path / f"{'a' * 64}.gguf").write_bytes(b"GGUF damaged")
    model, _embedder = doctor.model_findings(lambda _name: None)
    assert not model.ok
    assert "WRONG" in model.value
