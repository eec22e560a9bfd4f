"""The project's own Python environment, `.venv`."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from installer import config
from installer.commands import Job, check, log_file
from installer.failures import SetUpFailed


def scripts(venv: Path = config.VENV) -> Path:
    return venv / ("Scripts" if os.name == "nt" else "bin")


def python(venv: Path = config.VENV) -> Path:
    return scripts(venv) / ("python.exe" if os.name == "nt" else "python")


def site_packages(venv: Path = config.VENV) -> Path:
    if os.name == "nt":
        return venv / "Lib" / "site-packages"
    return venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def can_create() -> bool:
    """Debian keeps these two modules in a package of their own (python3-venv)."""
    return all(importlib.util.find_spec(module) for module in ("venv", "ensurepip"))


def check_version() -> None:
    """SetUpFailed when this Python is not one that the locks were made for."""
    running = sys.version_info[:2]
    if config.OLDEST_PYTHON <= running <= config.NEWEST_PYTHON:
        return
    oldest, newest = (".".join(map(str, pair)) for pair in (config.OLDEST_PYTHON, config.NEWEST_PYTHON))
    this = ".".join(map(str, running))
    remedy = f"Start again with one of them, for example: python{newest} -m installer run"
    raise SetUpFailed("python", f"Nuée runs on Python {oldest} to {newest}; this is {this}.", remedy)


def fits(venv: Path = config.VENV) -> bool:
    """Whether an environment is there, starts, and is of this Python's version.  Starts a process."""
    if not (venv / "pyvenv.cfg").exists():
        return False
    ask = [str(python(venv)), "-c", "import sys, pip; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.split() == [str(part) for part in sys.version_info[:2]]


def create(job: Job, venv: Path = config.VENV) -> None:
    """Make `.venv`, or make it anew when it is broken or of another Python."""
    if fits(venv):
        job.progress.say(f"{venv} is there and works")
        return
    log = log_file("venv")
    # Stamps of steps before this one stay in a folder that is new; what was set up in a broken one does not count.
    clear = ["--clear"] if venv.exists() and any(path != config.STAMPS for path in venv.iterdir()) else []
    status = job.run([sys.executable, "-m", "venv", *clear, venv], log)
    remedy = "On Debian and Ubuntu: sudo apt-get install python3-venv"
    check(status, "venv", "The Python environment could not be created.", log, remedy)


LAUNCHER = """#!{python}
import sys

from app.cli import main

sys.exit(main())
"""


def add_project(venv: Path = config.VENV, root: Path = config.ROOT) -> None:
    """Make the project importable in the environment, and `nuee` a command of it.  Needs neither network nor build."""
    (site_packages(venv) / "nuee.pth").write_text(f"{root}\n", encoding="utf-8")
    if os.name == "nt":
        command = scripts(venv) / "nuee.cmd"
        command.write_text(f'@"{python(venv)}" -m app %*\r\n', encoding="utf-8")
        return
    command = scripts(venv) / "nuee"
    command.write_text(LAUNCHER.format(python=python(venv)), encoding="utf-8")
    command.chmod(0o755)


def has_project(venv: Path = config.VENV) -> bool:
    command = scripts(venv) / ("nuee.cmd" if os.name == "nt" else "nuee")
    return command.exists() and (site_packages(venv) / "nuee.pth").exists()
