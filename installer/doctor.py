"""`python3 -m installer doctor`: what is there, what is wrong, and what to do about it.

Changes nothing and needs no network.  Reads every model whole, so it takes as long as the disk needs for that.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from installer import config, cpu, display, engine, files, gpu, memory, models, places, steps, syslibs, venv
from installer.progress import megabytes
from installer.stamps import Stamps

SET_UP = "Run: python3 -m installer setup"
LEAST_FREE = 2_000_000_000  # bytes: an engine build takes 0.6 GB, and a vault wants room to grow
LEAST_MEMORY = 4_000_000_000  # bytes


@dataclass(frozen=True)
class Finding:
    """One thing looked at.  `remedy` is empty where nothing is wrong."""

    area: str
    name: str
    value: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.remedy


def set_up() -> Iterator[Finding]:
    stamps = Stamps(config.STAMPS)
    for step in steps.plan(steps.Wanted(window=display.available())):
        done = stamps.holds(step.name, step.key()) and step.intact()
        yield Finding("set-up", step.title, "done" if done else "not done", "" if done else SET_UP)
    version = ".".join(map(str, sys.version_info[:3]))
    fits = config.OLDEST_PYTHON <= sys.version_info[:2] <= config.NEWEST_PYTHON
    yield Finding("set-up", "Python", version, "" if fits else "Use Python 3.11 to 3.13.")


def engine_findings() -> Iterator[Finding]:
    facts = files.read_json(config.ENGINE_FACTS)
    if not facts:
        yield Finding("engine", "llama.cpp", "not built", SET_UP)
        yield Finding(
            "engine", "compiler", engine.compiler() or "none", "" if engine.compiler() else _compiler_remedy()
        )
        return
    yield Finding("engine", "llama-cpp-python", f"{facts.get('version')}, {facts.get('rung')}")
    yield Finding("engine", "built with", " ".join(facts.get("flags", [])))
    yield Finding("engine", "runs on", f"{facts.get('device')}; {facts.get('features')}")
    verdict = engine.self_test(steps.self_test_command())
    value = f"passed in {verdict.facts.get('seconds')} s" if verdict.passed else verdict.reason
    remedy = f"Remove {config.ENGINE_FACTS} and run: python3 -m installer setup"
    yield Finding("engine", "self-test", value, "" if verdict.passed else remedy)


def _compiler_remedy() -> str:
    return f"Run: {syslibs.command([syslibs.COMPILER])}" if syslibs.has_apt(syslibs.os_release()) else "Install one."


def device() -> Iterator[Finding]:
    here = cpu.read()
    fastest = cpu.ladder(here)[0].name
    yield Finding("device", "processor", f"{here.model} ({here.machine}), {here.cores} cores, {fastest}")
    total = memory.total()
    few = "Close other programs or use a smaller model." if 0 < total < LEAST_MEMORY else ""
    yield Finding("device", "memory", f"{total / 1e9:.1f} GB" if total else "unknown", few)
    found = gpu.find()
    cards = gpu.names()
    yield Finding("device", "NVIDIA GPU", "; ".join(cards) or "none")
    if cards and not found.nvcc:
        yield Finding("device", "CUDA toolchain", "none: the model runs on the processor")
    elif found.nvcc:
        yield Finding("device", "CUDA toolchain", found.nvcc)


def model_findings(progress: Callable[[str], None]) -> Iterator[Finding]:
    store = places.models()
    known = sorted(store.glob("*.gguf")) if store.exists() else []
    if not known:
        yield Finding("models", "language model", f"none in {store}", SET_UP)
    for path in known:
        progress(f"reading {path.name}")
        name = str(files.read_json(path.with_suffix(".json")).get("name") or path.stem[:12])
        intact = files.sha256(path) == path.stem
        value = f"{megabytes(path.stat().st_size)}, digest {'ok' if intact else 'WRONG'}"
        remedy = SET_UP if path == models.default_model() else "Remove it with `nuee models remove` and add it again."
        yield Finding("models", name, value, "" if intact else remedy)
    bad = models.check_embedder(progress)
    value = f"{places.embedder()}, digests ok"
    if bad:
        value = f"damaged or missing: {', '.join(bad)}" if places.embedder().exists() else "not there"
    yield Finding("models", "embedding model", value, SET_UP if bad else "")


def libraries() -> Iterator[Finding]:
    window = display.available()
    if sys.platform.startswith("linux"):
        groups: list[syslibs.Group] = ["engine", "window"] if window else ["engine"]
        needs = syslibs.missing(groups)
        apt = syslibs.has_apt(syslibs.os_release())
        value = "missing: " + ", ".join(need.what for need in needs) if needs else "all there"
        remedy = SET_UP if apt and os.geteuid() == 0 else syslibs.refusal(needs, apt).remedy
        yield Finding("libraries", "system", value, remedy if needs else "")
    if venv.python().exists():
        problem = qt_problem()
        harmless = problem and not window
        value = f"{problem}; not needed without a display" if harmless else problem or "loads"
        yield Finding("libraries", "Qt", value, SET_UP if problem and window else "")


QT_PROBE = """
import ctypes, pathlib, sys
import PySide6.QtWidgets
folder = pathlib.Path(PySide6.QtWidgets.__file__).parent / "Qt" / "plugins" / "platforms"
for plugin in ("libqxcb.so", "libqwayland.so"):
    if (folder / plugin).exists():
        ctypes.CDLL(str(folder / plugin))
