"""What every process of the program does about itself before it sees anything secret."""

from __future__ import annotations

import os
from contextlib import suppress


def begin() -> None:
    """No core dump, which would hold keys and mail in clear; files made from here on are the user's alone.

    Children inherit both.  Where core dumps go to a program (systemd-coredump, apport), that program honours the limit.
    """
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
