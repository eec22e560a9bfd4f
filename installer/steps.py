"""The steps of a set-up, in order, and running those that are not done."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer import config, cpu, engine, files, gpu, locking, models, packages, places, servers, syslibs, venv
from installer.commands import Command, Job
from installer.progress import Progress, duration
from installer.stamps import Stamps


@dataclass(frozen=True)
class Step:
    """`key` names the inputs: the step is done when it ended for this key and its result is `intact`."""

    name: str
    title: str
    key: Callable[[], str]
    work: Callable[[Job], None]
    intact: Callable[[], bool] = lambda: True


@dataclass(frozen=True)
class Wanted:
    window: bool = True  # the libraries of a window; not needed to chat in a terminal
    tests: bool = False  # the packages and the display that the tests need


def _key(*parts: str | Path) -> str:
    """Inputs that every step shares, and its own: strings as they are, files by content."""
    contents = [part.read_bytes() if isinstance(part, Path) else part for part in parts]
    return files.digest_of(platform.python_version(), sys.platform, platform.machine(), *contents)


def _groups(wanted: Wanted) -> list[syslibs.Group]:
    groups: list[syslibs.Group] = ["python", "compiler", "engine"]
    return groups + (["window"] if wanted.window else []) + (["tests"] if wanted.tests else [])


def _install_packages(job: Job) -> None:
    packages.install(job, config.TOOLS, "tools")
    packages.install(job, config.RUNTIME, "packages")


def _cpu_torch() -> bool:
    found = gpu.find()
    return sys.platform.startswith("linux") and (found.choice == "cpu" or not found.present)


def _install_torch(job: Job) -> None:
    job.progress.say(f"torch {config.TORCH_VERSION}, {packages.install_torch(job, cpu=_cpu_torch())}")


def _rungs(cuda: bool) -> list[cpu.Rung]:
    return cpu.ladder(cpu.read(), gpu.find().flags if cuda else ())


def _engine_key() -> str:
    flags = [flag for rung in _rungs(gpu.find().wanted) for flag in (rung.name, *rung.flags)]
    return _key(config.ENGINE, config.ENGINE_BUILD, *flags)


def self_test_command() -> Command:
    return [venv.python(), "-I", Path(__file__).with_name("selftest.py"), models.any_model()]


def _install_engine(job: Job) -> None:
    cuda = gpu.find().wanted
    if cuda and not gpu.usable():
        job.progress.say("the CUDA toolchain is here but no NVIDIA GPU answers: building for the processor")
        cuda = False
    rung, verdict = engine.climb_down(
        _rungs(cuda), engine.Builder(job).install, lambda: engine.self_test(self_test_command()), job.progress.say
    )
    built = files.read_json(engine.wheel_folder(rung.flags) / "wheel.json")
    facts: dict[str, Any] = {
        "version": config.ENGINE_VERSION,
        "rung": rung.name,
        "flags": list(rung.flags),
        "cpu": cpu.read().model,
    }
    facts |= {"wheel_sha256": built.get("sha256"), "build_seconds": built.get("build_seconds")}
    facts |= {"device": verdict.facts.get("device"), "features": verdict.facts.get("features")}
    facts["self_test"] = {"passed": True, "seconds": verdict.facts.get("seconds")}
    files.write_json(config.ENGINE_FACTS, facts)
    job.progress.say(f"llama.cpp ({config.ENGINE_VERSION}) runs: {rung.name}, on the {facts['device']}")


def _engine_there() -> bool:
    return config.ENGINE_FACTS.exists() and (venv.site_packages() / "llama_cpp" / "__init__.py").exists()


def plan(wanted: Wanted) -> list[Step]:
    """All steps of a set-up, whether done or not."""
    groups = _groups(wanted)
    steps = [
        Step(
            "system-" + "-".join(groups),
            "System libraries",
            lambda: _key(syslibs.os_release(), *(need.what for need in syslibs.LIBRARIES)),
            lambda job: syslibs.install(job, groups),
        ),
        Step("venv", "Python environment", lambda: _key(sys.base_prefix), venv.create, lambda: venv.python().exists()),
        Step("packages", "Packages", lambda: _key(config.TOOLS, config.RUNTIME), _install_packages),
        Step(
            "torch",
            "torch",
            lambda: _key(config.TORCH_CPU, config.TORCH_CUDA, f"cpu={_cpu_torch()}"),
            _install_torch,
            lambda: (venv.site_packages() / "torch").exists(),
        ),
        Step("models", "Models", lambda: _key(config.MODELS, str(places.models())), models.install, models.enough),
        Step("engine", "Language model engine", _engine_key, _install_engine, _engine_there),
        Step("command", "The nuee command", lambda: _key(str(config.ROOT)), _add_command, venv.has_project),
    ]
    if wanted.tests:
        steps.append(Step("dev", "Packages of the tests", lambda: _key(config.DEV), _install_dev))
        steps.append(Step("servers", "Servers and npm for tests", lambda: _key(*servers.facts()), servers.install))
    return steps


def _add_command(_job: Job) -> None:
    venv.add_project()


def _install_dev(job: Job) -> None:
    packages.install(job, config.DEV, "dev")


def run(steps: Sequence[Step], stamps: Stamps) -> int:
    """Run the steps that are not done; returns how many there were.  Touches no network when all are done.

    SetUpFailed and KeyboardInterrupt go through; the step that was at work has no stamp then and is repeated.
    """

    def done(step: Step) -> bool:
        return stamps.holds(step.name, step.key()) and step.intact()

    if all(done(step) for step in steps):
        return 0
    lock = places.cache() / "locks" / f"{files.digest_of(str(stamps.folder))}.lock"
    waiting = Progress("Waiting")
    ran = 0
    with locking.exclusive(lock, lambda: waiting.note("another set-up of this folder is at work")) as held:
        for number, step in enumerate(steps, 1):
            if done(step):
                continue
            ran += 1
            stamps.begin(step.name)
            with Progress(f"[{number}/{len(steps)}] {step.title}") as progress:
                step.work(Job(progress, (held,)))
                stamps.end(step.name, step.key(), progress.elapsed)
    print(f"Set up in {duration(waiting.elapsed)}: {os.fspath(config.VENV)}", flush=True)
    return ran
