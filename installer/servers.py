"""What the tests start: mail servers, npm for peers in JavaScript, a chain.  Installed where we may, never left on.

Debian starts the service of a package that it installs, and again at every boot.  A policy-rc.d that says no keeps the
first from happening; the second is switched off afterwards, for what was installed here only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from installer import anvil, syslibs
from installer.commands import Job, log_file

POLICY = Path("/usr/sbin/policy-rc.d")
_NO = "#!/bin/sh\n# Nuée's set-up installs servers for its tests; no service may start.\nexit 101\n"
_FORBIDDEN = 101  # what policy-rc.d answers for "do not"


@dataclass(frozen=True)
class Server:
    """`file`: there when it is installed, there or on the path; `services`: what Debian would start at boot."""

    file: Path
    package: str
    services: tuple[str, ...]


SERVERS = (
    Server(Path("/usr/lib/dovecot/imap"), "dovecot-imapd", ("dovecot.service", "dovecot.socket")),
    Server(Path("/usr/sbin/exim4"), "exim4-daemon-light", ("exim4.service",)),
    Server(Path("/usr/bin/npm"), "npm", ()),
)


def missing() -> list[Server]:
    return [one for one in SERVERS if not one.file.exists() and shutil.which(one.file.name) is None]


def facts() -> list[str]:
    """What the step depends on."""
    chain = [] if anvil.binary().exists() else [f"anvil {anvil.VERSION}"]
    return [*(server.package for server in missing()), *chain, "root" if _is_root() else "user"]


def install(job: Job) -> None:
    """Raises nothing of its own: without a server, its tests are skipped and say so."""
    _install_servers(job)
    try:
        anvil.fetched(lambda command, folder: job.run(command, log_file("servers-anvil"), cwd=folder))
    except (anvil.AnvilMissing, OSError) as error:
        job.progress.say(f"tests that need a chain of its own are skipped: {error}")


def _install_servers(job: Job) -> None:
    lacking = missing()
    if not lacking:
        return
    names = " ".join(server.package for server in lacking)
    if not _is_root() or not syslibs.has_apt(syslibs.os_release()) or shutil.which("apt-get") is None:
        job.progress.say(f"not installed, so their tests are skipped: {names}")
        return
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    job.run(["apt-get", "update", "-q"], log_file("servers-update"), env=env)
    with no_services() as sure:
        if not sure:
            job.progress.say(f"{POLICY} lets services start: not installed, so their tests are skipped: {names}")
            return
        for server in lacking:
            _install_one(job, server, env)


def _install_one(job: Job, server: Server, env: dict[str, str]) -> None:
    log = log_file(f"servers-{server.package}")
    # Debian has room for one mail server: --no-remove keeps the one that is there.
    options = ["-q", "-y", "--no-install-recommends", "--no-remove"]
    if job.run(["apt-get", "install", *options, server.package], log, env=env):
        job.progress.say(f"{server.package} could not be installed, so its tests are skipped: {log}")
        return
    job.progress.say(f"installed {server.package} for the tests; it is not started")
    for service in server.services:
        if shutil.which("systemctl"):
            job.run(["systemctl", "disable", service], log_file("servers-disable"))
        elif shutil.which("update-rc.d"):
            job.run(["update-rc.d", service.partition(".")[0], "disable"], log_file("servers-disable"))


@contextlib.contextmanager
def no_services() -> Iterator[bool]:
    """Whether, for as long as this lasts, no package may start a service.  A policy of the system's own is kept."""
    ours = not POLICY.exists() or POLICY.read_text(encoding="utf-8", errors="replace") == _NO  # left by a kill
    if not ours:
        yield subprocess.run([str(POLICY), "exim4", "start"], check=False).returncode == _FORBIDDEN
        return
    try:
        POLICY.write_text(_NO, encoding="utf-8")
        POLICY.chmod(0o755)
        yield True
    finally:
        POLICY.unlink(missing_ok=True)


def _is_root() -> bool:
    return sys.platform.startswith("linux") and os.geteuid() == 0
