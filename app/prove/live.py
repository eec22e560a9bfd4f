"""What a running program holds that no folder shows: files deleted while open, and whether it may dump core (Linux)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil


def family(pid: int) -> list[psutil.Process]:
    """The process and everything it started."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def deleted_files(processes: Sequence[psutil.Process]) -> Iterator[Path]:
    """Files that they have open and that have no name any more, by a path that still reads them."""
    for process in processes:
        folder = Path(f"/proc/{process.pid}/fd")
        with contextlib.suppress(OSError):
            for entry in folder.iterdir():
                with contextlib.suppress(OSError):
                    name = str(entry.readlink())
                    # A memfd is memory, as the queue of a sound card is; everything else was on a disk.
                    if name.endswith(" (deleted)") and not name.startswith("/memfd:") and entry.is_file():
                        yield entry


def sockets(processes: Sequence[psutil.Process]) -> Iterator[str]:
    """Sockets of the internet that they have open: what native code opens shows here alone."""
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError):
            name = process.name()
            for one in process.net_connections(kind="inet"):
                what, address = ("connect", one.raddr) if one.raddr else ("bind", one.laddr)
                if address:
                    yield f"{what} {address.ip}:{address.port} ({name})"


def may_dump_core(processes: Sequence[psutil.Process]) -> list[str]:
    """Names of those whose core file could be written."""
    found = []
    for process in processes:
        with contextlib.suppress(OSError, psutil.NoSuchProcess):
            for line in Path(f"/proc/{process.pid}/limits").read_text("ascii").splitlines():
                if line.startswith("Max core file size") and line.split()[4] != "0":
                    found.append(process.name())
    return found
