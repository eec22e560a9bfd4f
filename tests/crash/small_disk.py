"""`unshare -rm python -m tests.crash.small_disk FOLDER`: a profile on a disk of 12 MB of its own, which fills up, is
enlarged, and becomes read-only.  Prints one JSON object: what each command said and how it ended.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.paths import ROOT

MAILS = 100  # of 150 kB
PASSPHRASE = "a passphrase for a small disk"


def nuee(home: Path, *arguments: str) -> dict[str, Any]:
    own = {"NUEE_HOME": str(home), "NUEE_PASSPHRASE": PASSPHRASE, "NUEE_LANGUAGE": "en"}
    environment = {**os.environ, **own, "NUEE_MODELS": str(home.parent / "no-models")}  # nothing is found by meaning
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments, "--json"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    result = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return {"status": done.returncode, "error": done.stderr.strip(), "result": result}


def mount(options: str, folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)


def write_mailbox(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            file.write(
                f"From x Mon Jan  5 10:00:00 2026\nFrom: A <a@example.org>\nSubject: Tomatoes {n}\n"
                f"Message-ID: <{n}@example.org>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nMIME-Version: 1.0\n"
                "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"
            )
            file.write(base64.encodebytes(os.urandom(150_000)).decode("ascii") + "\n")  # nothing packs it smaller


def main(folder: Path) -> None:
    disk, stick = folder / "disk", folder / "stick"
    for each in (disk, stick):
        each.mkdir()
    mount("size=12m", disk)
    mount("size=1m", stick)
    home = disk / "profile"
    write_mailbox(folder / "in.mbox", MAILS)
    said = {"init": nuee(home, "init"), "full": nuee(home, "import", str(folder / "in.mbox"))}
    said["search"] = nuee(home, "search", "--words", "tomatoes")
    subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
    said["found"] = nuee(home, "search", "--words", "tomatoes")
    said["again"] = nuee(home, "import", str(folder / "in.mbox"))
    said["export"] = nuee(home, "export", str(stick / "backup.zip"))
    said["left"] = {"files": [path.name for path in stick.iterdir()]}
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    said["read-only"] = nuee(home, "import", str(folder / "in.mbox"))
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