"""


def qt_problem() -> str:
    """Why Qt and its screen plugins do not load, or ""."""
    answer = subprocess.run([str(venv.python()), "-c", QT_PROBE], capture_output=True, text=True, check=False)
    return (answer.stderr.strip().splitlines() or ["it dies"])[-1] if answer.returncode else ""


def ports() -> Iterator[Finding]:
    yield Finding("ports", "open to others", "none: Nuée listens nowhere until you connect it to peers")
    for address, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        try:
            with socket.socket(family) as probe:
                probe.bind((address, 0))
        except OSError as problem:
            remedy = "Bring the loopback interface up (ip link set lo up)." if family == socket.AF_INET else ""
            yield Finding("ports", f"loopback {address}", f"cannot be used: {problem.strerror}", remedy)
        else:
            yield Finding("ports", f"loopback {address}", "can be used")


def disk() -> Iterator[Finding]:
    for name, path in (("project", config.ROOT), ("data", places.data()), ("cache", places.cache())):
        folder = next(parent for parent in (path, *path.parents) if parent.exists())
        free = shutil.disk_usage(folder).free
        writable = os.access(folder, os.W_OK)
        remedy = "" if free >= LEAST_FREE else "Free some space on this disk."
        if not writable:
            remedy = f"You may not write to {folder}: change its owner or its permissions."
        yield Finding("disk", name, f"{path}: {free / 1e9:.1f} GB free", remedy)


def screen() -> Iterator[Finding]:
    there = display.available()
    yield Finding("display", "window", "can be shown" if there else "no display: `run` opens Nuée in the terminal")


def examine(progress: Callable[[str], None]) -> Iterator[Finding]:
    """Everything, in the order in which it is printed."""
    yield from set_up()
    yield from engine_findings()
    yield from device()
    yield from model_findings(progress)
    yield from libraries()
    yield from ports()
    yield from disk()
    yield from screen()


def _print(findings: Iterator[Finding]) -> list[Finding]:
    seen: list[Finding] = []
    for finding in findings:
        if not seen or seen[-1].area != finding.area:
            print(("" if not seen else "\n") + finding.area)
        seen.append(finding)
        print(f"  {'ok ' if finding.ok else '!! '} {finding.name}: {finding.value}", flush=True)
        if finding.remedy:
            print(f"      {finding.remedy}")
    return seen


def run(as_json: bool) -> int:
    """Print the report; 1 when something is wrong."""
    if as_json:
        seen = list(examine(lambda _: None))
        checks = [{**asdict(finding), "ok": finding.ok} for finding in seen]
        print(json.dumps({"ok": all(finding.ok for finding in seen), "checks": checks}))
    else:
        seen = _print(examine(lambda _: None))
        wrong = sum(not finding.ok for finding in seen)
        print(f"\n{wrong} of {len(seen)} things need attention." if wrong else "\nEverything is in order.")
    return 0 if all(finding.ok for finding in seen) else 1
