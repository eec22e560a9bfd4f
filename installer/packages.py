"""Installing the locked packages with the environment's own pip."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer import config, venv
from installer.commands import Command, Job, check, log_file
from installer.progress import Progress, megabytes

NETWORK = "Check the network connection and start again: what is there already is not fetched twice."
LARGE = 5_000_000  # bytes: a download worth a line of its own
_QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_NO_COLOR": "1", "PYTHONUTF8": "1"}


def pip(
    job: Job,
    command: Command,
    log: Path,
    *,
    follower: Follower | None = None,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run the environment's pip; returns its exit status."""
    follower = follower or Follower(job.progress)
    whole: Command = [venv.python(), "-m", "pip", *command]
    return job.run(whole, log, follow=follower.line, tick=follower.tick, env={**_QUIET, **(env or {})})


def entries(text: str) -> list[str]:
    """The requirements of a lock, each with its hash lines."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [entry + "\n" for entry in re.split(r"\n(?=\S)", "\n".join(lines)) if entry]


def name(entry: str) -> str:
    """The package of an entry, in lower case."""
    found = re.match(r"[A-Za-z0-9._-]+", entry)
    if not found:
        raise ValueError(f"not a requirement: {entry!r}")
    return found.group().lower()


class Follower:
    """Turns pip's lines into notes: which package of how many, how many megabytes of a large one, how many in place.

    `total`: the packages of the lock; `site`: the folder that fills, which is looked at because pip says nothing then.
    """

    def __init__(self, progress: Progress, total: int = 0, site: Path | None = None) -> None:
        self._progress = progress
        self._left = total
        self._count = 0
        self._name = ""
        self._site = site
        self._placed = (0, 0)  # packages that are being put in place, and how many there were before them

    def line(self, text: str) -> None:
        text = text.strip()
        if text.startswith("Ignoring "):
            self._left -= 1
        elif found := re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", text):
            self._count += 1
            self._name = found[1]
            self._progress.note(self._position())
        elif (found := re.match(r"Progress (\d+) of (\d+)", text)) and int(found[2]) > LARGE:
            self._progress.note(f"{self._position()}, {int(found[1]) / 1e6:.0f} of {megabytes(int(found[2]))}")
        elif text.startswith("Building wheel"):
            self._progress.note(text.lower())
        elif text.startswith("Installing collected packages"):
            self._placed = (text.count(",") + 1, self._there())
            self.tick()

    def tick(self) -> None:
        count, before = self._placed
        if count > 1:
            self._progress.note(f"putting {self._there() - before} of {count} in place")
        else:
            self._progress.tick()

    def _position(self) -> str:
        return f"{self._count} of {self._left}: {self._name}" if self._left > 0 else self._name

    def _there(self) -> int:
        return sum(1 for _ in self._site.glob("*.dist-info")) if self._site else 0


def repair(site: Path) -> list[str]:
    """Take away what an interrupted pip left half done, so that the next one sees it as missing; returns the names.

    pip writes RECORD last: a package without it counts as installed for pip but may be incomplete.  Folders with "~"
    are packages that it was about to replace.
    """
    broken = [path for path in site.glob("*.dist-info") if not (path / "RECORD").exists()]
    broken += list(site.glob("~*"))
    for path in broken:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in broken]


def install(job: Job, lock: Path, step: str, extra: Sequence[str] = ()) -> None:
    """Install exactly what `lock` names, each file checked against its digest.  SetUpFailed("packages")."""
    log = log_file(step)
    status = _install(job, lock, log, extra)
    check(status, "packages", f"The packages of {lock.name} could not be installed.", log, NETWORK)


def _install(job: Job, lock: Path, log: Path, extra: Sequence[str] = ()) -> int:
    site = venv.site_packages()
    repair(site)
    bar = () if lock == config.TOOLS else ("--progress-bar", "raw")  # the pip that Python brings may not know "raw"
    fixed = ("install", "--no-deps", "--require-hashes", "--no-build-isolation", "--no-warn-script-location")
    follower = Follower(job.progress, len(entries(lock.read_text(encoding="utf-8"))), site)
    return pip(job, [*fixed, *bar, *extra, "-r", lock], log, follower=follower)


def install_torch(job: Job, cpu: bool) -> str:
    """Install torch and say which build it is.  `cpu`: a Linux machine without an NVIDIA GPU.

    The CPU build comes from wherever pip is configured to look, else from PyTorch's own index, and where neither has
    it for this Python (or the network is down to them) from the registry, with the CUDA packages it brings.
    """
    if cpu:
        log = log_file("torch-cpu")
        for extra in ((), ("--index-url", config.TORCH_CPU_INDEX)):
            if _install(job, config.TORCH_CPU, log, extra) == 0:
                return "CPU build"
        job.progress.say("no CPU build of torch for this Python: taking the larger one of the registry")
    install(job, config.TORCH_CUDA, "torch")
    return "registry build"
