"""Runs a program that must not outlive us: it ends when the other end of our standard input does, however that ended.

A file by itself, run as a script with nothing but the standard library: `ward.py PROGRAM ARGUMENT…`.  The program is
asked to end (SIGTERM), and made to after a while.  What it prints goes where ours goes.
"""

from __future__ import annotations

import subprocess
import sys
import threading

GRACE = 20.0  # seconds that it has to put its state down


def main(command: list[str]) -> int:
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def end_with_them() -> None:
        sys.stdin.buffer.read()
        program.terminate()
        try:
            program.wait(GRACE)
        except subprocess.TimeoutExpired:
            program.kill()

    threading.Thread(target=end_with_them, daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
