"""Limits of the kernel on the processes that run skills, a little above those that the interpreter keeps itself.

Linux alone can set them on another process; POSIX on the own one; elsewhere the process is still a separate one that
time ends.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

ADDRESS_SPACE = 1024 * 1024 * 1024  # bytes, for the worker and each process it starts
_BASE = 256 * 1024 * 1024  # bytes of address space that the interpreter takes before it holds anything
_FILES = 64  # for the pipes to the interpreter; it gets none
_CPU_GRACE = 3  # seconds of processor time beyond the run's


def worker() -> None:
    """This process, and those it starts: bounded memory, no file written, no core dump."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))


def interpreter(pid: int | None, memory: int, seconds: float) -> None:
    """Process `pid` for the next slice: no further file or connection, address space for `memory` bytes of values, and
    `seconds` more of processor time."""
    if sys.platform != "linux" or pid is None:
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        for which, amount in (
            (resource.RLIMIT_AS, _BASE + 2 * memory),
            (resource.RLIMIT_CPU, int(_processor_seconds(pid) + seconds) + _CPU_GRACE),
        ):
            resource.prlimit(pid, which, (amount, resource.prlimit(pid, which)[1]))


def _processor_seconds(pid: int) -> float:
    """Used so far by all threads of a process (proc(5), /proc/PID/stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
