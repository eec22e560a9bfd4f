"""What the operating system must bring: found by loading or running it, installed where we may.

Only Linux is looked at: on macOS and Windows the packages bring everything but the compiler.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from installer import venv
from installer.commands import Job, check, log_file
from installer.failures import SetUpFailed

Group = Literal["python", "compiler", "engine", "window", "tests"]


@dataclass(frozen=True)
class Need:
    """One thing that must be there.  `what`: a library's file name, or words; `package`: who brings it on Debian."""

    what: str
    package: str
    group: Group


LIBRARIES = tuple(
    Need(file, package, "window")
    for file, package in (
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
        ("libz.so.1", "zlib1g"),
        ("libzstd.so.1", "libzstd1"),
        ("libEGL.so.1", "libegl1"),
        ("libGL.so.1", "libgl1"),
        ("libfontconfig.so.1", "libfontconfig1"),
        ("libfreetype.so.6", "libfreetype6"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libgssapi_krb5.so.2", "libgssapi-krb5-2"),
        ("libbrotlidec.so.1", "libbrotli1"),
        ("libX11.so.6", "libx11-6"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libxkbcommon.so.0", "libxkbcommon0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libxcb.so.1", "libxcb1"),
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxcb-glx.so.0", "libxcb-glx0"),
        ("libxcb-icccm.so.4", "libxcb-icccm4"),
        ("libxcb-image.so.0", "libxcb-image0"),
        ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
        ("libxcb-randr.so.0", "libxcb-randr0"),
        ("libxcb-render.so.0", "libxcb-render0"),
        ("libxcb-render-util.so.0", "libxcb-render-util0"),
        ("libxcb-shape.so.0", "libxcb-shape0"),
        ("libxcb-shm.so.0", "libxcb-shm0"),
        ("libxcb-sync.so.1", "libxcb-sync1"),
        ("libxcb-util.so.1", "libxcb-util1"),
        ("libxcb-xfixes.so.0", "libxcb-xfixes0"),
        ("libxcb-xkb.so.1", "libxcb-xkb1"),
        ("libwayland-client.so.0", "libwayland-client0"),
        ("libwayland-cursor.so.0", "libwayland-cursor0"),
        ("libwayland-egl.so.1", "libwayland-egl1"),
    )
)
ENGINE_RUNTIME = (Need("libgomp.so.1", "libgomp1", "engine"), Need("libstdc++.so.6", "libstdc++6", "engine"))
FONT = Need("a font", "fonts-dejavu-core", "window")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
COMPILER = Need("a C++ compiler", "build-essential", "compiler")
HEADERS = Need("Python.h", "python3-dev", "compiler")
GMP = Need("gmp.h", "libgmp-dev", "compiler")  # fastecdsa, which libp2p needs, comes as source only
MODULES = Need("the Python modules venv and ensurepip", "python3-venv", "python")
DISPLAY = Need("Xvfb", "xvfb", "tests")


def loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def _header(name: str) -> bool:
    folders = [Path("/usr/include"), Path("/usr/local/include")]
    folders += [folder for folder in Path("/usr/include").glob("*-linux-*") if folder.is_dir()]
    return any((folder / name).exists() for folder in folders)


def _has_font() -> bool:
    return any(next(Path(folder).expanduser().rglob("*.[ot]t[fc]"), None) for folder in FONT_FOLDERS)


def missing(groups: Iterable[Group], load: Callable[[str], bool] = loads) -> list[Need]:
    """What is missing of `groups`, in the order of the lists above.  Starts no process."""
    wanted = set(groups)
    tests: list[tuple[Need, bool]] = [
        (MODULES, venv.can_create()),
        (COMPILER, all(shutil.which(program) for program in ("cc", "c++"))),
        (HEADERS, Path(sysconfig.get_path("include"), "Python.h").exists()),
        (GMP, _header("gmp.h")),
        (FONT, _has_font()),
        (DISPLAY, shutil.which("Xvfb") is not None),
    ]
    found = [need for need, there in tests if need.group in wanted and not there]
    return found + [need for need in (*ENGINE_RUNTIME, *LIBRARIES) if need.group in wanted and not load(need.what)]


def packages(needs: Sequence[Need], running: str = "") -> list[str]:
    """The Debian packages for `needs`, each once.  The two that depend on Python's version carry it."""
    own = f"python{running or '.'.join(map(str, sys.version_info[:2]))}"
    names = {"python3-venv": f"{own}-venv", "python3-dev": f"{own}-dev"}
    return list(dict.fromkeys(names.get(need.package, need.package) for need in needs))


def has_apt(os_release: str) -> bool:
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    family = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return bool({"debian", "ubuntu"} & set(family))


def os_release() -> str:
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""


def command(needs: Sequence[Need]) -> str:
    """The one command that a user runs."""
    return "sudo apt-get install " + shlex.join(packages(needs))


def refusal(needs: Sequence[Need], apt: bool) -> SetUpFailed:
    """What to tell somebody for whom the installer may not install."""
    if apt:
        return SetUpFailed("system-libraries", "Some system packages are missing.", f"Run: {command(needs)}")
    names = ", ".join(need.what for need in needs)
    remedy = "Install the packages of your distribution that bring them, and start again."
    return SetUpFailed("system-libraries", f"The system lacks: {names}.", remedy)


def install(job: Job, groups: Iterable[Group]) -> None:
    """Install what is missing, as root on Debian and its kin; otherwise SetUpFailed says what to run."""
    if not sys.platform.startswith("linux"):
        return
    wanted = list(groups)
    needs = missing(wanted)
    if not needs:
        return
    apt = has_apt(os_release()) and shutil.which("apt-get") is not None
    if not apt or os.geteuid() != 0:
        raise refusal(needs, apt)
    log = log_file("system-libraries")
    job.progress.note("asking for the list of packages")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    job.run(["apt-get", "update", "-q"], log, env=env)  # an old list may do; the installation below decides
    names = packages(needs)
    job.progress.say(f"installing {' '.join(names)}")
    options = ["-q", "-y", "--no-install-recommends", "-o", "APT::Status-Fd=1"]
    status = job.run(["apt-get", "install", *options, *names], log, follow=_apt_note(job), env=env)
    remedy = f"Run it by hand to see why: {command(needs).removeprefix('sudo ')}"
    check(status, "system-libraries", "The system packages could not be installed.", log, remedy)
    still = missing(wanted)
    if still:
        raise refusal(still, apt=False)


def _apt_note(job: Job) -> Callable[[str], None]:
    def line(text: str) -> None:
        # "dlstatus:1:23.5:Retrieving file 2 of 9", "pmstatus:libegl1:40.0:Unpacking libegl1"
        parts = text.split(":", 3)
        if len(parts) == 4 and parts[0] in ("dlstatus", "pmstatus"):
            percent = parts[2].split(".")[0]
            job.progress.note(f"{percent} %, {parts[3].strip()}")

    return line
