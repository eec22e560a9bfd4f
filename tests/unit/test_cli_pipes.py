"""Pipes that nobody reads: the reader of standard output, and a worker that has died."""

import subprocess
import sys

PROGRAM = [sys.executable, "-W", "error", "-c"]


def test_writing_to_a_worker_that_died_does_not_end_the_node() -> None:
    script = """
import os
from app import cli
cli._dispatch = lambda *_: write()
def write():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        os.write(writer, b"frame")
    except BrokenPipeError:
        print("went on")
    return 0
raise SystemExit(cli.main(["status"]))
"""
    ended = subprocess.run([*PROGRAM, script], capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stdout) == (0, "went on\n"), ended.stderr


def test_output_that_nobody_reads_ends_the_command_in_silence() -> None:
    script = """
from app import cli
cli._dispatch = lambda *_: print("line\\n" * 100_000)
raise SystemExit(cli.main(["status"]))
"""
    with subprocess.Popen([*PROGRAM, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (1, "")
