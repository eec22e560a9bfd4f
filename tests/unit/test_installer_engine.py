"""Building, keeping, testing and refusing builds of the engine."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installer import engine, files, models
from installer.cpu import Rung
from installer.engine import Verdict
from installer.failures import SetUpFailed

FAST, MIDDLE, PLAIN = Rung("fast", ("-DA=ON",)), Rung("middle", ("-DB=ON",)), Rung("plain", ("-DC=ON",))
SELFTEST = Path(engine.__file__).with_name("selftest.py")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def script(body: str) -> list[str | Path]:
    return [sys.executable, "-I", "-c", body]


PASSES = script('print(\'{"passed": true, "device": "CPU"}\')')
DIES = script("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")


class Installed:
    """Stands for building and installing: remembers the order, and tests as `commands` say."""

    def __init__(self, commands: dict[str, list[str | Path]]) -> None:
        self.commands = commands
        self.order: list[str] = []

    def install(self, rung: Rung) -> None:
        self.order.append(rung.name)

    def check(self) -> Verdict:
        return engine.self_test(self.commands[self.order[-1]])


def silent(_text: str) -> None:
    pass


def test_a_build_that_dies_of_a_signal_is_left_for_the_next_plainer_one() -> None:
    installed = Installed({"fast": DIES, "middle": PASSES})
    rung, verdict = engine.climb_down([FAST, MIDDLE, PLAIN], installed.install, installed.check, silent)
    assert rung == MIDDLE
    assert verdict.facts["device"] == "CPU"
    assert installed.order == ["fast", "middle"]


def test_what_died_is_told_by_the_name_of_the_signal() -> None:
    verdict = engine.self_test(DIES)
    assert (verdict.passed, verdict.signal) == (False, signal.SIGSEGV)
    assert "SIGSEGV" in verdict.reason


def test_a_build_that_died_is_not_built_a_second_time() -> None:
    first = Installed({"fast": DIES, "plain": PASSES})
    engine.climb_down([FAST, PLAIN], first.install, first.check, silent)
    second = Installed({"plain": PASSES})
    engine.climb_down([FAST, PLAIN], second.install, second.check, silent)
    assert second.order == ["plain"]


def test_a_build_killed_from_outside_is_not_blamed_for_it() -> None:
    killed = script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    first = Installed({"fast": killed, "plain": PASSES})
    engine.climb_down([FAST, PLAIN], first.install, first.check, silent)
    second = Installed({"fast": PASSES})
    rung, _ = engine.climb_down([FAST, PLAIN], second.install, second.check, silent)
    assert rung == FAST


def test_a_build_that_talks_nonsense_is_refused() -> None:
    verdict = engine.self_test(script('print(\'{"passed": false, "text": "@@@@"}\'); raise SystemExit(3)'))
    assert not verdict.passed
    assert "@@@@" in verdict.reason


def test_a_build_that_hangs_is_refused() -> None:
    assert not engine.self_test(script("import time; time.sleep(60)"), seconds=0.5).passed


def test_a_build_that_cannot_be_compiled_is_left_for_the_next() -> None:
    installed = Installed({"plain": PASSES})

    def install(rung: Rung) -> None:
        if rung == FAST:
            raise SetUpFailed("engine", "The compiler does not know this flag.")
        installed.install(rung)

    rung, _ = engine.climb_down([FAST, PLAIN], install, installed.check, silent)
    assert rung == PLAIN


def test_without_a_network_no_plainer_build_is_tried() -> None:
    def install(_rung: Rung) -> None:
        raise SetUpFailed("packages", "No network.")

    with pytest.raises(SetUpFailed, match="No network"):
        engine.climb_down([FAST, PLAIN], install, lambda: Verdict(True, "", 0, {}), silent)


def test_when_nothing_runs_the_user_is_told_so() -> None:
    installed = Installed({"fast": DIES, "plain": DIES})
    with pytest.raises(SetUpFailed, match="No build of the engine") as failure:
        engine.climb_down([FAST, PLAIN], installed.install, installed.check, silent)
    assert failure.value.code == "engine"


@pytest.mark.parametrize(
    "change",
    [lambda flags: (*flags, "-DGGML_CUDA=ON"), lambda flags: tuple(flag.replace("ON", "OFF") for flag in flags)],
)
def test_other_flags_are_another_build(change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> None:
    flags = ("-DGGML_AVX2=ON", "-DGGML_FMA=ON")
    assert engine.wheel_key(flags) != engine.wheel_key(change(flags))


def test_the_order_of_flags_makes_no_other_build() -> None:
    assert engine.wheel_key(("-DA=ON", "-DB=ON")) == engine.wheel_key(("-DB=ON", "-DA=ON"))


def test_another_python_has_another_build(monkeypatch: pytest.MonkeyPatch) -> None:
    before = engine.wheel_key(FAST.flags)
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert engine.wheel_key(FAST.flags) != before


def _kept(tmp_path: Path) -> tuple[Path, Path]:
    fresh = tmp_path / "llama_cpp_python-0.3.36-py3-none-linux_x86_64.whl"
    fresh.write_bytes(b"a wheel" * 1000)
    folder = engine.wheel_folder(FAST.flags)
    return folder, engine.keep_wheel(folder, fresh, FAST, 400.0)


def test_a_kept_wheel_is_found_again(tmp_path: Path) -> None:
    folder, wheel = _kept(tmp_path)
    assert engine.cached_wheel(folder) == wheel


def test_a_damaged_wheel_is_thrown_away(tmp_path: Path) -> None:
    folder, wheel = _kept(tmp_path)
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"!")
    assert engine.cached_wheel(folder) is None
    assert not wheel.exists()


def test_a_wheel_without_its_facts_does_not_count(tmp_path: Path) -> None:
    folder, _ = _kept(tmp_path)
    (folder / "wheel.json").unlink()
    assert engine.cached_wheel(folder) is None


def test_the_engine_in_use_passes_its_self_test_with_the_default_model() -> None:
    verdict = engine.self_test([sys.executable, "-I", SELFTEST, models.any_model()])
    assert verdict.passed, verdict.reason
    assert "Paris" in verdict.facts["text"]


def test_the_self_test_refuses_a_model_that_is_damaged(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(1000))
    assert not engine.self_test([sys.executable, "-I", SELFTEST, broken]).passed


def test_a_damaged_facts_file_reads_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "wheel.json"
    path.write_text('{"file": "x')
    assert files.read_json(path) == {}
