"""Is there a screen, and a virtual one for the tests."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator

START_SECONDS = 20.0


def available() -> bool:
    """Whether a window can be shown."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def virtual() -> Iterator[dict[str, str]]:
    """A screen for real windows that nobody sees; yields the environment that leads Qt to it.

    Xvfb chooses a free number and tells it through a pipe.  Where it is missing or does not start, Qt draws into
    memory instead ("offscreen"); where a window needs no X server (macOS, Windows) nothing changes.
    """
    if not sys.platform.startswith("linux"):
        yield {}
        return
    process, number = _start() if shutil.which("Xvfb") else (None, "")
    try:
        if number:
            yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": ""}
        else:
            print("No Xvfb here: the windows of the tests are drawn into memory.", flush=True)
            yield {"QT_QPA_PLATFORM": "offscreen"}
    finally:
        if process:
            process.terminate()
            process.wait()


def _start() -> tuple[subprocess.Popen[bytes], str]:
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(writer,),
        start_new_session=True,  # it must outlive a Ctrl-C for as long as the tests need to end
    )
    os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as answer:
        ready, _, _ = select.select([answer], [], [], START_SECONDS)
        return process, answer.readline().decode().strip() if ready else ""
