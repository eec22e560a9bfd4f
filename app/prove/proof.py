"""The whole proof: a sandbox, the acts, the search, the report."""

from __future__ import annotations

import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.prove import acts, program, scan
from app.prove.acts import Stage
from app.prove.canaries import Planted
from app.prove.program import ActFailed, Program
from app.prove_results import ProofReport

Progress = Callable[[str, int, int | None, str], None]  # stage, done, of how many, what
Cancelled = Callable[[], bool]


def prove(
    progress: Progress = lambda _stage, _done, _total, _what: None,
    cancelled: Cancelled = lambda: False,
    only: Sequence[str] | None = None,
    seed: int | None = None,
) -> ProofReport:
    """Drive the program in a throw-away profile and search every file it wrote.  Blocking; minutes.

    `only`: names of acts (`acts.ACTS`), for a shorter run.  Errors: ActFailed when an act cannot be driven.
    """
    begun = time.time()
    sandbox = Path(tempfile.mkdtemp(prefix="nuee-proof-"))
    inputs = Path(tempfile.mkdtemp(prefix="nuee-proof-inputs-"))
    keep = False
    try:
        stage = Stage(Program(sandbox, sandbox / "profile"), Planted(), inputs, random.Random(seed))
        chosen = acts.named(only)
        for number, (name, act) in enumerate(chosen.items()):
            if cancelled():
                raise ActFailed("cancelled")
            progress("proving", number, len(chosen), name)
            act(stage)
        stage.capture()
        found, canaries = _search(stage, begun, progress)
        keep = bool(found.leaks)
        core = tuple(sorted(stage.program.core))
        return ProofReport(
            holds=not (found.leaks or found.unread or core),
            files=found.files,
            bytes=found.bytes,
            canaries=canaries,
            leaks=found.leaks,
            core_dumps=core,
            unread=found.unread,
            features=tuple(chosen),
            crashes=stage.crashes,
            seconds=time.time() - begun,
            kept=str(sandbox) if keep else "",
        )
    finally:
        shutil.rmtree(inputs, ignore_errors=True)
        if not keep:
            shutil.rmtree(sandbox, ignore_errors=True)


def _search(stage: Stage, begun: float, progress: Progress) -> tuple[scan.Scan, int]:
    canaries = [*stage.planted.canaries(), *stage.found]

    def told(count: int, name: str) -> None:
        progress("searching", count, None, name)

    sandbox = stage.program.sandbox

    def passed_over(path: Path) -> bool:
        return path == stage.inputs

    inside = list(scan.files([sandbox], 0, passed_over))
    outside = list(scan.files(_elsewhere(sandbox), begun, lambda path: path in (stage.inputs, sandbox)))
    found = scan.search([*inside, *outside], canaries, told, sandbox)
    # What others write at the same time may be unreadable to us; only our own files must be read.
    unread = tuple(line for line in found.unread if line.startswith(str(sandbox)))
    deleted = program.deleted_leaks(stage.program.deleted, scan.needles(canaries))
    return scan.Scan(found.files, found.bytes, (*found.leaks, *deleted), unread), len(canaries)


def _elsewhere(sandbox: Path) -> list[Path]:
    """Where a program might write though it was told to write elsewhere: what changed there is searched too."""
    places = [Path(tempfile.gettempdir()), Path.cwd(), Path(sys.prefix) / "var"]
    places += [Path(name) for name in ("/tmp", "/var/tmp", "/dev/shm", "/var/crash", "/var/lib/systemd/coredump")]  # noqa: S108
    with contextlib.suppress(RuntimeError):
        home = Path.home()
        places += [home / name for name in (".cache", ".config", ".local", "Library/Caches", "AppData/Local")]
    kept: list[Path] = []
    for place in sorted({place.resolve() for place in places if place.is_dir()}):
        if not any(place.is_relative_to(other) for other in kept) and place != sandbox:
            kept.append(place)
    return kept
