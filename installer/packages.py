"""Installing the locked packages with the environment's own pip."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from installer import config, venv
from installer.commands import Command, Follow, Job, check, log_file, unfollowed
from installer.progress import Progress, megabytes

NETWORK = "Check the network connection and start again: what is there already is not fetched twice."
_QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_NO_COLOR": "1", "PYTHONUTF8": "1"}


def pip(
    job: Job,
    command: Command,
    log: Path,
    *,
    follow: Follow = unfollowed,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run the environment's pip; returns its exit status."""
    return job.run([venv.python(), "-m", "pip", *command], log, follow=follow, env={**_QUIET, **(env or {})})


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


def follow(progress: Progress, total: int = 0) -> Callable[[str], None]:
    """Turns pip's lines into notes: which package of how many, and how many megabytes of a large one."""
    state = {"count": 0, "skipped": 0}
    current = ""

    def line(text: str) -> None:
        nonlocal current
        text = text.strip()
        if text.startswith("Ignoring "):
            state["skipped"] += 1
        elif found := re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", text):
            state["count"] += 1
            current = found[1]
            progress.note(_count(state["count"], total - state["skipped"]) + current)
        elif (found := re.match(r"Progress (\d+) of (\d+)", text)) and int(found[2]) > 5_000_000:
            amount = f", {int(found[1]) / 1e6:.0f} of {megabytes(int(found[2]))}"
            progress.note(_count(state["count"], total - state["skipped"]) + current + amount)
        elif text.startswith("Building wheel"):
            progress.note(text.lower())
        elif text.startswith("Installing collected packages"):
            progress.note(f"installing {text.count(',') + 1} packages")

    return line


def _count(number: int, total: int) -> str:
    return f"{number} of {total}: " if total > 0 else ""


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
    repair(venv.site_packages())
    bar = () if lock == config.TOOLS else ("--progress-bar", "raw")  # the pip that Python brings may not know "raw"
    fixed = ("install", "--no-deps", "--require-hashes", "--no-build-isolation", "--no-warn-script-location")
    follower = follow(job.progress, len(entries(lock.read_text(encoding="utf-8"))))
    return pip(job, [*fixed, *bar, *extra, "-r", lock], log, follow=follower)


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
