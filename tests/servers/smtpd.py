"""A real Exim for the tests: submission on loopback with TLS, STARTTLS and AUTH, one mbox for each recipient."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.certificates import Authority
from tests.servers.processes import Daemon, folder, free_port, program

NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "max", "smuggled")
USER = "ada@example.org"
PASSWORD = 'a pass word, "quoted" and \\ with é'


def missing() -> str:
    """Why it cannot run here; empty where it can."""
    if program("exim4") is None:
        return "no Exim here (Debian: exim4-daemon-light); the installer brings it where it may"
    return ""


@dataclass
class Exim:
    """TLS on `port`, STARTTLS on `plain_port`.  Takes up to 100,000 bytes; refuses nobody@, defers later@."""

    home: Path = field(default_factory=folder)
    port: int = field(default_factory=free_port)
    plain_port: int = field(default_factory=free_port)
    token: str = "good-token"

    def __post_init__(self) -> None:
        self.authority = Authority(self.home)
        self.authority.issue("server", "localhost", "127.0.0.1")
        for name in ("spool", "log", "mail"):
            (self.home / name).mkdir()
        user, group = _owner()
        (self.home / "password").write_text(PASSWORD, encoding="utf-8")
        (self.home / "names").write_text("".join(f"{name}: {name}\n" for name in NAMES))  # what a file may be called
        (self.home / "exim.conf").write_text(
            _CONFIGURATION.format(
                home=self.home, port=self.port, plain_port=self.plain_port, user=user, group=group, token=self.token
            ),
            encoding="utf-8",
        )
        if os.geteuid() == 0:
            for path in (self.home, *self.home.iterdir()):
                shutil.chown(path, user, group)
            (self.home / "exim.conf").chmod(0o644)
            shutil.chown(self.home / "exim.conf", "root", "root")
        command = [program("exim4") or "", "-C", str(self.home / "exim.conf"), "-bdf", "-q1h"]
        self._daemon = Daemon(command, self.plain_port, self.home / "console")

    def __enter__(self) -> Exim:
        self._daemon.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def delivered(self, local_part: str) -> bytes:
        file = self.home / "mail" / local_part
        return file.read_bytes() if file.exists() else b""

    def log(self) -> str:
        return "".join(file.read_text() for file in sorted((self.home / "log").iterdir()))


def _owner() -> tuple[str, str]:
    if os.geteuid() == 0:
        return "Debian-exim", "Debian-exim"
    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name


_CONFIGURATION = r"""
exim_user = {user}
exim_group = {group}
primary_hostname = mail.example.org
spool_directory = {home}/spool
log_file_path = {home}/log/%s
pid_file_path = {home}/exim.pid
local_interfaces = <; [127.0.0.1]:{port} ; [127.0.0.1]:{plain_port}
tls_on_connect_ports = {port}
tls_advertise_hosts = *
tls_certificate = {home}/server.pem
tls_privatekey = {home}/server.key
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
message_size_limit = 100000
never_users =
smtp_enforce_sync = true
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = rcpt
acl_smtp_data = data
queue_run_max = 1

begin acl
rcpt:
  deny message = nobody lives here
       local_parts = nobody
  defer message = come back later
       local_parts = later
  accept authenticated = *
  deny message = sign in first
data:
  deny message = this smells of spam
       condition = ${{if match{{$h_subject:}}{{SPAM}}}}
  accept

begin routers
here:
  driver = accept
  transport = box

begin transports
box:
  driver = appendfile
  file = {home}/mail/${{lookup{{$local_part}}lsearch{{{home}/names}}}}
  user = {user}
  group = {group}
  mode = 0600
  check_owner = false

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_set_id = $auth2
  server_condition = ${{if eq{{$auth2=$auth3}}{{ada@example.org=${{readfile{{{home}/password}}}}}}}}
token:
  driver = plaintext
  public_name = XOAUTH2
  server_set_id = token
  server_condition = ${{if eq{{$auth1}}{{user=ada@example.org\x01auth=Bearer {token}\x01\x01}}}}
"""
