"""The llama.cpp engine: build it for this processor once, keep the wheel, test it, fall back to plainer builds."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer import config, files, locking, packages, places, venv
from installer.commands import Command, Job, check, log_file
from installer.cpu import Rung
from installer.failures import SetUpFailed
from installer.progress import duration

TEST_SECONDS = 180.0
BUILD_HOOK = "import sys; from scikit_build_core.build import build_wheel; print(build_wheel(sys.argv[1]))"
STEP = re.compile(r"\s*\[(\d+)/(\d+)\]")


@dataclass(frozen=True)
class Verdict:
    """What the self-test said.  `signal` is the number of the signal that ended it, 0 when none did."""

    passed: bool
    reason: str
    signal: int
    facts: dict[str, Any]


def wheel_key(flags: Iterable[str]) -> str:
    """The folder of a build: one per version, flags, Python and platform."""
    python = f"{sys.implementation.cache_tag}-{sysconfig.get_platform()}"
    return f"{config.ENGINE_VERSION}-{files.digest_of(python, *sorted(flags))[:16]}"


def wheel_folder(flags: Iterable[str]) -> Path:
    return places.cache() / "wheels" / wheel_key(flags)


def cached_wheel(folder: Path) -> Path | None:
    """The wheel kept in `folder`, if it is still the file that was built; a damaged one is thrown away."""
    facts = files.read_json(folder / "wheel.json")
    wheel = folder / str(facts.get("file", ""))
    if not facts or not wheel.is_file():
        return None
    if files.sha256(wheel) != facts.get("sha256"):
        wheel.unlink()
        return None
    return wheel


def keep_wheel(folder: Path, wheel: Path, rung: Rung, seconds: float) -> Path:
    """Move a new wheel into the cache; the facts are written last, so a wheel without them does not count."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / wheel.name
    shutil.move(wheel, kept)
    facts = {"file": kept.name, "sha256": files.sha256(kept), "rung": rung.name, "flags": list(rung.flags)}
    files.write_json(folder / "wheel.json", {**facts, "build_seconds": round(seconds, 1)})
    return kept


