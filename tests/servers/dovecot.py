"""A real Dovecot for the tests, on loopback, with accounts in a file and mail in Maildirs."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.servers.certificates import Authority
from tests.servers.processes import Daemon, folder, free_port, program

PASSWORD = 'a pass word, "quoted" and \\ with é'


def missing() -> str:
    """Why it cannot run here; empty where it can."""
    found = program("dovecot")
    if found is None or not Path("/usr/lib/dovecot/imap").exists():
        return "no Dovecot here (Debian: dovecot-imapd); the installer brings it where it may"
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith("2.3."):
        return f"Dovecot {version.split(' ')[0].strip()} is configured in another language than the tests know (2.3)"
    return ""


@dataclass
class Dovecot:
    """`security`: TLS on `port`, STARTTLS on `plain_port`.  Users are made by `add_user`."""

    home: Path = field(default_factory=folder)
    port: int = field(default_factory=free_port)
    plain_port: int = field(default_factory=free_port)
    extra: str = ""  # more lines of configuration
    tokens: str = ""  # address that a bearer token is looked up at, by appending it
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    valid: timedelta = timedelta(days=30)  # of its certificate, from now

    def __post_init__(self) -> None:
        self.authority = Authority(self.home)
        self.certificate, self._key = self.authority.issue("server", *self.hosts, valid=self.valid)
        (self.home / "users").touch()
        (self.home / "mail").mkdir()
        self._own(self.home / "mail")
        self.log = self.home / "log"
        self._daemon = Daemon([program("dovecot") or "", "-F", "-c", str(self._configure())], self.plain_port, self.log)

    def __enter__(self) -> Dovecot:
        self._daemon.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self) -> None:
        self._daemon.start()

    def kill(self) -> None:
        self._daemon.kill()

    def stop(self) -> None:
        self._daemon.stop()

    def add_user(self, name: str, quota: str = "") -> None:
        """With PASSWORD; `quota` such as "100K"."""
        extra = f" userdb_quota_rule=*:storage={quota}" if quota else ""
        with (self.home / "users").open("a", encoding="utf-8") as users:
            users.write(f"{name}:{{PLAIN}}{PASSWORD}::::::{extra}\n")

    def maildir(self, user: str, name: str = "INBOX") -> Path:
        """The folder's Maildir, made where it is not there yet."""
        path = self.home / "mail" / user / ("" if name == "INBOX" else f".{name.replace('/', '.')}")
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        for each in (path, *path.iterdir(), *path.parents):
            if self.home / "mail" in each.parents:
                self._own(each)
        return path

    def deliver(self, user: str, name: str, file_name: str, message: bytes) -> None:
        """Place a message in the Maildir, as a delivery would at the time that begins its name."""
        path = self.maildir(user, name)
        target = path / "tmp" / file_name
        target.write_bytes(message)
        self._own(target)
        at = int(file_name.partition(".")[0])
        os.utime(target, (at, at))
        target.rename(path / ("cur" if ":2," in file_name else "new") / file_name)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(path, nobody.pw_uid, nobody.pw_gid)

    def _configure(self) -> Path:
        file = self.home / "dovecot.conf"
        lines = _SETTINGS.format(home=self.home, port=self.port, plain_port=self.plain_port)
        lines += _users(self.home) + _ROOT if os.geteuid() == 0 else _users(self.home) + _own_user()
        if self.tokens:
            (self.home / "tokens.conf").write_text(_TOKENS.format(address=self.tokens))
            lines += _TOKEN_USERS.format(home=self.home)
        file.write_text(lines + self.extra, encoding="utf-8")
        return file


_SETTINGS = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.key
disable_plaintext_auth = yes
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
login_trusted_networks =
mail_location = maildir:{home}/mail/%u
mail_plugins = $mail_plugins quota
mail_fsync = never
imap_idle_notify_interval = 30 s
maildir_very_dirty_syncs = no
mailbox_idle_check_interval = 1 s
first_valid_uid = 1
default_vsz_limit = 512M
service imap-login {{
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
plugin {{
  quota = maildir:User quota
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
  }}
  mailbox Junk {{
    special_use = \\Junk
  }}
  mailbox Trash {{
    special_use = \\Trash
  }}
  mailbox Sent {{
    special_use = \\Sent
  }}
  mailbox Archive {{
    special_use = \\Archive
  }}
}}
"""
_ROOT = """
mail_uid = nobody
mail_gid = nogroup
"""
_TOKENS = """
tokeninfo_url = {address}
username_attribute = email
"""
_TOKEN_USERS = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {home}/tokens.conf
}}
"""


def _users(home: Path) -> str:
    return f"""
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u {home}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {home}/users
  default_fields = home={home}/mail/%u
}}
"""


def _own_user() -> str:
    """Without root, everything runs as whoever runs the tests."""
    me = pwd.getpwuid(os.geteuid())
    return f"""
default_internal_user = {me.pw_name}
default_login_user = {me.pw_name}
default_internal_group = {grp.getgrgid(os.getegid()).gr_name}
mail_uid = {me.pw_uid}
mail_gid = {me.pw_gid}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