def self_test(command: Command, seconds: float = TEST_SECONDS) -> Verdict:
    """Run the self-test `command`; never raises for what the engine does."""
    try:
        answer = subprocess.run([str(part) for part in command], capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return Verdict(False, f"gave no answer within {seconds:.0f} s", 0, {})
    if answer.returncode < 0:
        number = -answer.returncode
        return Verdict(False, f"died of {signal.Signals(number).name}", number, {})
    lines = answer.stdout.decode("utf-8", "replace").strip().splitlines()
    try:
        facts = json.loads(lines[-1])
    except (IndexError, ValueError):
        last = answer.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no output"]
        return Verdict(False, f"failed: {last[0]}", 0, {})
    reason = "" if facts.get("passed") else f"said {facts.get('text')!r} where the model says otherwise"
    return Verdict(bool(facts.get("passed")), reason, 0, facts)


def climb_down(
    rungs: list[Rung],
    install: Callable[[Rung], None],
    test: Callable[[], Verdict],
    say: Callable[[str], None],
) -> tuple[Rung, Verdict]:
    """Install and test the builds in order until one runs.  SetUpFailed("engine") when none does.

    A build that died of a signal of its own is remembered in its folder and not built again; SIGKILL is left out,
    since it comes from outside (memory).
    """
    for rung in rungs:
        refused = wheel_folder(rung.flags) / "refused.json"
        if refused.exists():
            say(f"{rung.name}: {files.read_json(refused).get('reason')} before, skipped ({refused.parent})")
            continue
        try:
            install(rung)
        except SetUpFailed as failure:
            if failure.code != "engine":
                raise
            say(f"{rung.name}: {failure}")
            continue
        verdict = test()
        if verdict.passed:
            return rung, verdict
        say(f"{rung.name}: the self-test {verdict.reason}; trying a plainer build")
        if verdict.signal not in (0, getattr(signal, "SIGKILL", 9)):
            files.write_json(refused, {"reason": verdict.reason, "rung": rung.name})
    raise SetUpFailed(
        "engine",
        "No build of the engine runs on this machine.",
        "Look for the reason above; `python3 -m installer doctor` shows processor and compiler.",
        str(log_file("engine")),
    )


def compiler() -> str:
    """The C++ compiler that CMake would take; "" when there is none (on Windows CMake finds Visual Studio itself)."""
    if sys.platform == "win32":
        return "Visual Studio"
    return next((found for name in ("c++", "g++", "clang++") if (found := shutil.which(name))), "")


class Builder:
    """Builds and installs one rung.  The build folder survives an interruption: ninja goes on where it was."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def install(self, rung: Rung) -> None:
        folder = wheel_folder(rung.flags)

        def waiting() -> None:
            self._job.progress.note("another set-up is building the engine, waiting for it")

        with locking.exclusive(folder.with_name(f"{folder.name}.lock"), waiting) as lock:
            wheel = cached_wheel(folder)
            if wheel:
                self._job.progress.say(f"{rung.name}: built before, taken from {folder}")
            else:
                wheel = self._build(rung, folder, self._job.holding(lock))
        log = log_file("engine-install")
        command: Command = ["install", "--no-deps", "--no-index", "--force-reinstall", wheel]
        check(packages.pip(self._job, command, log), "engine", "The engine's wheel could not be installed.", log)

    def _build(self, rung: Rung, folder: Path, job: Job) -> Path:
        if not compiler():
            remedy = "Install one (on Debian and Ubuntu: sudo apt-get install build-essential) and start again."
            raise SetUpFailed("no-compiler", "Building the engine needs a C++ compiler.", remedy)
        start = time.monotonic()
        work = places.cache() / "build" / folder.name
        work.mkdir(parents=True, exist_ok=True)
        tools = self._tools(work, job)
        source = self._source(work, tools, job)
        out = work / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        self._compile(rung, source, out, tools, job)
        wheel = keep_wheel(folder, next(out.glob("*.whl")), rung, time.monotonic() - start)
        shutil.rmtree(work, ignore_errors=True)
        job.progress.say(f"{rung.name}: built in {duration(time.monotonic() - start)}, kept in {folder}")
        return wheel

    def _tools(self, work: Path, job: Job) -> Path:
        tools, ready = work / "tools", work / "tools.ready"
        key = files.digest_of(config.ENGINE_BUILD.read_bytes())
        if files.read_json(ready).get("key") != key:
            shutil.rmtree(tools, ignore_errors=True)
            packages.install(job, config.ENGINE_BUILD, "engine-tools", extra=("--target", str(tools)))
            files.write_json(ready, {"key": key})
        return tools

    def _source(self, work: Path, tools: Path, job: Job) -> Path:
        source = work / "source"
        if source.exists():
            return source
        log = log_file("engine-source")
        command: Command = [
            "download",
            "--no-deps",
            "--no-build-isolation",
            "--require-hashes",
            "-r",
            config.ENGINE,
            "-d",
            work,
        ]
        status = packages.pip(job, command, log, env=_with_tools(tools))
        check(status, "packages", "The engine's source could not be fetched.", log, packages.NETWORK)
        archive = next(work.glob("llama_cpp_python-*.tar.gz"))
        job.progress.note("unpacking the source")
        aside = work / "source.part"
        shutil.rmtree(aside, ignore_errors=True)
        with tarfile.open(archive) as packed:
            if hasattr(tarfile, "data_filter"):
                packed.extractall(aside, filter="data")
            else:  # Python before 3.11.4
                packed.extractall(aside)  # noqa: S202  the archive's digest is pinned
        next(aside.iterdir()).rename(source)
        return source

    def _compile(self, rung: Rung, source: Path, out: Path, tools: Path, job: Job) -> None:
        log = log_file("engine")
        env = {
            **_with_tools(tools),
            "CMAKE_ARGS": " ".join(rung.flags),
            "CMAKE_GENERATOR": "Ninja",
            "SKBUILD_BUILD_DIR": str(out.parent / "cmake"),
        }
        if sys.platform == "win32":
            del env["CMAKE_GENERATOR"]
        start = time.monotonic()

        def follow(line: str) -> None:
            if found := STEP.match(line):
                done, total = int(found[1]), int(found[2])
                job.progress.note(f"{rung.name}: compiling {done} of {total}" + _left(start, done, total))
            elif line.startswith("***"):
                job.progress.note(f"{rung.name}: {line.strip('* ')}")

        job.progress.note(f"{rung.name}: configuring")
        command: Command = [venv.python(), "-c", BUILD_HOOK, out]
        status = job.run(command, log, follow=follow, env=env, cwd=source)
        check(status, "engine", f"The engine could not be built ({rung.name}).", log)


def _left(start: float, done: int, total: int) -> str:
    spent = time.monotonic() - start
    return f", about {duration(spent / done * (total - done))} left" if done >= total // 10 and spent > 10 else ""


def _with_tools(tools: Path) -> dict[str, str]:
    path = os.pathsep.join((str(tools / "bin"), os.environ.get("PATH", os.defpath)))
    return {"PYTHONPATH": str(tools), "PATH": path}
